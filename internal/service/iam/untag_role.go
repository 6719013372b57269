package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// untagRole takes tags from a role.
func (s *Service) untagRole() service.Operation {
	return service.Handle("UntagRole", onRole(s, func(in *iamapi.UntagRoleRequest) *string { return in.RoleName }, func(in *iamapi.UntagRoleRequest) keys { return keys{"aws:TagKeys": in.TagKeys} }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UntagRoleRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) error {
				dropTags(r.Tags, in.TagKeys)
				return nil
			})
		})
}
