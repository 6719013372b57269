package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// putRolePermissionsBoundary bounds what a role may do by a managed policy.
func (s *Service) putRolePermissionsBoundary() service.Operation {
	return service.Handle("PutRolePermissionsBoundary", onRole(s, func(in *iamapi.PutRolePermissionsBoundaryRequest) *string { return in.RoleName }, func(in *iamapi.PutRolePermissionsBoundaryRequest) keys {
		return oneKey("iam:PermissionsBoundary", in.PermissionsBoundary)
	}),
		func(ctx context.Context, _ *service.Call, in *iamapi.PutRolePermissionsBoundaryRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(tx store.Tx, r *identity.Role) error {
				r.Boundary = deref(in.PermissionsBoundary)
				return s.checkBoundary(tx, r.Boundary)
			})
		})
}
