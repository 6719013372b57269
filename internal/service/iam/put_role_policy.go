package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// putRolePolicy adds an inline policy to a role, or replaces it.
func (s *Service) putRolePolicy() service.Operation {
	return service.Handle("PutRolePolicy", onRole(s, func(in *iamapi.PutRolePolicyRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.PutRolePolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				return roleKind.putInline(&r.Policies, r.Name, deref(in.PolicyName), deref(in.PolicyDocument))
			})
		})
}
