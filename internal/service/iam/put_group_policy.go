package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// putGroupPolicy adds an inline policy to a group, or replaces it.
func (s *Service) putGroupPolicy() service.Operation {
	return service.Handle("PutGroupPolicy", onGroup(s, func(in *iamapi.PutGroupPolicyRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.PutGroupPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeGroup(ctx, deref(in.GroupName), func(_ store.Tx, g *identity.Group) error {
				return groupKind.putInline(&g.Policies, g.Name, deref(in.PolicyName), deref(in.PolicyDocument))
			})
		})
}
