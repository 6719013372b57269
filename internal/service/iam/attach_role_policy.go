package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// attachRolePolicy attaches a managed policy to a role.
func (s *Service) attachRolePolicy() service.Operation {
	return service.Handle("AttachRolePolicy", onRole(s, func(in *iamapi.AttachRolePolicyRequest) *string { return in.RoleName }, func(in *iamapi.AttachRolePolicyRequest) keys { return oneKey("iam:PolicyARN", in.PolicyArn) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.AttachRolePolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(tx store.Tx, r *identity.Role) error {
				return s.attach(tx, roleKind, &r.Policies, deref(in.PolicyArn))
			})
		})
}
