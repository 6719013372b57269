package s3

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// session opens a session of the run.
func (t *target) session(tb testing.TB) connector.ApplySession {
	tb.Helper()
	s, err := t.Apply(tb.Context(), connector.ApplyOptions{Run: "run"})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// commit makes a transaction of notes, and a position unless that is empty.
func commit(tb testing.TB, s connector.ApplySession, position string, notes ...string) {
	tb.Helper()
	require.NoError(tb, s.Begin(tb.Context()))
	for i := 0; i < len(notes); i += 2 {
		require.NoError(tb, s.Note(tb.Context(), notes[i], notes[i+1]))
	}
	require.NoError(tb, s.Commit(tb.Context(), connector.Checkpoint{Run: "run", Position: position}))
	require.NoError(tb, s.Sync(tb.Context()))
}

func openFolder(tb testing.TB, dir string) *target {
	tb.Helper()
	at, err := openTarget(tb.Context(), connector.Config{URL: "file://" + dir})
	require.NoError(tb, err)
	return at.(*target)
}

// TestSessionsOfOneRunKnowOfEachOther: while one follows the source, others note requests in any order; no note is lost, and no
// position, neither to this process nor to the next.
func TestSessionsOfOneRunKnowOfEachOther(t *testing.T) {
	dir := t.TempDir()
	at := openFolder(t, dir)
	follower := at.session(t)
	commit(t, follower, "P1", "tables", "all")
	want := map[string]string{"tables": "all"}
	for i := range 4 {
		other := at.session(t)
		if i%2 == 0 {
			commit(t, follower, fmt.Sprint("P", 2+i), "last", fmt.Sprint(i)) // between the other's beginning and its commit
			want["last"] = fmt.Sprint(i)
		}
		commit(t, other, "", fmt.Sprint("reload.", i), "item")
		require.NoError(t, other.Close())
		want[fmt.Sprint("reload.", i)] = "item"
	}
	commit(t, follower, "P6", "reload.0", "")
	delete(want, "reload.0")
	last := at.session(t)
	commit(t, follower, "P7")
	commit(t, last, "", "reload.9", "item")
	want["reload.9"] = "item"
	require.Equal(t, "P7", follower.(connector.Holder).Durable())
	for _, reader := range []*target{at, openFolder(t, dir)} {
		notes, err := reader.Notes(t.Context(), "run")
		require.NoError(t, err)
		require.Equal(t, want, notes)
		c, ok, err := reader.Checkpoint(t.Context(), "run")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "P7", c.Position)
	}
}

// lossy is a store that fails the next writing of a state, before or after it has its effect.
type lossy struct {
	store.Store
	fails, arrives bool
}

func (l *lossy) Put(ctx context.Context, key string, data []byte) error {
	if !l.fails || key != stateKey("run") {
		return l.Store.Put(ctx, key, data)
	}
	l.fails = false
	if l.arrives {
		if err := l.Store.Put(ctx, key, data); err != nil {
			return err
		}
	}
	return &connector.Error{Class: connector.Lost, Err: errors.New("the answer was lost")}
}

// TestFailedFlushOfAnotherSession: the others go on from what the store has, whichever way that went.
func TestFailedFlushOfAnotherSession(t *testing.T) {
	for arrives, want := range map[bool]map[string]string{true: {"tables": "all", "reload": "item"}, false: {"tables": "all"}} {
		at := openFolder(t, t.TempDir())
		l := &lossy{Store: at.store, arrives: arrives}
		at.store = l
		follower := at.session(t)
		commit(t, follower, "P1", "tables", "all")
		other := at.session(t)
		require.NoError(t, other.Begin(t.Context()))
		require.NoError(t, other.Note(t.Context(), "reload", "item"))
		l.fails = true
		require.Error(t, other.Commit(t.Context(), connector.Checkpoint{Run: "run"}))
		commit(t, follower, "P2")
		notes, err := at.Notes(t.Context(), "run")
		require.NoError(t, err)
		require.Equal(t, want, notes)
	}
}

// TestNotesThatAreGone are an error, not none.
func TestNotesThatAreGone(t *testing.T) {
	dir := t.TempDir()
	at := openFolder(t, dir)
	s := at.session(t)
	commit(t, s, "P1", "tables", "all")
	key := at.mu.runs["run"].known.Load().Notes
	require.NoError(t, s.Close())
	require.NoError(t, at.store.Delete(t.Context(), []string{key}))
	_, err := at.Notes(t.Context(), "run")
	require.ErrorContains(t, err, key)
	_, err = at.Apply(t.Context(), connector.ApplyOptions{Run: "run"})
	require.ErrorContains(t, err, key)
	require.Empty(t, at.mu.runs)
}
