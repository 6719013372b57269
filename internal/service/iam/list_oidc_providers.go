package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listOpenIDConnectProviders lists the identity providers.
func (s *Service) listOpenIDConnectProviders() service.Operation {
	return service.Handle("ListOpenIDConnectProviders", onNothing,
		func(ctx context.Context, _ *service.Call, _ *iamapi.ListOpenIDConnectProvidersRequest) (*iamapi.ListOpenIDConnectProvidersResponse, error) {
			list, err := all[identity.OIDCProvider](s.read(ctx), identity.OIDCKey(""))
			out := &iamapi.ListOpenIDConnectProvidersResponse{OpenIDConnectProviderList: []iamapi.OpenIDConnectProviderListEntry{}}
			for _, p := range list {
				out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, iamapi.OpenIDConnectProviderListEntry{Arn: new(s.directory.OIDCARN(p.URL))})
			}
			return out, err
		})
}
