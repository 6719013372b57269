package server

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd"
)

// backupOf makes a state of so many keys, and a backup of it.
func backupOf(t *testing.T, keys int) []byte {
	t.Helper()
	s, err := etcd.Embed(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	for i := 0; i < keys; i += 500 {
		_, err := s.Update(t.Context(), func(tx store.Tx) error {
			for n := i; n < min(keys, i+500); n++ {
				tx.Put(fmt.Sprintf("key/%05d", n), []byte(rand.Text()))
			}
			return nil
		})
		require.NoError(t, err)
	}
	var out bytes.Buffer
	require.NoError(t, store.Backup(t.Context(), s, &out))
	return out.Bytes()
}

// TestABackupThatBreaksOffIsNone: a server that is killed, or cannot read on, while it sends its state just falls silent.
func TestABackupThatBreaksOffIsNone(t *testing.T) {
	whole := backupOf(t, 1200)
	for _, n := range []int{0, 9, len(whole) / 2, len(whole) - 1, len(whole)} {
		dir, err := os.MkdirTemp("", "c") //nolint:usetesting // t.TempDir is too long for a socket
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		require.NoError(t, os.WriteFile(filepath.Join(dir, "root.key"), nil, 0o600))
		l, err := net.Listen("unix", filepath.Join(dir, controlSocket))
		require.NoError(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if conn, err := l.Accept(); err == nil {
				_, _ = conn.Write(whole[:n])
				_ = conn.Close()
			}
		}()
		var got bytes.Buffer
		err = Backup(t.Context(), Config{DataDir: dir}, &got)
		require.True(t, bytes.Equal(whole[:n], got.Bytes()))
		if n == len(whole) {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "read the backup of the running server", "%d bytes of %d", n, len(whole))
		}
		require.NoError(t, l.Close())
		<-done
	}
}

// TestARestoreThatBreaksOffIsNoState: what a kill has left is not served, backed up or added to, and a restore may be done once more.
func TestARestoreThatBreaksOffIsNoState(t *testing.T) {
	first, second := backupOf(t, 2000), backupOf(t, 700)
	c := Config{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	embed := func() store.Store {
		s, err := etcd.Embed(t.Context(), c.DataDir, c.Log)
		require.NoError(t, err)
		return s
	}
	s := embed()
	require.Error(t, store.Restore(t.Context(), s, io.MultiReader(bytes.NewReader(first[:len(first)*3/4]), iotest.ErrReader(io.ErrUnexpectedEOF))))
	page, err := s.List(t.Context(), store.Range{Prefix: "key/"})
	require.NoError(t, err)
	require.Greater(t, len(page.Items), 700)
	require.NoError(t, s.Close())

	_, err = openStore(t.Context(), &c)
	require.ErrorIs(t, err, store.ErrHalf)
	require.ErrorIs(t, Backup(t.Context(), c, io.Discard), store.ErrHalf)

	require.NoError(t, Restore(t.Context(), c, bytes.NewReader(second)))
	other, err := etcd.Embed(t.Context(), t.TempDir(), c.Log)
	require.NoError(t, err)
	require.NoError(t, store.Restore(t.Context(), other, bytes.NewReader(second)))
	page, err = other.List(t.Context(), store.Range{})
	require.NoError(t, err)
	require.Len(t, page.Items, 700, "nothing beside the backup is left")
	require.NoError(t, other.Close())
	s, err = openStore(t.Context(), &c)
	require.NoError(t, err)
	have, err := s.List(t.Context(), store.Range{})
	require.NoError(t, err)
	require.Len(t, have.Items, 700)
	for i := range have.Items {
		require.Equal(t, page.Items[i].Key, have.Items[i].Key)
		require.Equal(t, page.Items[i].Value, have.Items[i].Value)
	}
	require.ErrorContains(t, store.Restore(t.Context(), s, bytes.NewReader(second)), "the store is not empty")
	require.NoError(t, s.Close())
	for _, again := range [][]byte{first, []byte("nonsense")} {
		require.ErrorContains(t, Restore(t.Context(), c, bytes.NewReader(again)), "there is a state already")
	}
	s = embed()
	have, err = s.List(t.Context(), store.Range{KeysOnly: true})
	require.NoError(t, err)
	require.Len(t, have.Items, 700, "it stays")
	require.NoError(t, s.Close())
}
