package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listGroupPolicies names the inline policies of a group.
func (s *Service) listGroupPolicies() service.Operation {
	return service.Handle("ListGroupPolicies", onGroup(s, func(in *iamapi.ListGroupPoliciesRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListGroupPoliciesRequest) (*iamapi.ListGroupPoliciesResponse, error) {
			g, err := group(s.read(ctx), deref(in.GroupName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListGroupPoliciesResponse{}
			out.PolicyNames, out.IsTruncated, out.Marker, err = page(inlineNames(&g.Policies), in.Marker, in.MaxItems, func(name *string) string { return *name })
			return out, err
		})
}
