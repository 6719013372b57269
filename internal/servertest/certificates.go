package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority issues certificates for one test.
type Authority struct {
	// CA is the file of the authority's own certificate.
	CA   string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
	n    int64
}

// NewAuthority makes an authority of the test's own. Its folder can be entered by the servers.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	dir, err := os.MkdirTemp("", "whimbrel-tls-") //nolint:usetesting // the servers run as another user, whom t.TempDir keeps out
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	a := &Authority{dir: dir}
	if err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err == nil {
		template := a.template("Whimbrel test authority")
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		a.cert = template
		a.CA, err = a.sign("ca", template, a.key)
	}
	if err != nil {
		t.Fatalf("make a certificate authority: %v", err)
	}
	return a
}

func (a *Authority) template(name string) *x509.Certificate {
	a.n++
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

// sign writes a certificate and returns its file.
func (a *Authority) sign(file string, template *x509.Certificate, key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return "", err
	}
	path := filepath.Join(a.dir, file+".crt")
	return path, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

// Issue makes a certificate for a host name or address, or for a user, and returns the files of it and its key. The key
// belongs to the user named, under whom a server runs, when the tests run as root; servers refuse the keys of others.
func (a *Authority) Issue(t testing.TB, name, user string) (cert, key string) {
	t.Helper()
	cert, key, err := a.issue(name, user)
	if err != nil {
		t.Fatalf("issue a certificate for %s: %v", name, err)
	}
	return cert, key
}

func (a *Authority) issue(name, user string) (cert, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := a.template(name)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	file := fmt.Sprintf("%d", a.n)
	if cert, err = a.sign(file, template, private); err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	key = filepath.Join(a.dir, file+".key")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return "", "", err
	}
	if user == "" {
		return cert, key, nil
	}
	owner, err := unprivileged(user, "nobody")
	if err == nil && owner != nil {
		err = os.Chown(key, int(owner.Uid), int(owner.Gid))
	}
	return cert, key, err
}

// SelfSigned makes a certificate for both ends of a connection on this machine, which is its own authority, and its key.
func SelfSigned(t testing.TB, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "etcd"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: plain}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
