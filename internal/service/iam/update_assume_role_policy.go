package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateAssumeRolePolicy replaces the trust policy of a role.
func (s *Service) updateAssumeRolePolicy() service.Operation {
	return service.Handle("UpdateAssumeRolePolicy", onRole(s, func(in *iamapi.UpdateAssumeRolePolicyRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UpdateAssumeRolePolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(tx store.Tx, r *identity.Role) error {
				r.Trust = deref(in.PolicyDocument)
				return s.checkTrust(tx, r.Trust)
			})
		})
}
