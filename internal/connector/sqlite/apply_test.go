package sqlite

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// openSession opens a target with a session that is closed with the test.
func openSession(t *testing.T, path string) (connector.Target, connector.ApplySession) {
	t.Helper()
	to := openTestTarget(t, path)
	s, err := to.(connector.Applier).Apply(t.Context(), connector.ApplyOptions{Run: "run", Statements: 3})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoError(t, to.Close())
	})
	return to, s
}

// appendValue appends a Go value: nil, int, float64, string, []byte, or absent.
func appendValue(v *change.Vector, x any) {
	switch x := x.(type) {
	case nil:
		v.AppendNull()
	case absentValue:
		v.AppendAbsent()
	case string:
		if v.Layout == change.Native {
			v.AppendString("t" + x)
			return
		}
		v.AppendString(x)
	case []byte:
		v.AppendString("b" + string(x))
	case int:
		if v.Layout == change.Native {
			v.AppendData(binary.BigEndian.AppendUint64([]byte{tagInteger}, uint64(x)))
			return
		}
		v.AppendInt(int64(x))
	case float64:
		v.AppendFloat(x)
	}
}

type absentValue struct{}

var absent = absentValue{}

// setOf makes a set of changes. Columns are written "name" (Native), "name#" (Int64) or "name$" (Text).
func setOf(op change.Op, table *catalog.Table, unique bool, key []int, columns []string, rows [][]any, oldColumns []string, old [][]any) connector.RowSet {
	s := connector.RowSet{Op: op, Table: table, Key: key, Unique: unique}
	s.Columns, s.Rows = batchOf(table, columns, rows)
	s.OldColumns, s.Old = batchOf(table, oldColumns, old)
	return s
}

func batchOf(table *catalog.Table, columns []string, rows [][]any) ([]connector.LoadColumn, *change.Batch) {
	if columns == nil {
		return nil, nil
	}
	var load []connector.LoadColumn
	var layouts []change.Layout
	for _, name := range columns {
		l := change.Native
		switch name[len(name)-1] {
		case '#':
			l, name = change.Int64, name[:len(name)-1]
		case '$':
			l, name = change.Text, name[:len(name)-1]
		}
		load, layouts = append(load, connector.LoadColumn{Column: table.Column(name), Layout: l}), append(layouts, l)
	}
	b := &change.Batch{}
	b.Reset(layouts)
	for _, row := range rows {
		for i, x := range row {
			appendValue(&b.Columns[i], x)
		}
		b.EndRow()
	}
	return load, b
}

func describe(t *testing.T, to connector.Target, name string) *catalog.Table {
	t.Helper()
	n := catalog.Name{Schema: Schema, Name: name}
	got, err := to.Describe(t.Context(), []catalog.Name{n})
	require.NoError(t, err)
	require.Contains(t, got, n)
	return got[n].Table
}

