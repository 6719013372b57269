package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// untagOpenIDConnectProvider takes tags from an identity provider.
func (s *Service) untagOpenIDConnectProvider() service.Operation {
	return service.Handle("UntagOpenIDConnectProvider", onProvider(s, func(in *iamapi.UntagOpenIDConnectProviderRequest) *string { return in.OpenIDConnectProviderArn }, func(in *iamapi.UntagOpenIDConnectProviderRequest) keys { return keys{"aws:TagKeys": in.TagKeys} }),
		func(ctx context.Context, _ *service.Call, in *iamapi.UntagOpenIDConnectProviderRequest) (*service.None, error) {
			return &service.None{}, s.changeProvider(ctx, deref(in.OpenIDConnectProviderArn), func(p *identity.OIDCProvider) error {
				dropTags(p.Tags, in.TagKeys)
				return nil
			})
		})
}
