package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getOpenIDConnectProvider shows an identity provider.
func (s *Service) getOpenIDConnectProvider() service.Operation {
	return service.Handle("GetOpenIDConnectProvider", onProvider(s, func(in *iamapi.GetOpenIDConnectProviderRequest) *string { return in.OpenIDConnectProviderArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetOpenIDConnectProviderRequest) (*iamapi.GetOpenIDConnectProviderResponse, error) {
			p, err := s.providerOf(s.read(ctx), deref(in.OpenIDConnectProviderArn))
			if err != nil {
				return nil, err
			}
			return &iamapi.GetOpenIDConnectProviderResponse{Url: &p.URL, ClientIDList: nonNil(p.ClientIDs), ThumbprintList: nonNil(p.Thumbprints), CreateDate: &p.Created, Tags: tagList(p.Tags)}, nil
		})
}
