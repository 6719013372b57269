package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// tagUser adds tags to a user.
func (s *Service) tagUser() service.Operation {
	return service.Handle("TagUser", onUser(s, func(in *iamapi.TagUserRequest) *string { return in.UserName }, func(in *iamapi.TagUserRequest) keys { return tagKeys(in.Tags) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.TagUserRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(_ store.Tx, u *identity.User) (err error) {
				u.Tags, err = mergeTags(u.Tags, in.Tags)
				return err
			})
		})
}
