package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// putUserPolicy adds an inline policy to a user, or replaces it.
func (s *Service) putUserPolicy() service.Operation {
	return service.Handle("PutUserPolicy", onUser(s, func(in *iamapi.PutUserPolicyRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.PutUserPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(_ store.Tx, u *identity.User) error {
				return userKind.putInline(&u.Policies, u.Name, deref(in.PolicyName), deref(in.PolicyDocument))
			})
		})
}
