package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listInstanceProfileTags lists the tags of an instance profile.
func (s *Service) listInstanceProfileTags() service.Operation {
	return service.Handle("ListInstanceProfileTags", onProfile(s, func(in *iamapi.ListInstanceProfileTagsRequest) *string { return in.InstanceProfileName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListInstanceProfileTagsRequest) (*iamapi.ListInstanceProfileTagsResponse, error) {
			p, err := profile(s.read(ctx), deref(in.InstanceProfileName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListInstanceProfileTagsResponse{}
			out.Tags, out.IsTruncated, out.Marker, err = page(tagList(p.Tags), in.Marker, in.MaxItems, func(t *iamapi.Tag) string { return *t.Key })
			return out, err
		})
}
