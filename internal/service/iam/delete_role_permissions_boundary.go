package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteRolePermissionsBoundary takes the permissions boundary from a role.
func (s *Service) deleteRolePermissionsBoundary() service.Operation {
	return service.Handle("DeleteRolePermissionsBoundary", onRole(s, func(in *iamapi.DeleteRolePermissionsBoundaryRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteRolePermissionsBoundaryRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				if r.Boundary == "" {
					return missing("The role %s has no permissions boundary.", r.Name)
				}
				r.Boundary = ""
				return nil
			})
		})
}
