package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteUserPolicy takes an inline policy from a user.
func (s *Service) deleteUserPolicy() service.Operation {
	return service.Handle("DeleteUserPolicy", onUser(s, func(in *iamapi.DeleteUserPolicyRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteUserPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(_ store.Tx, u *identity.User) error {
				return userKind.deleteInline(&u.Policies, deref(in.PolicyName))
			})
		})
}
