package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// attachGroupPolicy attaches a managed policy to a group.
func (s *Service) attachGroupPolicy() service.Operation {
	return service.Handle("AttachGroupPolicy", onGroup(s, func(in *iamapi.AttachGroupPolicyRequest) *string { return in.GroupName }, func(in *iamapi.AttachGroupPolicyRequest) keys { return oneKey("iam:PolicyARN", in.PolicyArn) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.AttachGroupPolicyRequest) (*service.None, error) {
			return &service.None{}, s.changeGroup(ctx, deref(in.GroupName), func(tx store.Tx, g *identity.Group) error {
				return s.attach(tx, groupKind, &g.Policies, deref(in.PolicyArn))
			})
		})
}
