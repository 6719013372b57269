package iam

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// removeRoleFromInstanceProfile takes the role out of an instance profile.
func (s *Service) removeRoleFromInstanceProfile() service.Operation {
	return service.Handle("RemoveRoleFromInstanceProfile", onProfile(s, func(in *iamapi.RemoveRoleFromInstanceProfileRequest) *string { return in.InstanceProfileName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.RemoveRoleFromInstanceProfileRequest) (*service.None, error) {
			return &service.None{}, s.changeProfile(ctx, deref(in.InstanceProfileName), func(_ store.Tx, p *profileRecord) error {
				if !strings.EqualFold(p.Role, deref(in.RoleName)) {
					return missing("The role with name %s cannot be found in the instance profile %s.", deref(in.RoleName), p.Name)
				}
				p.Role = ""
				return nil
			})
		})
}
