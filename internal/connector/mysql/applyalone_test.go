package mysql

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestASessionThatWasLostCommitsNoMore: a session that is still at work on what it was sent when its connection was lost is ended before
// another one goes on. One that writes notes alone stays.
func TestASessionThatWasLostCommitsNoMore(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))")
	ctx := t.Context()
	open := func(alone bool, run string) connector.ApplySession {
		s, err := f.target.Apply(ctx, connector.ApplyOptions{Run: run, Alone: alone})
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	row := rowSet(f.table("t", "id"), change.Insert, true, nil, []string{"id", "v"}, ids(1, 1)...)
	run := f.name // the lock is one of the server, which serves other tests too
	checkpoint := connector.Checkpoint{Run: run, Server: "here", Position: "p", At: time.Now()}

	lost, beside, other := open(true, run), open(false, run), open(true, "other "+run)
	_, err := lost.Write(ctx, []connector.RowSet{row})
	require.NoError(t, err)
	now := open(true, run)
	require.Error(t, lost.Commit(ctx, checkpoint))
	_, err = now.Write(ctx, []connector.RowSet{row})
	require.NoError(t, err, "nothing of the other is in the way")
	require.NoError(t, now.Commit(ctx, checkpoint))
	for _, s := range []connector.ApplySession{beside, other} {
		require.NoError(t, s.Note(ctx, "key", "text"))
		require.NoError(t, s.Commit(ctx, connector.Checkpoint{}))
	}
}

// TestStatementCacheSize: a session keeps so many prepared statements and no more, and works with none.
func TestStatementCacheSize(t *testing.T) {
	for _, most := range []int{0, 3, 200} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			f := newFixture(t, servertest.MariaDB(t))
			session, err := f.target.Apply(t.Context(), connector.ApplyOptions{Run: "r", Statements: most})
			require.NoError(t, err)
			a := session.(*applySession)
			defer func() { require.NoError(t, a.Close()) }()
			for i := range 8 {
				f.exec(fmt.Sprintf("CREATE TABLE t%d (id INT PRIMARY KEY, v VARCHAR(10))", i))
			}
			for round := range 3 {
				for i := range 8 {
					set := rowSet(f.table(fmt.Sprintf("t%d", i), "id"), change.Insert, true, nil, []string{"id", "v"}, ids(round*10, round*10+5)...)
					_, err := a.Write(t.Context(), []connector.RowSet{set})
					require.NoError(t, err)
					require.LessOrEqual(t, a.statements.order.Len(), max(most, 1))
				}
				require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{Run: "r", Position: "p"}))
			}
			if most > 8 {
				require.Equal(t, 8, a.statements.order.Len(), "they are used again")
			}
		})
	}
}
