package edge_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/certificate"
)

// tlsRoots is a client that trusts an authority.
func tlsRoots(a *certificate.Authority) (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		return nil, errors.New("no certificate")
	}
	return &tls.Config{RootCAs: roots, ServerName: "localhost"}, nil
}
