package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// tagOpenIDConnectProvider adds tags to an identity provider.
func (s *Service) tagOpenIDConnectProvider() service.Operation {
	return service.Handle("TagOpenIDConnectProvider", onProvider(s, func(in *iamapi.TagOpenIDConnectProviderRequest) *string { return in.OpenIDConnectProviderArn }, func(in *iamapi.TagOpenIDConnectProviderRequest) keys { return tagKeys(in.Tags) }),
		func(ctx context.Context, _ *service.Call, in *iamapi.TagOpenIDConnectProviderRequest) (*service.None, error) {
			return &service.None{}, s.changeProvider(ctx, deref(in.OpenIDConnectProviderArn), func(p *identity.OIDCProvider) (err error) {
				p.Tags, err = mergeTags(p.Tags, in.Tags)
				return err
			})
		})
}
