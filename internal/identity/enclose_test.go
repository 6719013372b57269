package identity_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestAccessKeysLieUnderAKeyOfKMS: new ones do, those of versions before get there, and the root key alone opens neither.
func TestAccessKeysLieUnderAKeyOfKMS(t *testing.T) {
	ctx, log, now := t.Context(), slog.New(slog.DiscardHandler), time.Now()
	s := storetest.Retried(etcdtest.Private(t))
	root := secret.NewKeyring()
	safe := kms.NewVault(s, root, kms.Home{Partition: "aws", Account: "111122223333"}, time.Now).Safe("us-east-1", "iam")
	d, err := identity.Open(ctx, s, identity.Config{Partition: "aws", Account: "111122223333", Sealer: root, Safe: safe, Log: log})
	require.NoError(t, err)

	fresh, secretOfFresh, err := d.NewAccessKey(ctx, "ann", now)
	require.NoError(t, err)
	require.Nil(t, fresh.Secret)
	_, err = root.Open(fresh.Sealed, []byte(fresh.ID))
	require.Error(t, err)
	old := identity.AccessKey{ID: "AKIAOLD", User: "ann", Active: true}
	old.Secret, err = root.Seal([]byte("of before"), []byte(old.ID))
	require.NoError(t, err)
	_, err = store.Following(s, d.Follower()).Update(ctx, func(tx store.Tx) error {
		for _, k := range []identity.AccessKey{fresh, old} {
			if err := store.Write(tx, identity.AccessKeyKey(k.ID), k); err != nil {
				return err
			}
		}
		return store.Write(tx, identity.UserKey("ann"), identity.User{Name: "ann", Path: "/", ID: "AIDAANN"})
	})
	require.NoError(t, err)
	_, _, err = d.Credential(ctx, old.ID, "", now)
	require.Error(t, err, "nothing in the safe yet")

	n, err := identity.Enclose(ctx, store.Following(s, d.Follower()), root, safe)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	for id, want := range map[string]string{fresh.ID: secretOfFresh, old.ID: "of before"} {
		got, who, err := d.Credential(ctx, id, "", now)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, "ann", who.Name)
	}
	enclosed, _ := d.AccessKey(old.ID)
	require.Nil(t, enclosed.Secret)
	n, err = identity.Enclose(ctx, s, root, safe)
	require.NoError(t, err)
	require.Zero(t, n)
}
