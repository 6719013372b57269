package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// detachUserPolicy detaches a managed policy from a user.
func (s *Service) detachUserPolicy() service.Operation {
	return service.Handle("DetachUserPolicy", onUser(s, func(in *iamapi.DetachUserPolicyRequest) *string { return in.UserName }, func(in *iamapi.DetachUserPolicyRequest) keys { return oneKey("iam:PolicyARN", in.PolicyArn) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DetachUserPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(_ store.Tx, u *identity.User) error {
				return detach(&u.Policies, deref(in.PolicyArn))
			})
		})
}
