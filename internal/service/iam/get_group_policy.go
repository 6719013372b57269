package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getGroupPolicy shows an inline policy of a group.
func (s *Service) getGroupPolicy() service.Operation {
	return service.Handle("GetGroupPolicy", onGroup(s, func(in *iamapi.GetGroupPolicyRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetGroupPolicyRequest) (*iamapi.GetGroupPolicyResponse, error) {
			g, err := group(s.read(ctx), deref(in.GroupName))
			if err != nil {
				return nil, err
			}
			document, err := groupKind.inline(&g.Policies, deref(in.PolicyName))
			if err != nil {
				return nil, err
			}
			return &iamapi.GetGroupPolicyResponse{GroupName: &g.Name, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
		})
}
