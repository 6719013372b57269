package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createUser makes a user.
func (s *Service) createUser() service.Operation {
	return service.Handle("CreateUser", func(_ context.Context, call *service.Call, in *iamapi.CreateUserRequest) ([]service.Check, error) {
		return s.withTagging(call, check(call, "user"+pathOf(in.Path)+deref(in.UserName), nil, tagKeys(in.Tags), oneKey("iam:PermissionsBoundary", in.PermissionsBoundary)), "iam:TagUser", in.Tags), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateUserRequest) (*iamapi.CreateUserResponse, error) {
			tags, err := mergeTags(nil, in.Tags)
			if err != nil {
				return nil, err
			}
			u := &identity.User{Name: deref(in.UserName), Path: pathOf(in.Path), ID: identity.NewID(identity.UserID), Created: stamped(call), Tags: tags, Boundary: deref(in.PermissionsBoundary)}
			err = s.update(ctx, func(tx store.Tx) error {
				if u.Boundary != "" {
					if err := s.checkBoundary(tx, u.Boundary); err != nil {
						return err
					}
				}
				return createWithin(tx, &usersQuota, identity.UserKey(u.Name), u, exists("User with name %s already exists.", u.Name))
			})
			return &iamapi.CreateUserResponse{User: s.userShape(u)}, err
		})
}

// create writes a record that must not be there yet.
func create(tx store.Tx, key string, v any, already error) error {
	there, err := store.Exists(tx, key)
	if err != nil {
		return err
	}
	if there {
		return already
	}
	return store.Write(tx, key, v)
}

// withTagging adds the check of the tagging action, which a creation with tags needs too.
func (s *Service) withTagging(_ *service.Call, checks []service.Check, action string, tags []iamapi.Tag) []service.Check {
	if len(tags) == 0 {
		return checks
	}
	also := checks[0]
	also.Action = action
	return append(checks, also)
}
