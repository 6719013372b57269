package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteRolePolicy takes an inline policy from a role.
func (s *Service) deleteRolePolicy() service.Operation {
	return service.Handle("DeleteRolePolicy", onRole(s, func(in *iamapi.DeleteRolePolicyRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteRolePolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				return roleKind.deleteInline(&r.Policies, deref(in.PolicyName))
			})
		})
}
