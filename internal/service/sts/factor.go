package sts

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// secondFactor takes the code of a device of the user who calls, and reports whether there was one. A code counts once:
// it is used up also when the call is then refused for another reason.
func (s *Service) secondFactor(ctx context.Context, call *service.Call, serial, code *string) (bool, error) {
	if serial == nil && code == nil {
		return false, nil
	}
	failed := denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	if serial == nil || code == nil || s.factors == nil || call.Principal.Kind != service.User {
		return false, denied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code, of a device of the user who calls.")
	}
	err := s.factors.Check(ctx, call.Principal.Name, *serial, *code, call.Now)
	if errors.Is(err, identity.ErrCode) {
		return false, failed
	}
	return err == nil, err
}
