package certificate

import (
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

func authority(t *testing.T, now time.Time) *Authority {
	t.Helper()
	s := storetest.Retried(etcdtest.Private(t))
	safe := func(root *secret.Keyring) Safe {
		return kms.NewVault(s, root, kms.Home{Partition: "aws", Account: "111122223333"}, time.Now).Safe("us-east-1", "acm")
	}
	root := secret.NewKeyring()
	// Several servers of one store start at the same time and get one authority.
	all := make([]*Authority, 4)
	var starting sync.WaitGroup
	for i := range all {
		starting.Go(func() { all[i], _ = OpenAuthority(t.Context(), s, safe(root), now) })
	}
	starting.Wait()
	for _, a := range all {
		require.NotNil(t, a)
		require.Equal(t, all[0].PEM(), a.PEM())
	}
	_, err := OpenAuthority(t.Context(), s, safe(secret.NewKeyring()), now)
	require.ErrorContains(t, err, "open the certificate authority's key", "under another root key it stays shut")
	return all[0]
}

// TestEncloseKeepsTheAuthority: one that a version before sealed under the root key itself stays the same, under a key of KMS.
func TestEncloseKeepsTheAuthority(t *testing.T) {
	s := storetest.Retried(etcdtest.Private(t))
	root := secret.NewKeyring()
	safe := kms.NewVault(s, root, kms.Home{Partition: "aws", Account: "111122223333"}, time.Now).Safe("us-east-1", "acm")
	first, err := OpenAuthority(t.Context(), s, safe, time.Now())
	require.NoError(t, err)
	_, err = s.Update(t.Context(), func(tx store.Tx) error {
		r, err := store.Read[record](tx, storeKey)
		require.NoError(t, err)
		plain, err := safe.Open(t.Context(), r.Sealed, boundToPlace())
		require.NoError(t, err)
		r.Key, err = root.Seal(plain, []byte(storeKey))
		require.NoError(t, err)
		r.Sealed = nil
		return store.Write(tx, storeKey, r)
	})
	require.NoError(t, err)

	for _, want := range []int{1, 0} {
		n, err := Enclose(t.Context(), s, root, safe)
		require.NoError(t, err)
		require.Equal(t, want, n)
		again, err := OpenAuthority(t.Context(), s, safe, time.Now())
		require.NoError(t, err)
		require.Equal(t, first.PEM(), again.PEM())
		require.True(t, first.key.Equal(again.key))
	}
}

func TestCertificatesAreRenewedInTime(t *testing.T) {
	now := time.Now()
	a := authority(t, now)
	clock := now
	issued, err := NewIssued(a, []string{"localhost", "127.0.0.1", "*.dms.example.com"}, func() time.Time { return clock })
	require.NoError(t, err)
	first, err := issued.Get(nil)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(a.PEM()))
	for name, ok := range map[string]bool{"localhost": true, "127.0.0.1": true, "vpce-1.dms.example.com": true, "example.com": false} {
		_, err := first.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots})
		require.Equal(t, ok, err == nil, name)
	}
	clock = now.Add(leafLife - renewBefore - time.Hour)
	same, err := issued.Get(nil)
	require.NoError(t, err)
	require.Same(t, first, same)
	clock = now.Add(leafLife - renewBefore + time.Hour)
	next, err := issued.Get(nil)
	require.NoError(t, err)
	require.NotEqual(t, first.Leaf.SerialNumber, next.Leaf.SerialNumber)
	require.True(t, next.Leaf.NotAfter.After(first.Leaf.NotAfter))
}

func TestTheUsersFilesAreReadAgain(t *testing.T) {
	a, dir := authority(t, time.Now()), t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	_, err := OpenFiles(cert, key, quiet)
	require.ErrorContains(t, err, "certificate's files")
	at := time.Now().Add(-time.Hour)
	write := func(name string, block *pem.Block) {
		at = at.Add(time.Second) // file systems keep coarse times
		require.NoError(t, os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
		require.NoError(t, os.Chtimes(name, at, at))
	}
	pair := func(name string) (certificate, private *pem.Block) {
		c, err := a.Issue([]string{name}, time.Now())
		require.NoError(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		require.NoError(t, err)
		return &pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}, &pem.Block{Type: "PRIVATE KEY", Bytes: der}
	}
	c, k := pair("one.example.com")
	write(cert, c)
	write(key, k)
	f, err := OpenFiles(cert, key, quiet)
	require.NoError(t, err)
	names := func() []string {
		f.checked = time.Time{} // as if time had passed
		got, err := f.Get(nil)
		require.NoError(t, err)
		return got.Leaf.DNSNames
	}
	require.Equal(t, []string{"one.example.com"}, names())
	c, k = pair("two.example.com")
	write(cert, c)
	require.Equal(t, []string{"one.example.com"}, names(), "half replaced: the last good one stays")
	write(key, k)
	require.Equal(t, []string{"two.example.com"}, names())
	require.NoError(t, os.Remove(key))
	require.Equal(t, []string{"two.example.com"}, names())
}
