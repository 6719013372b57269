package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// untagUser takes tags from a user.
func (s *Service) untagUser() service.Operation {
	return service.Handle("UntagUser", onUser(s, func(in *iamapi.UntagUserRequest) *string { return in.UserName }, func(in *iamapi.UntagUserRequest) keys { return keys{"aws:TagKeys": in.TagKeys} }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UntagUserRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(_ store.Tx, u *identity.User) error {
				dropTags(u.Tags, in.TagKeys)
				return nil
			})
		})
}
