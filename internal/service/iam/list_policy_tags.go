package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listPolicyTags lists the tags of a managed policy.
func (s *Service) listPolicyTags() service.Operation {
	return service.Handle("ListPolicyTags", onPolicy(s, func(in *iamapi.ListPolicyTagsRequest) *string { return in.PolicyArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListPolicyTagsRequest) (*iamapi.ListPolicyTagsResponse, error) {
			p, err := s.policy(s.read(ctx), deref(in.PolicyArn))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListPolicyTagsResponse{}
			out.Tags, out.IsTruncated, out.Marker, err = page(tagList(p.Tags), in.Marker, in.MaxItems, func(t *iamapi.Tag) string { return *t.Key })
			return out, err
		})
}
