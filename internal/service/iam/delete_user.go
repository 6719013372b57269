package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteUser deletes a user that has nothing any more.
func (s *Service) deleteUser() service.Operation {
	return service.Handle("DeleteUser", onUser(s, func(in *iamapi.DeleteUserRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteUserRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				u, err := user(tx, deref(in.UserName))
				if err != nil {
					return err
				}
				keys, err := keysOf(tx, u.Name)
				if err != nil {
					return err
				}
				devices, err := devicesOf(tx, u.Name)
				if err != nil {
					return err
				}
				switch {
				case len(keys) > 0:
					return conflict("must delete access keys first.")
				case len(devices) > 0:
					return conflict("must delete MFA device first.")
				case len(u.Groups) > 0:
					return conflict("must remove users from group first.")
				}
				tx.Delete(identity.UserKey(u.Name))
				return empty(&u.Policies)
			})
		})
}
