package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listUserTags lists the tags of a user.
func (s *Service) listUserTags() service.Operation {
	return service.Handle("ListUserTags", onUser(s, func(in *iamapi.ListUserTagsRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListUserTagsRequest) (*iamapi.ListUserTagsResponse, error) {
			u, err := user(s.read(ctx), deref(in.UserName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListUserTagsResponse{}
			out.Tags, out.IsTruncated, out.Marker, err = page(tagList(u.Tags), in.Marker, in.MaxItems, func(t *iamapi.Tag) string { return *t.Key })
			return out, err
		})
}
