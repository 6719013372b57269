package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// tlsMode says what of TLS is asked for.
type tlsMode uint8

const (
	tlsPrefer tlsMode = iota // use it when the server offers it; nothing is verified
	tlsNone
	tlsRequire
	tlsVerifyCA
	tlsVerifyFull
)

// tlsModes holds our spellings, MySQL's and go-sql-driver's.
var tlsModes = map[string]tlsMode{
	"none": tlsNone, "disabled": tlsNone, "disable": tlsNone, "false": tlsNone,
	"prefer": tlsPrefer, "preferred": tlsPrefer,
	"require": tlsRequire, "required": tlsRequire, "skip-verify": tlsRequire,
	"verify-ca": tlsVerifyCA, "verify_ca": tlsVerifyCA,
	"verify-full": tlsVerifyFull, "verify_identity": tlsVerifyFull, "true": tlsVerifyFull,
}

// tlsFiles is the TLS part of a config.
type tlsFiles struct {
	mode          tlsMode
	ca, cert, key string
}

// merge lets the URL's parameters win over what the option file has said.
func (t *tlsFiles) merge(q url.Values) error {
	for name, field := range map[string]*string{"ssl-ca": &t.ca, "ssl-cert": &t.cert, "ssl-key": &t.key} {
		if v := q.Get(name); v != "" {
			*field = v
		}
	}
	for _, name := range []string{"tls", "ssl-mode"} {
		v := q.Get(name)
		if v == "" {
			continue
		}
		if err := t.setMode(name, v); err != nil {
			return err
		}
	}
	if (t.cert == "") != (t.key == "") {
		return invalid(errors.New("ssl-cert and ssl-key belong together"), "Give both or neither")
	}
	return nil
}

func (t *tlsFiles) setMode(name, value string) error {
	m, ok := tlsModes[strings.ToLower(value)]
	if !ok {
		return invalid(fmt.Errorf("%s=%s is not a TLS mode", name, value),
			"Use none, prefer, require, verify-ca or verify-full (or MySQL's DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY)")
	}
	t.mode = m
	return nil
}

// build makes the TLS configuration; nil when none is wanted.
func (t tlsFiles) build(host string) (*tls.Config, error) {
	if t.mode == tlsNone {
		return nil, nil
	}
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.ca != "" {
		pem, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, invalid(fmt.Errorf("read ssl-ca: %w", err), "")
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalid(fmt.Errorf("ssl-ca %s holds no certificate in PEM form", t.ca), "")
		}
	}
	if t.cert != "" {
		pair, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			return nil, invalid(fmt.Errorf("read ssl-cert and ssl-key: %w", err), "")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if t.mode != tlsVerifyFull {
		c.InsecureSkipVerify = true
	}
	if t.mode == tlsVerifyCA {
		c.VerifyConnection = verifyChain(c.RootCAs)
	}
	return c, nil
}

// verifyChain checks that the server's certificate leads to a known authority, whatever host it names.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range s.PeerCertificates[1:] {
			o.Intermediates.AddCert(c)
		}
		if _, err := s.PeerCertificates[0].Verify(o); err != nil {
			return fmt.Errorf("verify the server's certificate: %w", err)
		}
		return nil
	}
}
