package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// detachGroupPolicy detaches a managed policy from a group.
func (s *Service) detachGroupPolicy() service.Operation {
	return service.Handle("DetachGroupPolicy", onGroup(s, func(in *iamapi.DetachGroupPolicyRequest) *string { return in.GroupName }, func(in *iamapi.DetachGroupPolicyRequest) keys { return oneKey("iam:PolicyARN", in.PolicyArn) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DetachGroupPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeGroup(ctx, deref(in.GroupName), func(_ store.Tx, g *identity.Group) error {
				return detach(&g.Policies, deref(in.PolicyArn))
			})
		})
}
