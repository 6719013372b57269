package postgres

import (
	"context"
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
	bothVersions(t, func(t *testing.T, v servertest.PostgreSQLVersion) {
		a := newApplying(t, v, "CREATE TABLE t (id int PRIMARY KEY)")
		ctx := context.Background()
		open := func(alone bool, run string) connector.ApplySession {
			s, err := a.target.(connector.Applier).Apply(ctx, connector.ApplyOptions{Run: run, Alone: alone})
			require.NoError(t, err)
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		table := a.table("t")
		cs := columns(table, "id")
		row := connector.RowSet{Op: change.Insert, Table: table, Columns: cs, Rows: batch(t, cs, []any{1})}
		checkpoint := connector.Checkpoint{Run: "r", Server: "here", Position: "0/1", At: time.Now()}

		lost, beside, other := open(true, "r"), open(false, "r"), open(true, "other")
		require.NoError(t, lost.Begin(ctx))
		_, err := lost.Write(ctx, []connector.RowSet{row})
		require.NoError(t, err)
		now := open(true, "r")
		require.Error(t, lost.Commit(ctx, checkpoint))
		require.NoError(t, now.Begin(ctx))
		_, err = now.Write(ctx, []connector.RowSet{row})
		require.NoError(t, err, "nothing of the other is in the way")
		require.NoError(t, now.Commit(ctx, checkpoint))
		for _, s := range []connector.ApplySession{beside, other} {
			require.NoError(t, s.Begin(ctx))
			require.NoError(t, s.Note(ctx, "key", "text"))
			require.NoError(t, s.Commit(ctx, connector.Checkpoint{}))
		}
	})
}

// TestStatementCacheSize: a session keeps so many prepared statements and no more, and works with none.
func TestStatementCacheSize(t *testing.T) {
	for _, most := range []int{0, 3, 200} {
		var ddl []string
		for i := range 8 {
			ddl = append(ddl, fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, v int)", i))
		}
		a := newApplying(t, servertest.PostgreSQL15, ddl...)
		ctx := context.Background()
		session, err := a.target.(connector.Applier).Apply(ctx, connector.ApplyOptions{Run: "r", Statements: most})
		require.NoError(t, err)
		t.Cleanup(func() { _ = session.Close() })
		a.session = session
		kept := 0
		for round := range 3 {
			for i := range 8 {
				table := a.table(fmt.Sprintf("t%d", i))
				cs := columns(table, "id", "v")
				a.write(connector.RowSet{Op: change.Insert, Table: table, Columns: cs, Rows: batch(t, cs, []any{round, i})})
			}
			require.NoError(t, session.(*applySession).w.query(ctx, "SELECT count(*) FROM pg_prepared_statements", func(row [][]byte) error {
				kept = signed(row[0])
				return nil
			}))
			require.LessOrEqual(t, kept, most+len(session.(*applySession).statements.gone))
		}
		if most > 8 {
			require.Greater(t, kept, 8, "they are used again")
		}
	}
}
