package sts

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// provider is an identity provider with a key of its own, and those it shows: its own, until it shows others.
type provider struct {
	*httptest.Server
	key    *ecdsa.PrivateKey
	shown  atomic.Pointer[jose.JSONWebKeySet]
	keysAt atomic.Value // the path where they lie
}

// shows has the provider publish keys, by their names.
func (p *provider) shows(keys map[string]*ecdsa.PrivateKey) {
	set := &jose.JSONWebKeySet{}
	for name, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: name, Algorithm: "ES256", Use: "sig"})
	}
	p.shown.Store(set)
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p := &provider{key: key}
	p.shows(map[string]*ecdsa.PrivateKey{"1": key})
	p.keysAt.Store("/keys")
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "jwks_uri": p.URL + p.keysAt.Load().(string), "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != p.keysAt.Load() {
			http.NotFound(w, r)
			return
		}
		answer(w, p.shown.Load())
	})
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	return p
}

// token signs claims over good ones.
func (p *provider) token(t *testing.T, key *ecdsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	return p.named(t, key, "1", claims)
}

// named is token with the name that the token gives its key.
func (p *provider) named(t *testing.T, key *ecdsa.PrivateKey, name string, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"iss": p.URL, "aud": "whimbrel", "sub": "repo:shop", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
	for k, v := range claims {
		all[k] = v
	}
	payload, err := json.Marshal(all)
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: name}}, nil)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	text, err := signed.CompactSerialize()
	require.NoError(t, err)
	return text
}

func TestWebIdentity(t *testing.T) {
	p := newProvider(t)
	host := strings.TrimPrefix(p.URL, "https://")
	st := storetest.Retried(etcdtest.Private(t))
	ctx, end := context.WithCancel(t.Context())
	defer end()
	d, err := identity.Open(ctx, st, identity.Config{Partition: "aws", Account: "1", Sealer: secret.NewKeyring(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	register := func(thumbprint string) {
		_, err := store.Following(st, d.Follower()).Update(ctx, func(tx store.Tx) error {
			if err := store.Write(tx, identity.RoleKey("ci"), identity.Role{Name: "ci", Path: "/", ID: "AROACI", MaxSession: 3600, Trust: "{}"}); err != nil {
				return err
			}
			return store.Write(tx, identity.OIDCKey(host), identity.OIDCProvider{URL: host, ClientIDs: []string{"whimbrel"}, Thumbprints: []string{thumbprint}})
		})
		require.NoError(t, err)
	}
	register(strings.Repeat("0", 40))
	s := &Service{directory: d, issuers: newIssuers(nil)}
	call := func(token string) (*service.Call, []service.Check, error) {
		c := &service.Call{Partition: "aws", Account: "1", Now: time.Now(), Principal: &service.Principal{Kind: service.Anonymous}}
		arn, name := "arn:aws:iam::1:role/ci", "build"
		checks, err := s.webIdentityAccess(ctx, c, &stsapi.AssumeRoleWithWebIdentityRequest{RoleArn: &arn, RoleSessionName: &name, WebIdentityToken: &token})
		return c, checks, err
	}
	code := func(err error) string {
		var e *wire.Error
		require.ErrorAs(t, err, &e)
		return e.Code
	}
	_, _, err = call(p.token(t, p.key, nil))
	require.Equal(t, "IDPCommunicationError", code(err), "nobody vouches for the provider's certificate yet")

	sum := sha1.Sum(p.Certificate().Raw)
	register(hex.EncodeToString(sum[:]))
	c, checks, err := call(p.token(t, p.key, nil))
	require.NoError(t, err)
	require.Equal(t, "sts:AssumeRoleWithWebIdentity", checks[0].Action)
	require.Equal(t, []string{"whimbrel"}, checks[0].Keys[host+":aud"])
	require.Equal(t, []string{"repo:shop"}, checks[0].Keys[host+":sub"])
	require.True(t, checks[0].Policy.Trust && checks[0].Policy.Required)
	arn, name, token := "arn:aws:iam::1:role/ci", "build", "x"
	out, err := s.webIdentityDo(ctx, c, &stsapi.AssumeRoleWithWebIdentityRequest{RoleArn: &arn, RoleSessionName: &name, WebIdentityToken: &token})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::1:assumed-role/ci/build", *out.AssumedRoleUser.Arn)
	require.Equal(t, "repo:shop", *out.SubjectFromWebIdentityToken)
	require.Equal(t, "whimbrel", *out.Audience)
	_, who, err := d.Credential(ctx, *out.Credentials.AccessKeyId, *out.Credentials.SessionToken, time.Now())
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::1:oidc-provider/"+host, who.Session.Provider)
	_, _, err = d.Credential(ctx, *out.Credentials.AccessKeyId, *out.Credentials.SessionToken, time.Now().Add(2*time.Hour))
	require.ErrorIs(t, err, service.ErrExpiredKey)

	// The client that asked for the token is the audience, where the token says so, and whom it was made for is the original one.
	_, checks, err = call(p.token(t, p.key, map[string]any{"aud": "an-api", "azp": "whimbrel"}))
	require.NoError(t, err)
	require.Equal(t, []string{"whimbrel"}, checks[0].Keys[host+":aud"])
	require.Equal(t, []string{"an-api"}, checks[0].Keys[host+":oaud"])
	for _, azp := range []any{"someone-else", 7, []string{"whimbrel"}} {
		_, _, err = call(p.token(t, p.key, map[string]any{"azp": azp}))
		require.Equal(t, "InvalidIdentityToken", code(err), "%v", azp)
	}

	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for want, token := range map[string]string{
		"ExpiredTokenException": p.token(t, p.key, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		"InvalidIdentityToken":  p.token(t, other, nil),
	} {
		_, _, err = call(token)
		require.Equal(t, want, code(err))
	}
	for _, token := range []string{
		"no.jwt.here", "nonsense", p.token(t, p.key, map[string]any{"aud": "someone-else"}), p.token(t, p.key, map[string]any{"iss": "https://evil.example.com"}),
		p.token(t, p.key, map[string]any{"sub": ""}), p.token(t, p.key, map[string]any{"iss": "http://" + host}),
		"eyJhbGciOiJub25lIn0." + strings.Split(p.token(t, p.key, nil), ".")[1] + ".",
	} {
		_, _, err = call(token)
		require.Equal(t, "InvalidIdentityToken", code(err), token)
	}
}

// TestThumbprintsVouchForChainsAlone: a registered certificate that is merely sent along vouches for nothing, and one that
// signed the provider's does so for the provider's name alone.
func TestThumbprintsVouchForChainsAlone(t *testing.T) {
	p := newProvider(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	stranger, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	print := func(c *x509.Certificate) string {
		sum := sha1.Sum(c.Raw)
		return hex.EncodeToString(sum[:])
	}
	own := p.Certificate()
	require.NoError(t, trusted(tls.ConnectionState{ServerName: "127.0.0.1", PeerCertificates: []*x509.Certificate{own}}, nil, []string{print(own)}))
	require.Error(t, trusted(tls.ConnectionState{ServerName: "whimbrel.invalid", PeerCertificates: []*x509.Certificate{own}}, nil, []string{print(own)}))
	require.Error(t, trusted(tls.ConnectionState{ServerName: "127.0.0.1", PeerCertificates: []*x509.Certificate{own, stranger}}, nil, []string{print(stranger)}))
}
