package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listAttachedGroupPolicies lists the managed policies of a group.
func (s *Service) listAttachedGroupPolicies() service.Operation {
	return service.Handle("ListAttachedGroupPolicies", onGroup(s, func(in *iamapi.ListAttachedGroupPoliciesRequest) *string { return in.GroupName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListAttachedGroupPoliciesRequest) (*iamapi.ListAttachedGroupPoliciesResponse, error) {
			g, err := group(s.read(ctx), deref(in.GroupName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListAttachedGroupPoliciesResponse{}
			out.AttachedPolicies, out.IsTruncated, out.Marker, err = page(attachedList(g.Attached, in.PathPrefix), in.Marker, in.MaxItems,
				func(p *iamapi.AttachedPolicy) string { return *p.PolicyArn })
			return out, err
		})
}
