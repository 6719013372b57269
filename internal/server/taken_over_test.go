package server

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestStatesOfBeforeAreTakenOver starts on a state whose secrets an earlier version had sealed under the root key itself: keys and
// authority stay the same, lie under keys of KMS from then on, and a root key that is rotated twice is not missed.
func TestStatesOfBeforeAreTakenOver(t *testing.T) {
	for first, starts := range map[string]bool{"a start": true, "a rotation": false} {
		t.Run("first comes "+first, func(t *testing.T) { takeOver(t, starts) })
	}
}

func takeOver(t *testing.T, starts bool) {
	c := Config{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Region: "eu-central-1", Account: "111122223333", Log: slog.New(slog.DiscardHandler)}
	once := func() {
		t.Helper()
		s, err := Start(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, s.Stop(t.Context()))
	}
	once()
	ca, err := os.ReadFile(filepath.Join(c.DataDir, "ca.pem"))
	require.NoError(t, err)
	words := asOfBefore(t, c)
	if starts {
		once()
	}
	for range 2 {
		sealed, err := RotateRootKey(t.Context(), c, c.rootKey())
		require.NoError(t, err)
		require.Positive(t, sealed)
		once()
	}
	now, err := os.ReadFile(filepath.Join(c.DataDir, "ca.pem"))
	require.NoError(t, err)
	require.Equal(t, ca, now)
	inside(t, c, func(s store.Store, o opened) {
		key, _ := accessKey(t, s)
		require.Nil(t, key.Secret)
		plain, err := o.safe("iam").Open(t.Context(), key.Sealed, map[string]string{"aws:iam:access-key": key.ID})
		require.NoError(t, err)
		require.Equal(t, words, string(plain))
	})
}

// asOfBefore seals the first administrator's secret and the authority's key as before, and answers the secret.
func asOfBefore(t *testing.T, c Config) (words string) {
	inside(t, c, func(s store.Store, o opened) {
		key, at := accessKey(t, s)
		plain, err := o.safe("iam").Open(t.Context(), key.Sealed, map[string]string{"aws:iam:access-key": key.ID})
		require.NoError(t, err)
		words = string(plain)
		key.Secret, err = o.ring.Seal(plain, []byte(key.ID))
		require.NoError(t, err)
		key.Sealed = nil

		const place = "tls/authority"
		item, err := s.Get(t.Context(), place)
		require.NoError(t, err)
		var authority struct{ Certificate, Sealed, Key []byte }
		require.NoError(t, item.Decode(&authority))
		plain, err = o.safe("acm").Open(t.Context(), authority.Sealed, map[string]string{"aws:acm:place": place})
		require.NoError(t, err)
		authority.Key, err = o.ring.Seal(plain, []byte(place))
		require.NoError(t, err)
		before, err := json.Marshal(map[string][]byte{"Certificate": authority.Certificate, "Key": authority.Key})
		require.NoError(t, err)
		_, err = s.Update(t.Context(), func(tx store.Tx) error {
			tx.Put(place, before)
			return store.Write(tx, at, key)
		})
		require.NoError(t, err)
	})
	return words
}

// opened is what a stopped server's state is read with.
type opened struct {
	ring  *secret.Keyring
	vault *kms.Vault
	of    cluster
}

func (o *opened) safe(service string) kms.Safe { return o.vault.Safe(o.of.Region, service) }

// inside opens the state of a server that is stopped.
func inside(t *testing.T, c Config, f func(s store.Store, o opened)) {
	t.Helper()
	require.NoError(t, c.complete())
	s, err := openStore(t.Context(), &c)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	o := opened{}
	o.ring, err = c.keyring(c.rootKey())
	require.NoError(t, err)
	o.of, err = store.Read[cluster](reading{t.Context(), s}, clusterKey)
	require.NoError(t, err)
	o.vault = o.of.vault(s, o.ring, &c)
	f(s, o)
}

// accessKey is the only one there is.
func accessKey(t *testing.T, s store.Store) (key identity.AccessKey, at string) {
	t.Helper()
	page, err := s.List(t.Context(), store.Range{Prefix: identity.AccessKeyKey("")})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.NoError(t, page.Items[0].Decode(&key))
	return key, page.Items[0].Key
}
