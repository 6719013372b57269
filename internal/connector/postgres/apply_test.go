package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// applying is a database with a session that applies to it.
type applying struct {
	t       testing.TB
	db      *servertest.Database
	target  connector.Target
	session connector.ApplySession
}

func newApplying(t testing.TB, v servertest.PostgreSQLVersion, ddl ...string) *applying {
	t.Helper()
	db := servertest.PostgreSQL(t, v)
	execute(t, db, ddl...)
	target, err := Engine().OpenTarget(context.Background(), connector.Config{URL: db.URL})
	require.NoError(t, err)
	t.Cleanup(func() { _ = target.Close() })
	session, err := target.(connector.Applier).Apply(context.Background(), connector.ApplyOptions{Run: "r", Statements: 50})
	require.NoError(t, err)
	t.Cleanup(func() { _ = session.Close() })
	return &applying{t: t, db: db, target: target, session: session}
}

func (a *applying) table(name string) *catalog.Table {
	a.t.Helper()
	n := catalog.Name{Schema: "public", Name: name}
	found, err := a.target.Describe(context.Background(), []catalog.Name{n})
	require.NoError(a.t, err)
	require.NotNil(a.t, found[n], name)
	return found[n].Table
}

// columns picks columns of a table in the layouts of their types.
func columns(t *catalog.Table, names ...string) []connector.LoadColumn {
	var cs []connector.LoadColumn
	for _, n := range names {
		cs = append(cs, connector.LoadColumn{Column: t.Column(n), Layout: change.LayoutOf(t.Column(n).Type)})
	}
	return cs
}

// batch makes a batch of values: nil, int, float64, string.
func batch(t testing.TB, cs []connector.LoadColumn, rows ...[]any) *change.Batch {
	t.Helper()
	b := &change.Batch{}
	var layouts []change.Layout
	for _, c := range cs {
		layouts = append(layouts, c.Layout)
	}
	b.Reset(layouts)
	for _, r := range rows {
		require.Len(t, r, len(cs))
		for i, x := range r {
			v := &b.Columns[i]
			switch x := x.(type) {
			case nil:
				v.AppendNull()
			case int:
				v.AppendInt(int64(x))
			case float64:
				v.AppendFloat(x)
			case string:
				v.AppendString(x)
			}
		}
		b.EndRow()
	}
	return b
}

func (a *applying) write(sets ...connector.RowSet) []int64 {
	a.t.Helper()
	require.NoError(a.t, a.session.Begin(context.Background()))
	n, err := a.session.Write(context.Background(), sets)
	require.NoError(a.t, err)
	require.NoError(a.t, a.session.Commit(context.Background(), connector.Checkpoint{Run: "r", Server: "here", Position: "0/1", At: time.Now()}))
	return n
}

func bothVersions(t *testing.T, test func(t *testing.T, v servertest.PostgreSQLVersion)) {
	for _, v := range servertest.PostgreSQLVersions() {
		t.Run(versionName(v), func(t *testing.T) { test(t, v) })
	}
}

