package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listAttachedUserPolicies lists the managed policies of a user.
func (s *Service) listAttachedUserPolicies() service.Operation {
	return service.Handle("ListAttachedUserPolicies", onUser(s, func(in *iamapi.ListAttachedUserPoliciesRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListAttachedUserPoliciesRequest) (*iamapi.ListAttachedUserPoliciesResponse, error) {
			u, err := user(s.read(ctx), deref(in.UserName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListAttachedUserPoliciesResponse{}
			out.AttachedPolicies, out.IsTruncated, out.Marker, err = page(attachedList(u.Attached, in.PathPrefix), in.Marker, in.MaxItems,
				func(p *iamapi.AttachedPolicy) string { return *p.PolicyArn })
			return out, err
		})
}
