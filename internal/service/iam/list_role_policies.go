package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listRolePolicies names the inline policies of a role.
func (s *Service) listRolePolicies() service.Operation {
	return service.Handle("ListRolePolicies", onRole(s, func(in *iamapi.ListRolePoliciesRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListRolePoliciesRequest) (*iamapi.ListRolePoliciesResponse, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListRolePoliciesResponse{}
			out.PolicyNames, out.IsTruncated, out.Marker, err = page(inlineNames(&r.Policies), in.Marker, in.MaxItems, func(name *string) string { return *name })
			return out, err
		})
}
