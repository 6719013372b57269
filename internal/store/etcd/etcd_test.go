package etcd

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/namespace"

	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

// embedded shares one member between tests; each gets a part of its keys.
func embedded(t *testing.T) func(t *testing.T) store.Store {
	t.Helper()
	s, err := Embed(t.Context(), t.TempDir(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	var n atomic.Int64
	return func(*testing.T) store.Store {
		prefix := fmt.Sprintf("test%d/", n.Add(1))
		part := clientv3.NewCtxClient(context.WithoutCancel(t.Context()))
		part.KV, part.Watcher, part.Lease = namespace.NewKV(s.client.KV, prefix), namespace.NewWatcher(s.client.Watcher, prefix), namespace.NewLease(s.client.Lease, prefix)
		return newStore(part, quiet)
	}
}

func TestEmbedded(t *testing.T) { storetest.Run(t, embedded(t)) }

// TestReadyWithinASecond tries a few times: the machine may be busy with other tests.
func TestReadyWithinASecond(t *testing.T) {
	least := time.Hour
	for try := 0; try < 5 && least >= time.Second; try++ {
		start := time.Now()
		s, err := Embed(t.Context(), t.TempDir(), quiet)
		require.NoError(t, err)
		least = min(least, time.Since(start))
		require.NoError(t, s.Close())
	}
	require.Less(t, least, time.Second)
}

func TestOneProcessForADirectory(t *testing.T) {
	dir := t.TempDir()
	s, err := Embed(t.Context(), dir, quiet)
	require.NoError(t, err)
	_, err = Embed(t.Context(), dir, quiet)
	require.ErrorContains(t, err, "another whimbrel is using this data directory")
	require.NoError(t, s.Close())
	s, err = Embed(t.Context(), dir, quiet)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// TestMain is also the child of TestKilledStore: a store that writes until it is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("STORE_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Embed(context.Background(), dir, quiet)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for w := range 16 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("k/%d/%d", w, i)
				if _, err := s.Update(context.Background(), func(tx store.Tx) error { tx.Put(key, []byte(key)); return nil }); err != nil {
					return
				}
				fmt.Println(key)
			}
		}()
	}
	select {}
}

// TestKilledStore kills a process in the midst of writes; what it acknowledged is there.
func TestKilledStore(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "STORE_TEST_DIR="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var acknowledged []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		require.True(t, strings.HasPrefix(lines.Text(), "k/"), lines.Text())
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == 500 {
			require.NoError(t, child.Process.Kill())
		}
	}
	_ = child.Wait()
	require.GreaterOrEqual(t, len(acknowledged), 500)
	s, err := Embed(t.Context(), dir, quiet)
	require.NoError(t, err)
	defer s.Close()
	for _, key := range acknowledged {
		got, err := s.Get(t.Context(), key)
		require.NoError(t, err, "an acknowledged write was lost")
		require.Equal(t, key, string(got.Value))
	}
}

func BenchmarkUpdate(b *testing.B) {
	s, err := Embed(b.Context(), b.TempDir(), quiet)
	require.NoError(b, err)
	defer s.Close()
	for b.Loop() {
		if _, err := s.Update(b.Context(), func(tx store.Tx) error { tx.Put("k", []byte("v")); return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMirror(t *testing.T) { storetest.Mirror(t, embedded(t)(t)) }
