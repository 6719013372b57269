package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listRoleTags lists the tags of a role.
func (s *Service) listRoleTags() service.Operation {
	return service.Handle("ListRoleTags", onRole(s, func(in *iamapi.ListRoleTagsRequest) *string { return in.RoleName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListRoleTagsRequest) (*iamapi.ListRoleTagsResponse, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListRoleTagsResponse{}
			out.Tags, out.IsTruncated, out.Marker, err = page(tagList(r.Tags), in.Marker, in.MaxItems, func(t *iamapi.Tag) string { return *t.Key })
			return out, err
		})
}
