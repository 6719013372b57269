package certificate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// storeKey is where the authority lies.
const storeKey = "tls/authority"

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 90 * 24 * time.Hour
	renewBefore   = 30 * 24 * time.Hour
)

// A Safe keeps the authority's key, under a key of KMS; bound is the encryption context. A kms.Safe is one.
type Safe interface {
	Seal(ctx context.Context, plain []byte, bound map[string]string) ([]byte, error)
	Open(ctx context.Context, sealed []byte, bound map[string]string) ([]byte, error)
}

func boundToPlace() map[string]string { return map[string]string{"aws:acm:place": storeKey} }

// An Authority signs the server's certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

type record struct {
	Certificate []byte // DER
	Sealed      []byte `json:",omitempty"` // the key in DER, sealed under a key of KMS
	Key         []byte `json:",omitempty"` // the same as versions before sealed it, under the root key: see Enclose
}

// OpenAuthority reads the authority from the store, and makes it on first start. Where several servers start at the same
// time, all get the same one.
func OpenAuthority(ctx context.Context, s store.Store, safe Safe, now time.Time) (*Authority, error) {
	var found record
	_, err := s.Update(ctx, func(tx store.Tx) error {
		var err error
		found, err = store.Read[record](tx, storeKey)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if found, err = newAuthority(ctx, safe, now); err != nil {
			return err
		}
		return store.Write(tx, storeKey, found)
	})
	if err != nil {
		return nil, fmt.Errorf("open the certificate authority: %w", err)
	}
	der, err := safe.Open(ctx, found.Sealed, boundToPlace())
	if err != nil {
		return nil, fmt.Errorf("open the certificate authority's key: %w", err)
	}
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority's key: %w", err)
	}
	certificate, err := x509.ParseCertificate(found.Certificate)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority's certificate: %w", err)
	}
	return &Authority{certificate, key}, nil
}

func newAuthority(ctx context.Context, safe Safe, now time.Time) (record, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return record{}, fmt.Errorf("make a key: %w", err)
	}
	serial := newSerial()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Whimbrel authority " + serial.Text(16)[:8]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return record{}, fmt.Errorf("sign the authority's certificate: %w", err)
	}
	plain, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return record{}, fmt.Errorf("encode the authority's key: %w", err)
	}
	sealed, err := safe.Seal(ctx, plain, boundToPlace())
	if err != nil {
		return record{}, fmt.Errorf("seal the authority's key: %w", err)
	}
	return record{Certificate: der, Sealed: sealed}, nil
}

func newSerial() *big.Int {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	raw[0] = raw[0]&0x7f | 0x40
	return new(big.Int).SetBytes(raw)
}

// PEM is the authority's certificate, for clients to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// Issue signs a server certificate for names and addresses.
func (a *Authority) Issue(names []string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a server key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "whimbrel"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("sign the server's certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the server's certificate back: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// Get gives a certificate to a connection, as a tls.Config wants it.
type Get = func(*tls.ClientHelloInfo) (*tls.Certificate, error)
