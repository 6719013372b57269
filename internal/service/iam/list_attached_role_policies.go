package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listAttachedRolePolicies lists the managed policies of a role.
func (s *Service) listAttachedRolePolicies() service.Operation {
	return service.Handle("ListAttachedRolePolicies", onRole(s, func(in *iamapi.ListAttachedRolePoliciesRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListAttachedRolePoliciesRequest) (*iamapi.ListAttachedRolePoliciesResponse, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListAttachedRolePoliciesResponse{}
			out.AttachedPolicies, out.IsTruncated, out.Marker, err = page(attachedList(r.Attached, in.PathPrefix), in.Marker, in.MaxItems,
				func(p *iamapi.AttachedPolicy) string { return *p.PolicyArn })
			return out, err
		})
}