func TestWrite(t *testing.T) {
	const fixture = `CREATE TABLE k (id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE);
		INSERT INTO k VALUES (1, 'x', 'A'), (2, 2, 'B'), (3, NULL, 'C');
		CREATE TABLE n (a, b TEXT COLLATE NOCASE, c INT);
		INSERT INTO n VALUES (1, 'A', NULL), (1.0, 'a', NULL), (1, 'A', NULL), (NULL, NULL, 3);
		CREATE TABLE u (x TEXT UNIQUE NOT NULL ON CONFLICT IGNORE, y INT UNIQUE ON CONFLICT REPLACE) STRICT;
		INSERT INTO u VALUES ('a', 1), ('b', 2), ('c', 3);
		CREATE TABLE w (p TEXT, q TEXT, v, PRIMARY KEY (p, q)) WITHOUT ROWID;
		INSERT INTO w VALUES ('p', 'q', 1), ('p', 'r', 2);
		CREATE TRIGGER t1 AFTER UPDATE ON k BEGIN DELETE FROM n; END`
	type r = [][]any
	one := []int{0}
	for _, c := range []struct {
		name, table string
		set         func(*catalog.Table) connector.RowSet
		affected    int64 // -1: class Data
		query       string
		want        []string
	}{
		{"insert", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Insert, t, true, one, []string{"id#", "b$", "a"}, r{{7, "seven", 7}, {8, nil, []byte{0, 1}}}, nil, nil)
		}, 2, "SELECT id||quote(a)||quote(b) FROM k WHERE id > 5 ORDER BY id", []string{"77'seven'", "8X'0001'NULL"}},
		{"insert of what is there", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Insert, t, true, one, []string{"id#", "b$"}, r{{1, "one"}}, nil, nil)
		}, -1, "SELECT b FROM k WHERE id = 1", []string{"A"}},
		{"conflict clauses do not act", "u", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Insert, t, true, one, []string{"x$", "y#"}, r{{"d", 1}}, nil, nil)
		}, -1, "SELECT count(*) FROM u", []string{"3"}},
		{"update", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, []int{1}, []string{"b$", "id#"}, r{{"n", 1}, {"C", 3}, {"x", 99}}, nil, nil)
		}, 2, "SELECT id||b FROM k ORDER BY id", []string{"1n", "2B", "3C"}},
		{"update of the key alone", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, one, []string{"id#"}, r{{1}, {99}}, nil, nil)
		}, 1, "SELECT id||b FROM k ORDER BY id", []string{"1A", "2B", "3C"}},
		{"update with absent values", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, one, []string{"id#", "a", "b$"}, r{{1, absent, "n"}, {2, nil, absent}, {3, absent, nil}}, nil, nil)
		}, 3, "SELECT id||quote(a)||quote(b) FROM k ORDER BY id", []string{"1'x''n'", "2NULL'B'", "3NULLNULL"}},
		{"keys that grow by one", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, one, []string{"id#"}, r{{2}, {3}, {4}}, []string{"id#", "b$"}, r{{1, absent}, {2, absent}, {3, absent}})
		}, 3, "SELECT id||b FROM k ORDER BY id", []string{"2A", "3B", "4C"}},
		{"keys that change places", "w", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, []int{0, 1}, []string{"p$", "q$"}, r{{"p", "r"}, {"p", "q"}}, []string{"p$", "q$"}, r{{"p", "q"}, {"p", "r"}})
		}, 2, "SELECT p||q||v FROM w ORDER BY 1", []string{"pq2", "pr1"}},
		{"unique values that change places", "u", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, one, []string{"x$", "y#"}, r{{"b", 3}, {"c", absent}, {"a", 1}}, []string{"x$"}, r{{"a"}, {"b"}, {"c"}})
		}, 3, "SELECT x||y FROM u ORDER BY 1", []string{"a1", "b3", "c2"}},
		{"a key that is taken", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, one, []string{"id#"}, r{{2}}, []string{"id#"}, r{{1}})
		}, -1, "SELECT id FROM k ORDER BY id", []string{"1", "2", "3"}},
		{"delete", "k", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Delete, t, true, one, nil, nil, []string{"id#", "b$"}, r{{1, absent}, {9, absent}})
		}, 1, "SELECT id FROM k ORDER BY id", []string{"2", "3"}},
		{"one of equal rows is deleted", "n", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Delete, t, false, []int{0, 1, 2}, nil, nil, []string{"a", "b$", "c#"}, r{{1, "A", nil}})
		}, 1, "SELECT quote(a)||quote(b) FROM n ORDER BY rowid", []string{"1.0'a'", "1'A'", "NULLNULL"}},
		{"the row of the same storage class", "n", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Delete, t, false, []int{0}, nil, nil, []string{"a"}, r{{1}, {1}})
		}, 2, "SELECT quote(a) FROM n ORDER BY rowid", []string{"1.0", "NULL"}},
		{"null equals null", "n", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, false, []int{0, 1}, []string{"a", "b$", "c#"}, r{{5, "x", 6}}, []string{"a", "b$"}, r{{nil, nil}})
		}, 1, "SELECT a||b||c FROM n WHERE c IS NOT NULL", []string{"5x6"}},
		{"a value the column cannot hold", "u", func(t *catalog.Table) connector.RowSet {
			return setOf(change.Update, t, true, one, []string{"x$", "y"}, r{{"a", "no number"}}, nil, nil)
		}, -1, "SELECT y FROM u WHERE x = 'a'", []string{"1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			to, s := openSession(t, newFile(t, fixture))
			require.NoError(t, s.Begin(t.Context()))
			require.NoError(t, s.Savepoint(t.Context()))
			affected, err := s.Write(t.Context(), []connector.RowSet{c.set(describe(t, to, c.table))})
			if c.affected < 0 {
				require.Equal(t, connector.Data, connector.ClassOf(err), "%v", err)
				require.NoError(t, s.RollbackTo(t.Context()))
			} else {
				require.NoError(t, err)
				require.Equal(t, []int64{c.affected}, affected)
			}
			require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{}))
			require.Equal(t, c.want, rowsOf(t, to, c.query))
			require.Equal(t, []string{"1"}, rowsOf(t, to, "SELECT count(*) > 0 FROM n"), "triggers stand aside")
		})
	}
}

