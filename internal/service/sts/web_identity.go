package sts

import (
	"context"
	"crypto/sha1" // IAM names certificates by their SHA-1 thumbprint
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
)

// issuerTimeout bounds a question to an identity provider, issuerBody its answer.
const (
	issuerTimeout = 5 * time.Second
	issuerBody    = 1 << 20
	// issuerKnown is how long it is believed what a provider says of itself, such as where its keys are.
	issuerKnown = 10 * time.Minute
)

// webToken is what a proven token says.
type webToken struct {
	provider, audience, subject string
	audiences                   []string // those the token was made for; audience is the client that asked for it, where the token says so
	methods                     []string
	asks                        *sessionClaims
}

// issuers remembers the identity providers, not their keys.
type issuers struct {
	config *tls.Config
	mu     sync.Mutex
	known  map[string]*issuer
}

type issuer struct {
	record   *identity.OIDCProvider
	provider *oidc.Provider
	asked    time.Time
}

func newIssuers(config *tls.Config) *issuers {
	return &issuers{config: config, known: map[string]*issuer{}}
}

// prove checks a token: made by a provider that is registered here, for a client that is, and not expired.
func (s *Service) prove(ctx context.Context, raw string, now time.Time) (*webToken, error) {
	bad := func(form string, args ...any) error {
		return stsapi.Service.NewError("InvalidIdentityTokenException", form, args...)
	}
	claimed, err := issuerOf(raw)
	if err != nil {
		return nil, bad("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	url := strings.TrimPrefix(claimed, "https://")
	record, ok := s.directory.Provider(url)
	if !ok || url == claimed {
		return nil, bad("No OpenIDConnect provider found in your account for %s", shorten(claimed))
	}
	provider, err := s.issuers.of(ctx, claimed, record, now)
	if err != nil {
		return nil, stsapi.Service.NewError("IDPCommunicationErrorException", "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	token, err := provider.VerifierContext(s.issuers.client(ctx, record), &oidc.Config{SkipClientIDCheck: true}).Verify(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return nil, stsapi.Service.NewError("ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time")
	case err != nil:
		return nil, bad("Couldn't verify the token's signature: it does not belong to a key of its issuer")
	}
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return nil, bad("The claims of the token are no JSON object")
	}
	clients, err := clientsOf(token, claims["azp"])
	if err != nil {
		return nil, bad("The token cannot be used: %v.", err)
	}
	i := slices.IndexFunc(clients, func(a string) bool { return slices.Contains(record.ClientIDs, a) })
	if i < 0 || token.Subject == "" {
		return nil, bad("Incorrect token audience")
	}
	known := &webToken{provider: url, audience: clients[i], audiences: token.Audience, subject: token.Subject}
	_ = json.Unmarshal(claims["amr"], &known.methods) // of another form it is none
	if known.asks, err = claimsOf(claims); err != nil {
		return nil, bad("The token cannot be used: %v.", err)
	}
	return known, nil
}

// clientsOf are those of whom one must be registered: the client that asked for the token if the claim azp names one, else whom it was made
// for. (IAM User Guide, "IAM and AWS STS condition context keys", available keys for AWS OIDC federation: aud is azp, and aud where there is
// none; oaud is aud.)
func clientsOf(token *oidc.IDToken, azp json.RawMessage) ([]string, error) {
	if len(azp) == 0 || string(azp) == "null" {
		return token.Audience, nil
	}
	var client string
	if err := json.Unmarshal(azp, &client); err != nil {
		return nil, errors.New("its claim azp is no text")
	}
	if client == "" {
		return token.Audience, nil
	}
	return []string{client}, nil
}

func shorten(s string) string { return s[:min(len(s), 255)] }

// of finds a provider by what it says of itself. Its keys are asked for with every token: a key that it has withdrawn, because someone has stolen
// it, opens nothing from then on.
func (i *issuers) of(ctx context.Context, url string, record *identity.OIDCProvider, now time.Time) (*oidc.Provider, error) {
	i.mu.Lock()
	known := i.known[url]
	i.mu.Unlock()
	if known != nil && known.record == record && now.Sub(known.asked) < issuerKnown {
		return known.provider, nil
	}
	// The provider lives longer than the request that first asks for it.
	asking, cancel := context.WithTimeout(i.client(context.WithoutCancel(ctx), record), issuerTimeout)
	defer cancel()
	provider, err := oidc.NewProvider(asking, url)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known[url] = &issuer{record, provider, now}
	return provider, nil
}

// client makes a context with the client that asks a provider: over HTTPS alone, and never led elsewhere.
func (i *issuers) client(ctx context.Context, record *identity.OIDCProvider) context.Context {
	config := i.config.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if len(record.Thumbprints) > 0 {
		roots := config.RootCAs
		config.InsecureSkipVerify = true // VerifyConnection below verifies, with one more way to be trusted
		config.VerifyConnection = func(c tls.ConnectionState) error { return trusted(c, roots, record.Thumbprints) }
	}
	return oidc.ClientContext(ctx, &http.Client{
		Timeout: issuerTimeout, Transport: bounded{&http.Transport{TLSClientConfig: config, DisableKeepAlives: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// trusted verifies a provider's certificate: under the known roots, or under a certificate of its chain whose thumbprint
// was registered.
func trusted(c tls.ConnectionState, roots *x509.CertPool, thumbprints []string) error {
	options := x509.VerifyOptions{DNSName: c.ServerName, Roots: roots, Intermediates: x509.NewCertPool()}
	named := x509.NewCertPool()
	for i, cert := range c.PeerCertificates {
		if i > 0 {
			options.Intermediates.AddCert(cert)
		}
		sum := sha1.Sum(cert.Raw)
		if slices.ContainsFunc(thumbprints, func(t string) bool { return strings.EqualFold(t, hex.EncodeToString(sum[:])) }) {
			named.AddCert(cert)
		}
	}
	_, err := c.PeerCertificates[0].Verify(options)
	if err == nil {
		return nil
	}
	options.Roots = named
	_, err = c.PeerCertificates[0].Verify(options)
	return err
}

// bounded asks over HTTPS alone and reads no endless answer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, errors.New("identity providers are asked over https alone")
	}
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, issuerBody), answer.Body}
	}
	return answer, err
}
