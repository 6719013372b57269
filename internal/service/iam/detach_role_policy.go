package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// detachRolePolicy detaches a managed policy from a role.
func (s *Service) detachRolePolicy() service.Operation {
	return service.Handle("DetachRolePolicy", onRole(s, func(in *iamapi.DetachRolePolicyRequest) *string { return in.RoleName }, func(in *iamapi.DetachRolePolicyRequest) keys { return oneKey("iam:PolicyARN", in.PolicyArn) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DetachRolePolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				return detach(&r.Policies, deref(in.PolicyArn))
			})
		})
}
