package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteGroupPolicy takes an inline policy from a group.
func (s *Service) deleteGroupPolicy() service.Operation {
	return service.Handle("DeleteGroupPolicy", onGroup(s, func(in *iamapi.DeleteGroupPolicyRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteGroupPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeGroup(ctx, deref(in.GroupName), func(_ store.Tx, g *identity.Group) error {
				return groupKind.deleteInline(&g.Policies, deref(in.PolicyName))
			})
		})
}
