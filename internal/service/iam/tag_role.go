package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// tagRole adds tags to a role.
func (s *Service) tagRole() service.Operation {
	return service.Handle("TagRole", onRole(s, func(in *iamapi.TagRoleRequest) *string { return in.RoleName }, func(in *iamapi.TagRoleRequest) keys { return tagKeys(in.Tags) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.TagRoleRequest) (*service.None, error) {
			return &service.None{}, s.changeRole(ctx, deref(in.RoleName), func(_ store.Tx, r *identity.Role) (err error) {
				r.Tags, err = mergeTags(r.Tags, in.Tags)
				return err
			})
		})
}
