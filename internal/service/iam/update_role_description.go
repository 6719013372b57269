package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateRoleDescription describes a role anew.
func (s *Service) updateRoleDescription() service.Operation {
	return service.Handle("UpdateRoleDescription", onRole(s, func(in *iamapi.UpdateRoleDescriptionRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UpdateRoleDescriptionRequest) (*iamapi.UpdateRoleDescriptionResponse, error) {
			var shape *iamapi.Role
			err := s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				r.Description = deref(in.Description)
				shape = s.roleShape(r)
				return nil
			})
			return &iamapi.UpdateRoleDescriptionResponse{Role: shape}, err
		})
}
