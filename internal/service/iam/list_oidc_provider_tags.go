package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listOpenIDConnectProviderTags lists the tags of an identity provider.
func (s *Service) listOpenIDConnectProviderTags() service.Operation {
	return service.Handle("ListOpenIDConnectProviderTags", onProvider(s, func(in *iamapi.ListOpenIDConnectProviderTagsRequest) *string { return in.OpenIDConnectProviderArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.ListOpenIDConnectProviderTagsRequest) (*iamapi.ListOpenIDConnectProviderTagsResponse, error) {
			p, err := s.providerOf(s.read(ctx), deref(in.OpenIDConnectProviderArn))
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListOpenIDConnectProviderTagsResponse{}
			out.Tags, out.IsTruncated, out.Marker, err = page(tagList(p.Tags), in.Marker, in.MaxItems, func(t *iamapi.Tag) string { return *t.Key })
			return out, err
		})
}
