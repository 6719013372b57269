package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listUserPolicies names the inline policies of a user.
func (s *Service) listUserPolicies() service.Operation {
	return service.Handle("ListUserPolicies", onUser(s, func(in *iamapi.ListUserPoliciesRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListUserPoliciesRequest) (*iamapi.ListUserPoliciesResponse, error) {
			u, err := user(s.read(ctx), deref(in.UserName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListUserPoliciesResponse{}
			out.PolicyNames, out.IsTruncated, out.Marker, err = page(inlineNames(&u.Policies), in.Marker, in.MaxItems, func(name *string) string { return *name })
			return out, err
		})
}
