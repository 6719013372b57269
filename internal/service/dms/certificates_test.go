package dms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// authority makes a certificate that signs itself.
func authorityPEM(t *testing.T, key crypto.Signer, with x509.SignatureAlgorithm) string {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, SignatureAlgorithm: with,
		NotBefore: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func someAuthority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return authorityPEM(t, key, x509.ECDSAWithSHA256)
}

func (b *endpointBench) importPEM(name, text string) *dmsapi.Certificate {
	b.t.Helper()
	return answer[dmsapi.ImportCertificateResponse](b, "ImportCertificate", &dmsapi.ImportCertificateMessage{CertificateIdentifier: &name, CertificatePem: &text}).Certificate
}

func TestImportCertificateReadsEveryKind(t *testing.T) {
	b := newEndpointBench(t)
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	_, e, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for i, c := range []struct {
		key       crypto.Signer
		with      x509.SignatureAlgorithm
		algorithm string
		length    int64
	}{
		{r, x509.SHA256WithRSA, "SHA256withRSA", 2048}, {r, x509.SHA512WithRSAPSS, "SHA512withRSAandMGF1", 2048},
		{p, x509.ECDSAWithSHA384, "SHA384withECDSA", 384}, {e, x509.PureEd25519, "Ed25519", 256},
	} {
		text := authorityPEM(t, c.key, c.with)
		got := b.importPEM("Kind-"+decimal(int64(i)), text)
		require.Equal(t, []any{c.algorithm, c.length, "kind-" + decimal(int64(i)), benchAccount, text}, []any{*got.SigningAlgorithm, *got.KeyLength, *got.CertificateIdentifier, *got.CertificateOwner, *got.CertificatePem})
		require.Equal(t, 2025, got.ValidFromDate.Year())
		require.Equal(t, 2035, got.ValidToDate.Year())
		require.Regexp(t, `^arn:aws:dms:us-east-1:111122223333:cert:[A-Z2-7]{26}$`, *got.CertificateArn)
		described := answer[dmsapi.DescribeCertificatesResponse](b, "DescribeCertificates", &dmsapi.DescribeCertificatesMessage{Filters: filter("certificate-id", "KIND-"+decimal(int64(i)))})
		require.Equal(t, []dmsapi.Certificate{*got}, described.Certificates)
	}
}

func TestImportCertificateRefuses(t *testing.T) {
	b := newEndpointBench(t)
	good := someAuthority(t)
	b.importPEM("taken", good)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
	for _, c := range []struct{ code, words, name, text string }{
		{"InvalidCertificateFault", "There is no certificate in PEM form", "x", "nonsense"},
		{"InvalidCertificateFault", "There is no certificate in PEM form", "x", ""},
		{"InvalidCertificateFault", "Certificate 1 cannot be read", "x", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))},
		{"InvalidCertificateFault", "Certificate 2 cannot be read", "x", good + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))},
		{"InvalidCertificateFault", "Block 2 is a private key", "x", good + key},
		{"InvalidCertificateFault", "of type \"X509 CRL\"", "x", string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("x")}))},
		{"InvalidCertificateFault", "broken off", "x", good + good[:len(good)/2]},
		{"InvalidCertificateFault", "more than", "x", strings.Repeat(good, longestPEM/len(good)+1)},
		{"ResourceAlreadyExistsFault", "taken", "TAKEN", good},
		{"InvalidParameterValueException", "CertificateIdentifier", "a_b", good},
	} {
		b.refuses(c.code, c.words, "ImportCertificate", &dmsapi.ImportCertificateMessage{CertificateIdentifier: &c.name, CertificatePem: &c.text})
	}
	wallet := &dmsapi.ImportCertificateMessage{CertificateIdentifier: new("w"), CertificateWallet: []byte("wallet")}
	b.refuses("InvalidCertificateFault", "wallet of Oracle", "ImportCertificate", wallet)
	wallet.CertificatePem = &good
	b.refuses("InvalidParameterCombinationException", "not both", "ImportCertificate", wallet)
	require.Len(t, answer[dmsapi.DescribeCertificatesResponse](b, "DescribeCertificates", &dmsapi.DescribeCertificatesMessage{}).Certificates, 1)
	b.refuses("ResourceNotFoundFault", "No Certificates found", "DescribeCertificates", &dmsapi.DescribeCertificatesMessage{Filters: filter("certificate-id", "x")})
}

