package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// updateOpenIDConnectProviderThumbprint replaces the thumbprints of a provider's certificates.
func (s *Service) updateOpenIDConnectProviderThumbprint() service.Operation {
	return service.Handle("UpdateOpenIDConnectProviderThumbprint", onProvider(s, func(in *iamapi.UpdateOpenIDConnectProviderThumbprintRequest) *string {
		return in.OpenIDConnectProviderArn
	}),
		func(ctx context.Context, _ *service.Call, in *iamapi.UpdateOpenIDConnectProviderThumbprintRequest) (*service.None, error) {
			return &service.None{}, s.changeProvider(ctx, deref(in.OpenIDConnectProviderArn), func(p *identity.OIDCProvider) error {
				p.Thumbprints = in.ThumbprintList
				return nil
			})
		})
}
