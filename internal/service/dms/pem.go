package dms

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// longestPEM bounds what is imported: a bundle of all public authorities has a quarter of that.
const longestPEM = 1 << 20

func badCertificate(form string, args ...any) error {
	return fault("InvalidCertificateFault", form, args...)
}

// readPEM reads the certificates of a PEM text: at least one, and nothing else beside. The text that is kept holds the
// certificates alone.
func readPEM(text string) (all []*x509.Certificate, kept string, err error) {
	if len(text) > longestPEM {
		return nil, "", badCertificate("The certificates have more than %d bytes.", longestPEM)
	}
	var out strings.Builder
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return nil, "", badCertificate("Block %d is a private key. Send certificates alone.", len(all)+1)
		}
		if block.Type != "CERTIFICATE" {
			return nil, "", badCertificate("Block %d is of type %q and not a certificate.", len(all)+1, shorten(block.Type))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, "", badCertificate("Certificate %d cannot be read: %v", len(all)+1, err)
		}
		all = append(all, c)
		out.Write(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
	}
	if len(all) == 0 {
		return nil, "", badCertificate("There is no certificate in PEM form: a block from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.")
	}
	if bytes.Contains(rest, []byte("-----BEGIN")) {
		return nil, "", badCertificate("What follows certificate %d begins like PEM and is broken off.", len(all))
	}
	return all, out.String(), nil
}

// keyLength is the length of a certificate's public key in bits; 0 for kinds that have none.
func keyLength(c *x509.Certificate) int64 {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return int64(k.N.BitLen())
	case *ecdsa.PublicKey:
		return int64(k.Params().BitSize)
	case ed25519.PublicKey:
		return int64(len(k)) * 8
	}
	return 0
}

// signedWith names the algorithm of a signature as DMS does: SHA256withRSA.
func signedWith(c *x509.Certificate) string {
	switch a := c.SignatureAlgorithm; a {
	case x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS:
		return strings.ReplaceAll(strings.TrimSuffix(a.String(), "-RSAPSS"), "-", "") + "withRSAandMGF1"
	default:
		kind, hash, ok := strings.Cut(a.String(), "-") // RSA-SHA256 of Go: SHA256-RSA, ECDSA-SHA256
		if !ok {
			return a.String()
		}
		if strings.HasPrefix(kind, "SHA") || strings.HasPrefix(kind, "MD") {
			kind, hash = hash, kind
		}
		return hash + "with" + kind
	}
}
