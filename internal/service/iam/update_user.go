package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// updateUser renames a user or moves it to another path.
func (s *Service) updateUser() service.Operation {
	return service.Handle("UpdateUser", func(ctx context.Context, call *service.Call, in *iamapi.UpdateUserRequest) ([]service.Check, error) {
		checks, err := onUser(s, func(in *iamapi.UpdateUserRequest) *string { return in.UserName })(ctx, call, in)
		if err != nil || in.NewUserName == nil && in.NewPath == nil {
			return checks, err
		}
		return append(checks, become(call, "user", checks[0], in.NewPath, in.NewUserName)), nil
	},
		func(ctx context.Context, _ *service.Call, in *iamapi.UpdateUserRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				u, err := user(tx, deref(in.UserName))
				if err != nil {
					return err
				}
				old := u.Name
				if in.NewPath != nil {
					u.Path = *in.NewPath
				}
				if in.NewUserName == nil || *in.NewUserName == old {
					return store.Write(tx, identity.UserKey(old), u)
				}
				u.Name = *in.NewUserName
				return s.rename(tx, old, u)
			})
		})
}

// rename moves a user's record, its keys and its devices to the new name.
func (s *Service) rename(tx store.Tx, old string, u *identity.User) error {
	keys, err := keysOf(tx, old)
	if err != nil {
		return err
	}
	devices, err := devicesOf(tx, old)
	if err != nil {
		return err
	}
	tx.Delete(identity.UserKey(old))
	if err := create(tx, identity.UserKey(u.Name), u, exists("User with name %s already exists.", u.Name)); err != nil {
		return err
	}
	for _, d := range devices {
		d.User = u.Name
		if err := store.Write(tx, identity.MFAKey(d.Name), d); err != nil {
			return err
		}
	}
	for _, k := range keys {
		k.User = u.Name
		if err := store.Write(tx, identity.AccessKeyKey(k.ID), k); err != nil {
			return err
		}
	}
	return nil
}
