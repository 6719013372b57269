package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func marks(run, table string, n int) []connector.Mark {
	var all []connector.Mark
	for i := range n {
		all = append(all, connector.Mark{
			Run: run, Table: catalog.Name{Schema: "s'", Name: table}, Witness: `w\"'`,
			Segment: connector.Segment{Number: i + 1, Of: n, Spec: `{"from":"it's \\ x"}`, Rows: -1, Bytes: 7},
		})
	}
	return all
}

func TestJournalKeepsRunsApart(t *testing.T) {
	db := servertest.PostgreSQL(t, servertest.PostgreSQL15)
	target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: db.URL, ControlSchema: "Control"})
	require.NoError(t, err)
	defer func() { _ = target.Close() }()
	j := target.Journal()
	ctx := t.Context()

	known, err := j.Read(ctx, "a")
	require.NoError(t, err)
	require.Empty(t, known)
	require.NoError(t, j.Forget(ctx, "a", catalog.Name{}))
	require.NoError(t, j.Close(ctx, "a"))

	require.NoError(t, j.Plan(ctx, append(marks("a", "t", 3), marks("a", "u", 1)...)))
	require.NoError(t, j.Plan(ctx, marks("b", "t", 1)))
	known, err = j.Read(ctx, "a")
	require.NoError(t, err)
	require.Len(t, known, 4)
	require.Equal(t, marks("a", "t", 3)[1], known[1].Mark)
	require.False(t, known[1].Done)

	// A new plan of a table replaces the old one.
	require.NoError(t, j.Plan(ctx, marks("a", "t", 2)))
	known, err = j.Read(ctx, "a")
	require.NoError(t, err)
	require.Len(t, known, 3)
	require.NoError(t, j.Forget(ctx, "a", catalog.Name{Schema: "s'", Name: "t"}))
	known, err = j.Read(ctx, "a")
	require.NoError(t, err)
	require.Len(t, known, 1)

	require.NoError(t, j.Close(ctx, "a"))
	known, err = j.Read(ctx, "b")
	require.NoError(t, err)
	require.Len(t, known, 1)
	require.NoError(t, j.Close(ctx, "b"))
	require.Equal(t, []string{"0"}, lines(t, db, `SELECT count(*)::text FROM pg_class WHERE relname = 'awsdms_load_progress'`))
}

// What Close has confirmed survives a crash of the server, although the commits of the loads did not wait for the disk.
func TestCloseMakesTheLoadDurable(t *testing.T) {
	db := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "wal_writer_delay = 10s", "synchronous_commit = off", "fsync = on")
	p := newPair(t, db, db)
	execute(t, db, `CREATE TABLE t (id int)`, `INSERT INTO t SELECT generate_series(1, 1000)`, `CHECKPOINT`)
	s, table := p.snapshot(), p.table("t")
	_, err := p.move(s, table, mode{}, connector.SplitOptions{})
	require.NoError(t, err)
	require.NoError(t, p.target.Journal().Close(t.Context(), "r"))
	db.Server.Kill()
	require.NoError(t, db.Server.Start())
	require.Equal(t, []string{"2000"}, lines(t, db, `SELECT count(*)::text FROM t`))
}
