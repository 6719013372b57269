package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// addClientIDToOpenIDConnectProvider lets tokens for one more client in.
func (s *Service) addClientIDToOpenIDConnectProvider() service.Operation {
	return service.Handle("AddClientIDToOpenIDConnectProvider", onProvider(s, func(in *iamapi.AddClientIDToOpenIDConnectProviderRequest) *string { return in.OpenIDConnectProviderArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.AddClientIDToOpenIDConnectProviderRequest) (*service.None, error) {
			return &service.None{}, s.changeProvider(ctx, deref(in.OpenIDConnectProviderArn), func(p *identity.OIDCProvider) error {
				switch {
				case slices.Contains(p.ClientIDs, deref(in.ClientID)):
					return nil
				case len(p.ClientIDs) >= maxClientIDs:
					return tooMany("ClientIdsPerOpenIdConnectProvider", maxClientIDs)
				}
				p.ClientIDs = append(p.ClientIDs, deref(in.ClientID))
				return nil
			})
		})
}