func TestAppliesInEverySize(t *testing.T) {
	bothVersions(t, func(t *testing.T, v servertest.PostgreSQLVersion) {
		for _, n := range []int{1, 2, 5, 300, 20_000} {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				a := newApplying(t, v, `CREATE TABLE "Ta""b" (id int PRIMARY KEY, "na.me" text, n numeric(9,2), at timestamptz)`)
				table := a.table(`Ta"b`)
				cs := columns(table, "id", "na.me", "n", "at")
				var rows, updates, gone [][]any
				for i := range n {
					rows = append(rows, []any{i, fmt.Sprintf("row %d", i), fmt.Sprintf("%d.25", i), i * 1000})
					updates = append(updates, []any{i, nil, "7.00"})
					gone = append(gone, []any{i})
				}
				insert := connector.RowSet{Op: change.Insert, Table: table, Columns: cs, Rows: batch(t, cs, rows...)}
				require.Equal(t, []int64{int64(n)}, a.write(insert))
				require.Equal(t, []string{fmt.Sprintf("%d %d.25 row 0", n, n-1)}, lines(t, a.db, `SELECT count(*) || ' ' || max(n) || ' ' || min("na.me") FROM "Ta""b"`))

				us := columns(table, "id", "na.me", "n")
				update := connector.RowSet{Op: change.Update, Table: table, Columns: us, Rows: batch(t, us, updates...), Key: []int{0}, Unique: true}
				require.Equal(t, []int64{int64(n)}, a.write(update))
				require.Equal(t, []int64{int64(n)}, a.write(update), "an update to the same counts")
				require.Equal(t, []string{fmt.Sprint(n)}, lines(t, a.db, `SELECT count(*)::text FROM "Ta""b" WHERE "na.me" IS NULL AND n = 7 AND at IS NOT NULL`))

				ks := columns(table, "id")
				del := connector.RowSet{Op: change.Delete, Table: table, OldColumns: ks, Old: batch(t, ks, gone...), Key: []int{0}, Unique: true}
				require.Equal(t, []int64{int64(n), 0}, a.write(del, del))
				require.Equal(t, []string{"0"}, lines(t, a.db, `SELECT count(*)::text FROM "Ta""b"`))
			})
		}
	})
}