// TestCertificateIsKeptWhileItIsUsed through changes of the endpoint's mode and certificate.
func TestCertificateIsKeptWhileItIsUsed(t *testing.T) {
	b := newEndpointBench(t)
	one, two := b.importPEM("one", someAuthority(t)), b.importPEM("two", someAuthority(t)+someAuthority(t))
	e := b.create(postgresEndpoint("shop", func(in *createInput) { in.SslMode, in.CertificateArn = new("verify-full"), one.CertificateArn }))
	require.Equal(t, *one.CertificateArn, *e.CertificateArn)
	drop := func(c *dmsapi.Certificate) *dmsapi.DeleteCertificateMessage {
		return &dmsapi.DeleteCertificateMessage{CertificateArn: c.CertificateArn}
	}
	b.refuses("InvalidResourceStateFault", *e.EndpointArn, "DeleteCertificate", drop(one))
	b.modify(&modifyInput{EndpointArn: e.EndpointArn, CertificateArn: two.CertificateArn})
	require.Equal(t, *one.CertificatePem, *answer[dmsapi.DeleteCertificateResponse](b, "DeleteCertificate", drop(one)).Certificate.CertificatePem)
	b.refuses("ResourceNotFoundFault", "Certificate", "DeleteCertificate", drop(one))
	b.refuses("InvalidResourceStateFault", "used by", "DeleteCertificate", drop(two))
	out, err := b.reach(t.Context(), b.record(*e.EndpointArn), nil)
	require.NoError(t, err)
	q := parsed(t, out.URL).Query()
	require.Equal(t, "verify-full", q.Get("sslmode"))
	require.Equal(t, map[string]string{q.Get("sslrootcert"): *two.CertificatePem}, out.Files)
	require.Nil(t, b.modify(&modifyInput{EndpointArn: e.EndpointArn, SslMode: new("require")}).CertificateArn)
	answer[dmsapi.DeleteCertificateResponse](b, "DeleteCertificate", drop(two))
}

// TestCertificateUnderAKey is sealed, and gone from sight with the key.
func TestCertificateUnderAKey(t *testing.T) {
	b := newEndpointBench(t)
	key, text := b.newKey(), someAuthority(t)
	in := &dmsapi.ImportCertificateMessage{CertificateIdentifier: new("c"), CertificatePem: &text, KmsKeyId: new("alias/none"), Tags: []dmsapi.Tag{{Key: new("team"), Value: new("shop")}}}
	b.refuses("KMSKeyNotAccessibleFault", "alias/none", "ImportCertificate", in)
	in.KmsKeyId = &key
	c := answer[dmsapi.ImportCertificateResponse](b, "ImportCertificate", in).Certificate
	require.Equal(t, key, *c.KmsKeyId)
	tags, err := b.tagsOf(t.Context(), *c.CertificateArn)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "shop"}, tags)
	e := b.create(postgresEndpoint("shop", func(in *createInput) { in.SslMode, in.CertificateArn = new("verify-ca"), c.CertificateArn }))
	require.Empty(t, findInFiles(t, b.dir, []byte(strings.Split(text, "\n")[1])))
	all := func() []dmsapi.Certificate {
		return answer[dmsapi.DescribeCertificatesResponse](b, "DescribeCertificates", &dmsapi.DescribeCertificatesMessage{}).Certificates
	}
	require.Equal(t, text, *all()[0].CertificatePem)
	b.disable(key)
	require.Nil(t, all()[0].CertificatePem)
	_, err = b.reach(t.Context(), b.record(*e.EndpointArn), nil)
	require.ErrorContains(t, err, "The certificate of endpoint shop cannot be read: The KMS key cannot be used: "+key+" is disabled.")
}

func FuzzReadPEM(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) {
		all, kept, err := readPEM(text)
		if err != nil {
			return
		}
		again, same, err := readPEM(kept)
		require.NoError(t, err, "what is kept can be read")
		require.Equal(t, kept, same)
		require.Len(t, again, len(all))
		require.NotContains(t, kept, "PRIVATE")
	})
}
