package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// attachUserPolicy attaches a managed policy to a user.
func (s *Service) attachUserPolicy() service.Operation {
	return service.Handle("AttachUserPolicy", onUser(s, func(in *iamapi.AttachUserPolicyRequest) *string { return in.UserName }, func(in *iamapi.AttachUserPolicyRequest) keys { return oneKey("iam:PolicyARN", in.PolicyArn) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.AttachUserPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeUser(ctx, deref(in.UserName), func(tx store.Tx, u *identity.User) error {
				return s.attach(tx, userKind, &u.Policies, deref(in.PolicyArn))
			})
		})
}