// TestCheckpointIsPartOfTheTransaction: rows, checkpoint and notes come and go together.
func TestCheckpointIsPartOfTheTransaction(t *testing.T) {
	ctx := t.Context()
	path := newFile(t, "CREATE TABLE k (id INTEGER PRIMARY KEY)")
	to, s := openSession(t, path)
	ap := to.(connector.Applier)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
	table := describe(t, to, "k")
	insert := func(id int) {
		_, err := s.Write(ctx, []connector.RowSet{setOf(change.Insert, table, true, []int{0}, []string{"id#"}, [][]any{{id}}, nil, nil)})
		require.NoError(t, err)
	}
	_, ok, err := ap.Checkpoint(ctx, "run")
	require.NoError(t, err)
	require.False(t, ok)
	require.Error(t, s.Note(ctx, "a", "b"), "outside of a transaction")
	for i := 1; i <= 3; i++ {
		require.NoError(t, s.Begin(ctx))
		insert(i)
		require.NoError(t, s.Note(ctx, "key", time.Duration(i).String()))
		require.NoError(t, s.Commit(ctx, connector.Checkpoint{Run: "run", Server: "host", Position: time.Duration(i).String(), At: at}))
		require.NoError(t, s.Sync(ctx))
		require.NoError(t, s.Begin(ctx))
		insert(100 + i)
		require.NoError(t, s.Truncate(ctx, table.Name))
		require.NoError(t, s.Note(ctx, "key", ""))
		require.NoError(t, s.Rollback(ctx))
		c, ok, err := ap.Checkpoint(ctx, "run")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, connector.Checkpoint{Run: "run", Server: "host", Position: time.Duration(i).String(), At: at}, c)
		notes, err := ap.Notes(ctx, "run")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"key": time.Duration(i).String()}, notes)
	}
	require.Equal(t, []string{"1", "2", "3"}, rowsOf(t, to, "SELECT id FROM k ORDER BY id"))
	require.Equal(t, []string{"1"}, rowsOf(t, to, "SELECT count(*) FROM awsdms_txn_state"))
	require.NoError(t, s.Begin(ctx))
	require.NoError(t, s.Commit(ctx, connector.Checkpoint{Run: "other", Position: "x"}))
	require.NoError(t, ap.Forget(ctx, "run"))
	_, ok, err = ap.Checkpoint(ctx, "run")
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, ap.Forget(ctx, "other"))
	require.Equal(t, []string{"0"}, rowsOf(t, to, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'awsdms%'"))
}
