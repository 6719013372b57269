package kms

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) grantsOf(ctx context.Context, region, key string) ([]grantRecord, error) {
	page, err := s.store.List(ctx, store.Range{Prefix: grantPath(region, key, "")})
	if err != nil {
		return nil, fmt.Errorf("list the grants of key %s: %w", key, err)
	}
	grants := make([]grantRecord, len(page.Items))
	for i, item := range page.Items {
		if err := item.Decode(&grants[i]); err != nil {
			return nil, err
		}
	}
	return grants, nil
}

// lets reports that a grant covers a use. Constraints of the encryption context bind cryptographic operations alone; a
// grant for the sake of another resource is for services, which the source ARN names, and never covers a direct call.
func (g *grantRecord) lets(u use) bool {
	if !slices.Contains(g.Operations, u.operation) || g.SourceARN != "" {
		return false
	}
	if !u.crypto {
		return true
	}
	if g.Equals != nil && !maps.Equal(g.Equals, u.context) {
		return false
	}
	for k, v := range g.Subset {
		if given, ok := u.context[k]; !ok || given != v {
			return false
		}
	}
	return true
}

func (g *grantRecord) entry(arn string) kmsapi.GrantListEntry {
	e := kmsapi.GrantListEntry{
		GrantId: &g.ID, KeyId: &arn, CreationDate: &g.Created, Operations: g.Operations, IssuingAccount: &g.Issuer,
		Name: some(g.Name), GranteePrincipal: some(g.Grantee), RetiringPrincipal: some(g.Retiring),
		GranteeServicePrincipal: some(g.GranteeService), RetiringServicePrincipal: some(g.RetiringService),
	}
	if g.Equals != nil || g.Subset != nil || g.SourceARN != "" {
		e.Constraints = &kmsapi.GrantConstraints{EncryptionContextEquals: g.Equals, EncryptionContextSubset: g.Subset, SourceArn: some(g.SourceARN)}
	}
	return e
}

// some is a pointer to a text that is there.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
