package server

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
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

// TestTwoServersOneFirstAdministrator starts two servers of one etcd at the same time, the other a moment faster: the file of each
// holds a key that is in the store, or is not there.
func TestTwoServersOneFirstAdministrator(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	base := etcdtest.Private(t)
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	ring := secret.NewKeyring()
	safe := kms.NewVault(base, ring, kms.Home{Partition: "aws", Account: "111122223333"}, time.Now).Safe("us-east-1", "iam")
	directory, err := identity.Open(ctx, base, identity.Config{Partition: "aws", Account: "111122223333", Sealer: ring, Safe: safe, Log: log})
	require.NoError(t, err)
	st := store.Following(base, directory.Follower())
	slow, fast := &Config{DataDir: t.TempDir(), Now: time.Now}, &Config{DataDir: t.TempDir(), Now: time.Now}
	overtaken := storetest.Raced(st, func() { require.NoError(t, firstAdministrator(ctx, st, directory, fast)) })
	require.NoError(t, firstAdministrator(ctx, overtaken, directory, slow))

	_, err = os.Stat(filepath.Join(slow.DataDir, "credentials"))
	require.ErrorIs(t, err, os.ErrNotExist, "its key is not in the store")
	told, err := os.ReadFile(filepath.Join(fast.DataDir, "credentials"))
	require.NoError(t, err)
	page, err := base.List(ctx, store.Range{Prefix: identity.AccessKeyKey("")})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Contains(t, string(told), page.Items[0].Key[len(identity.AccessKeyKey("")):])

	require.NoError(t, firstAdministrator(ctx, st, directory, slow), "at the next start there is one")
	_, err = os.Stat(filepath.Join(slow.DataDir, "credentials"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
