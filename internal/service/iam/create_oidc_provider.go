package iam

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createOpenIDConnectProvider makes an identity provider known whose tokens may become sessions.
func (s *Service) createOpenIDConnectProvider() service.Operation {
	return service.Handle("CreateOpenIDConnectProvider", func(_ context.Context, call *service.Call, in *iamapi.CreateOpenIDConnectProviderRequest) ([]service.Check, error) {
		return s.withTagging(call, check(call, "oidc-provider/"+strings.TrimPrefix(deref(in.Url), "https://"), nil, tagKeys(in.Tags)), "iam:TagOpenIDConnectProvider", in.Tags), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateOpenIDConnectProviderRequest) (*iamapi.CreateOpenIDConnectProviderResponse, error) {
			address, ok := strings.CutPrefix(deref(in.Url), "https://")
			if !ok || address == "" || strings.ContainsAny(address, "?#@ ") {
				return nil, fault("InvalidInputException", "Invalid Open ID Connect Provider URL: want one that begins with https:// and has no query")
			}
			tags, err := mergeTags(nil, in.Tags)
			if err != nil {
				return nil, err
			}
			p := &identity.OIDCProvider{URL: strings.TrimSuffix(address, "/"), ClientIDs: in.ClientIDList, Thumbprints: in.ThumbprintList, Created: stamped(call), Tags: tags}
			if len(p.ClientIDs) > maxClientIDs {
				return nil, tooMany("ClientIdsPerOpenIdConnectProvider", maxClientIDs)
			}
			err = s.update(ctx, func(tx store.Tx) error {
				return createWithin(tx, &providersQuota, identity.OIDCKey(p.URL), p, exists("Provider with url %s already exists.", deref(in.Url)))
			})
			return &iamapi.CreateOpenIDConnectProviderResponse{OpenIDConnectProviderArn: new(s.directory.OIDCARN(p.URL)), Tags: tagList(tags)}, err
		})
}

const maxClientIDs = 100

// providerOf finds an identity provider by its ARN.
func (s *Service) providerOf(from getter, arn string) (*identity.OIDCProvider, error) {
	notThere := missing("OpenIDConnect Provider not found for arn %s", arn)
	address, ok := strings.CutPrefix(arn, s.directory.OIDCARN(""))
	if !ok {
		return nil, notThere
	}
	return fetch[identity.OIDCProvider](from, identity.OIDCKey(address), notThere)
}

func (s *Service) changeProvider(ctx context.Context, arn string, fn func(*identity.OIDCProvider) error) error {
	return s.update(ctx, func(tx store.Tx) error {
		p, err := s.providerOf(tx, arn)
		if err != nil {
			return err
		}
		if err := fn(p); err != nil {
			return err
		}
		return store.Write(tx, identity.OIDCKey(p.URL), p)
	})
}

// onProvider is the access of operations on an identity provider.
func onProvider[In any](s *Service, arn func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		name := deref(arn(in))
		var tags map[string]string
		p, err := s.providerOf(s.read(ctx), name)
		switch {
		case err == nil:
			tags = p.Tags
		case !isFault(err):
			return nil, err
		}
		checks := check(call, "oidc-provider/*", tags, gather(in, more)...)
		if name != "" {
			checks[0].Resource = name
		}
		return checks, nil
	}
}
