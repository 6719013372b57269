package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// putUserPermissionsBoundary bounds what a user may do by a managed policy.
func (s *Service) putUserPermissionsBoundary() service.Operation {
	return service.Handle("PutUserPermissionsBoundary", onUser(s, func(in *iamapi.PutUserPermissionsBoundaryRequest) *string { return in.UserName }, func(in *iamapi.PutUserPermissionsBoundaryRequest) keys {
		return oneKey("iam:PermissionsBoundary", in.PermissionsBoundary)
	}),
		func(ctx context.Context, _ *service.Call, in *iamapi.PutUserPermissionsBoundaryRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(tx store.Tx, u *identity.User) error {
				u.Boundary = deref(in.PermissionsBoundary)
				return s.checkBoundary(tx, u.Boundary)
			})
		})
}
