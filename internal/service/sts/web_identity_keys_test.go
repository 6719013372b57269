package sts

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
)

// trusting is a service that takes a provider's tokens.
func trusting(t *testing.T, p *provider) *Service {
	t.Helper()
	host, sum := strings.TrimPrefix(p.URL, "https://"), sha1.Sum(p.Certificate().Raw)
	st := etcdtest.Private(t)
	_, err := st.Update(t.Context(), func(tx store.Tx) error {
		return store.Write(tx, identity.OIDCKey(host), identity.OIDCProvider{URL: host, ClientIDs: []string{"whimbrel"}, Thumbprints: []string{hex.EncodeToString(sum[:])}})
	})
	require.NoError(t, err)
	d, err := identity.Open(t.Context(), st, identity.Config{Partition: "aws", Account: "1", Sealer: secret.NewKeyring(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return &Service{directory: d, issuers: newIssuers(nil)}
}

// TestAProviderChangesItsKeys: a new key opens at once, also beside the old one; an old one that is shown no more opens nothing from then on, whether
// or not anybody has come with the new one. Also where the keys lie may change.
func TestAProviderChangesItsKeys(t *testing.T) {
	p := newProvider(t)
	s, now := trusting(t, p), time.Now()
	next, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	older, newer := p.token(t, p.key, nil), p.named(t, next, "2", nil)
	proved := func(token string, at time.Time) string {
		_, err := s.prove(t.Context(), token, at)
		if err == nil {
			return ""
		}
		var refused *wire.Error
		require.ErrorAs(t, err, &refused)
		return refused.Code
	}
	require.Equal(t, []string{"", "InvalidIdentityToken"}, []string{proved(older, now), proved(newer, now)})

	p.shows(map[string]*ecdsa.PrivateKey{"1": p.key, "2": next})
	require.Equal(t, []string{"", ""}, []string{proved(newer, now), proved(older, now)})

	p.shows(map[string]*ecdsa.PrivateKey{"2": next})
	require.Equal(t, "InvalidIdentityToken", proved(older, now))
	require.Equal(t, "InvalidIdentityToken", proved(p.named(t, p.key, "2", nil), now), "a key's name is no key")
	require.Empty(t, proved(newer, now))

	p.keysAt.Store("/elsewhere")
	later := now.Add(issuerKnown)
	require.Equal(t, "InvalidIdentityToken", proved(newer, later.Add(-1)), "where they were there are none")
	require.Empty(t, proved(newer, later))

	p.Close()
	require.Equal(t, "IDPCommunicationError", proved(newer, later.Add(issuerKnown)), "what cannot be asked vouches for nothing")
}
