package iam

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// removeClientIDFromOpenIDConnectProvider lets tokens for a client in no more.
func (s *Service) removeClientIDFromOpenIDConnectProvider() service.Operation {
	return service.Handle("RemoveClientIDFromOpenIDConnectProvider", onProvider(s, func(in *iamapi.RemoveClientIDFromOpenIDConnectProviderRequest) *string {
		return in.OpenIDConnectProviderArn
	}),
		func(ctx context.Context, _ *service.Call, in *iamapi.RemoveClientIDFromOpenIDConnectProviderRequest) (*service.None, error) {
			return &service.None{}, s.changeProvider(ctx, deref(in.OpenIDConnectProviderArn), func(p *identity.OIDCProvider) error {
				p.ClientIDs = slices.DeleteFunc(p.ClientIDs, func(id string) bool { return id == deref(in.ClientID) })
				return nil
			})
		})
}
