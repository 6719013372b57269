package s3

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// claimed is a claim that is lost when the test says so.
type claimed struct {
	context.Context
	lose context.CancelCauseFunc
}

func claimOf(t *testing.T, at *target) *claimed {
	t.Helper()
	ctx, lose := context.WithCancelCause(context.Background())
	c := &claimed{ctx, lose}
	at.mu.locks[c] = true
	return c
}

func (c *claimed) Lost() bool { return c.Err() != nil }

func (c *claimed) Fault() error { return nil }

func (c *claimed) While(ctx context.Context) (context.Context, context.CancelFunc) {
	within, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c, func() { end(context.Cause(c)) })
	return within, func() { stop(); end(context.Canceled) }
}

// stopping is a store in which a process stops while it waits for it, and finds another at work when it goes on.
type stopping struct {
	store.Store
	stop func()
	// at is the key whose writing the process stops at.
	at string
}

func (s *stopping) Put(ctx context.Context, key string, data []byte) error {
	if key != s.at {
		return s.Store.Put(ctx, key, data)
	}
	s.stop()
	<-ctx.Done()
	return ctx.Err()
}

// Publish finds that what was staged is gone, once another process is at work.
func (s *stopping) Publish(_ context.Context, t store.Ticket) error {
	s.stop()
	return store.ErrGone
}

func requireLost(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, connector.Lost, connector.ClassOf(err), err)
	require.ErrorContains(t, err, "another process may have taken the run up")
}

// TestWhoHasLostItsClaimCommitsNothing: neither when it finds out before, nor when that happens while the store is at work on it.
func TestWhoHasLostItsClaimCommitsNothing(t *testing.T) {
	for _, meanwhile := range []bool{false, true} {
		at := openFolder(t, t.TempDir())
		s := at.session(t)
		commit(t, s, "P1", "note", "first")
		claim := claimOf(t, at)
		if meanwhile {
			at.store = &stopping{Store: at.store, at: stateKey("run"), stop: func() { claim.lose(store.ErrLost) }}
		} else {
			claim.lose(store.ErrLost)
		}
		require.NoError(t, s.Begin(t.Context()))
		require.NoError(t, s.Note(t.Context(), "note", "second"))
		requireLost(t, s.Commit(t.Context(), connector.Checkpoint{Run: "run", Position: "P2"}))
		st, err := at.readState(t.Context(), "run")
		require.NoError(t, err)
		require.Equal(t, "P1", st.Position)
		m := connector.Mark{Run: "run", Table: catalog.Name{Schema: "s", Name: "t"}, Segment: connector.Segment{Number: 1, Of: 1}}
		requireLost(t, at.commit(t.Context(), m, "plan", connector.Counts{}, nil))
		_, there, err := at.store.Head(t.Context(), markKey(m.Run, m.Table, 1))
		require.NoError(t, err)
		require.False(t, there)
	}
}

// TestWhoHasLostItsClaimTakesNothingBack: a state, a mark or a file may be another process's by then, with rows that nobody would write again.
func TestWhoHasLostItsClaimTakesNothingBack(t *testing.T) {
	const file, old = "s/t/20260101-000000000.csv", "s/t/LOAD00000001.csv"
	lost := func(t *testing.T, at *target) {
		claim := claimOf(t, at)
		at.store = &stopping{Store: at.store, stop: func() { claim.lose(store.ErrLost) }}
	}
	begun := func(t *testing.T) *target {
		at := openFolder(t, t.TempDir())
		for _, key := range []string{file, old, "mark"} {
			require.NoError(t, at.store.Put(t.Context(), key, []byte("another's")))
		}
		return at
	}
	kept := func(t *testing.T, at *target, keys ...string) {
		for _, key := range keys {
			_, there, err := at.store.Head(t.Context(), key)
			require.NoError(t, err)
			require.True(t, there, "%s is gone", key)
		}
	}
	t.Run("a state", func(t *testing.T) {
		at := begun(t)
		st := &state{Run: "run", Position: "P2", Before: &before{Position: "P1"}, Work: work{Publish: []store.Ticket{{Key: file, Size: 1, ID: "gone"}}}}
		require.NoError(t, putJSON(t.Context(), at.store, stateKey("run"), st))
		lost(t, at)
		_, err := at.Apply(t.Context(), connector.ApplyOptions{Run: "run"})
		requireLost(t, err)
		have, err := at.readState(t.Context(), "run")
		require.NoError(t, err)
		require.Equal(t, "P2", have.Position, "what another has committed is taken back")
		kept(t, at, file)
		requireLost(t, at.goBack(t.Context(), st, store.ErrGone))
		have, err = at.readState(t.Context(), "run")
		require.NoError(t, err)
		require.Equal(t, "P2", have.Position, "what another has committed is taken back")
		kept(t, at, file)
	})
	t.Run("what a state removes", func(t *testing.T) {
		at := begun(t)
		require.NoError(t, putJSON(t.Context(), at.store, stateKey("run"), &state{Run: "run", Position: "P2", Work: work{Delete: []string{old}}}))
		claimOf(t, at).lose(store.ErrLost)
		_, err := at.Apply(t.Context(), connector.ApplyOptions{Run: "run"})
		requireLost(t, err)
		kept(t, at, old)
	})
	t.Run("a table", func(t *testing.T) {
		at := begun(t)
		claimOf(t, at).lose(store.ErrLost)
		for _, sql := range []string{`TRUNCATE TABLE "s"."t"`, `DROP TABLE "s"."t"`} {
			requireLost(t, at.Exec(t.Context(), []catalog.Statement{{SQL: sql}}))
			kept(t, at, old)
		}
	})
	t.Run("a plan", func(t *testing.T) {
		at := begun(t)
		name := catalog.Name{Schema: "s", Name: "t"}
		plan, mark := tableFolder("run", name)+planFile, markKey("run", name, 1)
		require.NoError(t, at.store.Put(t.Context(), plan, []byte("another's")))
		require.NoError(t, at.store.Put(t.Context(), mark, []byte("another's")))
		claimOf(t, at).lose(store.ErrLost)
		j := journal{at}
		requireLost(t, j.Plan(t.Context(), []connector.Mark{{Run: "run", Table: name, Segment: connector.Segment{Number: 1, Of: 1}}}))
		requireLost(t, j.Forget(t.Context(), "run", name))
		requireLost(t, j.Close(t.Context(), "run"))
		kept(t, at, plan, mark)
		size, _, err := at.store.Head(t.Context(), plan)
		require.NoError(t, err)
		require.EqualValues(t, len("another's"), size, "the plan is another one")
	})
	t.Run("a mark", func(t *testing.T) {
		at := begun(t)
		at.mu.waiting["mark"] = waiting{plan: "plan", files: []store.Ticket{{Key: file, Size: 1, ID: "gone"}}}
		lost(t, at)
		requireLost(t, at.Flush(t.Context()))
		kept(t, at, "mark", file)
	})
}
