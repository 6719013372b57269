package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// sweeping is a store that tells of each sweep.
type sweeping struct {
	store.Store
	swept func(ctx context.Context) error
}

func (s sweeping) Sweep(ctx context.Context, prefix string, keep map[string]bool, other func(string) bool) error {
	if err := s.swept(ctx); err != nil {
		return err
	}
	return s.Store.Sweep(ctx, prefix, keep, other)
}

// TestFoldersAreSweptTogether: each once in a session, and none waits for the one before it.
func TestFoldersAreSweptTogether(t *testing.T) {
	s, g, recorded := recording(t, 40, 1, 400, nil)
	var sweeps atomic.Int64
	others := make(chan struct{})
	s.target.store = sweeping{s.target.store, func(ctx context.Context) error {
		if sweeps.Add(1) == 2 {
			close(others)
		}
		select {
		case <-others:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
			return errors.New("a sweep has no company")
		}
	}}
	for range 2 {
		require.NoError(t, s.Record(t.Context(), g, recorded, refuseNone))
		require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{Position: "p"}))
		require.NoError(t, s.Sync(t.Context()))
		require.EqualValues(t, 40, sweeps.Load())
	}
}

// BenchmarkFirstFlush of 1000 tables, the store a millisecond away and 1000 files of the session before known.
func BenchmarkFirstFlush(b *testing.B) {
	s, g, recorded := recording(b, 1000, 1, 1000, nil)
	s.target.store = sweeping{s.target.store, func(context.Context) error { <-time.After(time.Millisecond); return nil }}
	for b.Loop() {
		clear(s.swept)
		require.NoError(b, s.Record(b.Context(), g, recorded, refuseNone))
		require.NoError(b, s.Commit(b.Context(), connector.Checkpoint{Position: "p"}))
		require.NoError(b, s.Sync(b.Context()))
	}
}

// TestNamesAreInTheOrderOfCommits, whichever folders of a date the commits go into: a clock need not say of the later commit that it is later.
func TestNamesAreInTheOrderOfCommits(t *testing.T) {
	s, g, recorded := recording(t, 1, 1, 50, map[string]string{"DatePartitionEnabled": "true", "DatePartitionSequence": "DDMMYYYY"})
	for i, day := range []int{30, 31, 30, 1, 31} {
		month := time.October
		if day == 1 {
			month = time.November
		}
		g.Times[i] = time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
	}
	require.NoError(t, s.Begin(t.Context()))
	require.NoError(t, s.Record(t.Context(), g, recorded, refuseNone))
	require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{Run: "run", Position: "P"}))
	require.NoError(t, s.Sync(t.Context()))
	byName := map[string]string{}
	require.NoError(t, s.target.store.List(t.Context(), "shop/t0/", func(o store.Object) error {
		byName[path.Base(o.Key)] = o.Key
		return nil
	}))
	require.Len(t, byName, 5)
	next := 0
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		body, err := s.target.store.Open(t.Context(), byName[name])
		require.NoError(t, err)
		text, err := io.ReadAll(body)
		require.NoError(t, errors.Join(err, body.Close()))
		for line := range strings.Lines(string(text)) {
			require.True(t, strings.HasPrefix(line, fmt.Sprintf("I,%d,", next)), "%s: %s", byName[name], line)
			next++
		}
	}
	require.Equal(t, 50, next)
}
