package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteOpenIDConnectProvider forgets an identity provider.
func (s *Service) deleteOpenIDConnectProvider() service.Operation {
	return service.Handle("DeleteOpenIDConnectProvider", onProvider(s, func(in *iamapi.DeleteOpenIDConnectProviderRequest) *string { return in.OpenIDConnectProviderArn }),
		func(ctx context.Context, _ *service.Call, in *iamapi.DeleteOpenIDConnectProviderRequest) (*service.None, error) {
			return &service.None{}, s.update(ctx, func(tx store.Tx) error {
				p, err := s.providerOf(tx, deref(in.OpenIDConnectProviderArn))
				if err != nil {
					return err
				}
				tx.Delete(identity.OIDCKey(p.URL))
				return nil
			})
		})
}