func TestChangesOneOfEqualRows(t *testing.T) {
	bothVersions(t, func(t *testing.T, v servertest.PostgreSQLVersion) {
		for _, ddl := range []string{
			`CREATE TABLE t (a int, b text, j json, n numeric)`,
			`CREATE TABLE t (a int, b text, j json, n numeric) PARTITION BY HASH (b); CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		} {
			a := newApplying(t, v, ddl, `INSERT INTO t SELECT x.* FROM (VALUES (1, 'x', '{"a": 1}'::json, 1.0), (NULL, NULL, NULL, NULL), (2, 'y', 'null', 1.5)) x, generate_series(1, 3)`,
				`INSERT INTO t VALUES (1, 'x', '{"a": 1}', 1.00)`)
			table := a.table("t")
			cs := columns(table, "a", "b", "j", "n")
			all := []int{0, 1, 2, 3}
			old := batch(t, cs, []any{nil, nil, nil, nil}, []any{1, "x", `{"a": 1}`, "1.00"}, []any{nil, nil, nil, nil}, []any{9, "y", "null", "1.5"})
			require.Equal(t, []int64{3}, a.write(connector.RowSet{Op: change.Delete, Table: table, OldColumns: cs, Old: old, Key: all}))
			require.Equal(t, []string{"(,,,)", "(1,x,\"{\"\"a\"\": 1}\",1.0)", "(1,x,\"{\"\"a\"\": 1}\",1.0)", "(1,x,\"{\"\"a\"\": 1}\",1.0)", "(2,y,null,1.5)", "(2,y,null,1.5)", "(2,y,null,1.5)"},
				lines(t, a.db, `SELECT t::text FROM t ORDER BY 1`))
			us := columns(table, "a", "n")
			require.Equal(t, []int64{2}, a.write(connector.RowSet{Op: change.Update, Table: table, Columns: us, Rows: batch(t, us, []any{nil, "8"}, []any{5, nil}),
				OldColumns: cs, Old: batch(t, cs, []any{nil, nil, nil, nil}, []any{2, "y", "null", "1.5"}), Key: all}))
			require.Equal(t, []string{"(,,,8)", "(1,x,\"{\"\"a\"\": 1}\",1.0)", "(1,x,\"{\"\"a\"\": 1}\",1.0)", "(1,x,\"{\"\"a\"\": 1}\",1.0)", "(2,y,null,1.5)", "(2,y,null,1.5)", "(5,y,null,)"},
				lines(t, a.db, `SELECT t::text FROM t ORDER BY 1`))
		}
	})
}

func TestRefusedRowsFailWithClassData(t *testing.T) {
	a := newApplying(t, servertest.PostgreSQL15, `CREATE TABLE t (id int PRIMARY KEY, s varchar(3), CHECK (s <> 'no'))`, `INSERT INTO t VALUES (1, 'a')`)
	table := a.table("t")
	cs := columns(table, "id", "s")
	ctx := t.Context()
	var many [][]any
	for i := range 1000 {
		many = append(many, []any{i + 10, "x"})
	}
	bad := map[string][][]any{
		"duplicate": {{1, "x"}}, "check": {{2, "no"}}, "too long": {{2, "long"}}, "out of range": {{1 << 40, "x"}},
		"duplicate in bulk": {{3, "x"}, {4, "x"}, {1, "x"}, {5, "x"}}, "duplicate in copy": append(many[:len(many):len(many)], []any{1, "x"}),
		"too long in copy": append(many[:len(many):len(many)], []any{2, "long"}), "too long in bulk": {{3, "x"}, {4, "x"}, {6, "long"}},
	}
	for name, rows := range bad {
		t.Run(name, func(t *testing.T) {
			good := connector.RowSet{Op: change.Insert, Table: table, Columns: cs, Rows: batch(t, cs, []any{7777, "g"})}
			set := connector.RowSet{Op: change.Insert, Table: table, Columns: cs, Rows: batch(t, cs, rows...)}
			require.NoError(t, a.session.Begin(ctx))
			_, err := a.session.Write(ctx, []connector.RowSet{good})
			require.NoError(t, err)
			require.NoError(t, a.session.Savepoint(ctx))
			_, err = a.session.Write(ctx, []connector.RowSet{good, set, good})
			require.Equal(t, connector.Data, connector.ClassOf(err), "%v", err)
			require.Error(t, a.session.Commit(ctx, connector.Checkpoint{}))
			require.NoError(t, a.session.RollbackTo(ctx))
			_, err = a.session.Write(ctx, []connector.RowSet{{Op: change.Delete, Table: table, OldColumns: cs[:1], Old: batch(t, cs[:1], []any{7777}), Key: []int{0}, Unique: true}})
			require.NoError(t, err)
			require.NoError(t, a.session.Commit(ctx, connector.Checkpoint{}))
			require.Equal(t, []string{"(1,a)"}, lines(t, a.db, `SELECT t::text FROM t`))
		})
	}
}

func TestCheckpointAndNotes(t *testing.T) {
	bothVersions(t, func(t *testing.T, v servertest.PostgreSQLVersion) {
		a := newApplying(t, v)
		ap := a.target.(connector.Applier)
		ctx := t.Context()
		_, ok, err := ap.Checkpoint(ctx, "r")
		require.NoError(t, err)
		require.False(t, ok)
		at := time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)
		for i := range 3 {
			require.NoError(t, a.session.Begin(ctx))
			require.NoError(t, a.session.Note(ctx, "k", fmt.Sprint("v", i)))
			require.NoError(t, a.session.Note(ctx, "gone", "x"))
			require.NoError(t, a.session.Note(ctx, "gone", ""))
			require.NoError(t, a.session.Commit(ctx, connector.Checkpoint{Run: "r", Server: fmt.Sprint("s", i), Position: fmt.Sprint("0/", i), At: at}))
		}
		require.NoError(t, a.session.Begin(ctx))
		require.NoError(t, a.session.Note(ctx, "k", "lost"))
		require.NoError(t, a.session.Rollback(ctx))
		require.NoError(t, a.session.Sync(ctx))
		c, ok, err := ap.Checkpoint(ctx, "r")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, connector.Checkpoint{Run: "r", Server: "s2", Position: "0/2", At: at}, connector.Checkpoint{Run: c.Run, Server: c.Server, Position: c.Position, At: c.At.UTC()})
		notes, err := ap.Notes(ctx, "r")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"k": "v2"}, notes)
		require.Equal(t, []string{"1"}, lines(t, a.db, `SELECT count(*)::text FROM awsdms_txn_state`))
		require.NoError(t, ap.Forget(ctx, "r"))
		_, ok, err = ap.Checkpoint(ctx, "r")
		require.NoError(t, err)
		require.False(t, ok)
	})
}
