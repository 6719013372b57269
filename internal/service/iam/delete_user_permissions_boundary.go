package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteUserPermissionsBoundary takes the permissions boundary from a user.
func (s *Service) deleteUserPermissionsBoundary() service.Operation {
	return service.Handle("DeleteUserPermissionsBoundary", onUser(s, func(in *iamapi.DeleteUserPermissionsBoundaryRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteUserPermissionsBoundaryRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(_ store.Tx, u *identity.User) error {
				if u.Boundary == "" {
					return missing("The user %s has no permissions boundary.", u.Name)
				}
				u.Boundary = ""
				return nil
			})
		})
}
