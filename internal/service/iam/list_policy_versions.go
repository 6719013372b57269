package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listPolicyVersions lists the versions of a managed policy, the newest first.
func (s *Service) listPolicyVersions() service.Operation {
	return service.Handle("ListPolicyVersions", onPolicy(s, func(in *iamapi.ListPolicyVersionsRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListPolicyVersionsRequest) (*iamapi.ListPolicyVersionsResponse, error) {
			p, err := s.policy(s.read(ctx), deref(in.PolicyArn))
			if err != nil {
				return nil, err
			}
			slices.Reverse(p.Versions)
			out := &iamapi.ListPolicyVersionsResponse{Versions: []iamapi.PolicyVersion{}}
			place := func(v *identity.PolicyVersion) string {
				return string(rune('a' + slices.IndexFunc(p.Versions, func(o identity.PolicyVersion) bool { return o.ID == v.ID })))
			}
			list, more, next, err := page(p.Versions, in.Marker, in.MaxItems, place)
			out.IsTruncated, out.Marker = more, next
			for i := range list {
				out.Versions = append(out.Versions, versionShape(p, &list[i], false))
			}
			return out, err
		})
}
