package mysql

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// rowSet makes a set on table (id, v, …) from texts in Native; "\x00" is NULL.
func rowSet(t *catalog.Table, op change.Op, unique bool, key []int, columns []string, rows ...[]string) connector.RowSet {
	s := connector.RowSet{Op: op, Table: t, Unique: unique, Key: key}
	b := &change.Batch{}
	var layouts []change.Layout
	var load []connector.LoadColumn
	for _, c := range columns {
		layouts = append(layouts, change.Native)
		load = append(load, connector.LoadColumn{Column: t.Column(c), Layout: change.Native})
	}
	b.Reset(layouts)
	for _, r := range rows {
		for i, v := range r {
			if v == "\x00" {
				b.Columns[i].AppendNull()
			} else {
				b.Columns[i].AppendString(v)
			}
		}
		b.EndRow()
	}
	if op == change.Delete {
		s.Old, s.OldColumns = b, load
	} else {
		s.Rows, s.Columns = b, load
	}
	return s
}

// bothWays runs a test by bulk execution and by statements with the values in them.
func bothWays(t *testing.T, test func(t *testing.T, f *fixture, a *applySession)) {
	for _, bulk := range []bool{true, false} {
		t.Run(fmt.Sprintf("bulk=%v", bulk), func(t *testing.T) {
			f := newFixture(t, servertest.MariaDB(t))
			session, err := f.target.Apply(t.Context(), connector.ApplyOptions{Run: "r", Statements: 3})
			require.NoError(t, err)
			a := session.(*applySession)
			a.bulk = bulk
			defer func() { require.NoError(t, a.Close()) }()
			test(t, f, a)
		})
	}
}

func ids(from, to int) [][]string {
	var rows [][]string
	for i := from; i <= to; i++ {
		rows = append(rows, []string{fmt.Sprint(i), fmt.Sprint("v", i)})
	}
	return rows
}

// TestMissingRowsAreCountedAndNotMade: an update of whole rows is tried as an upsert, which must leave no row behind.
func TestMissingRowsAreCountedAndNotMade(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		f.exec("CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(10))", "INSERT INTO u SELECT seq, 'old' FROM seq_1_to_50", "UPDATE u SET v = 'v7' WHERE id = 7")
		table := f.table("u", "id")
		columns := []string{"id", "v"}
		sets := []connector.RowSet{
			rowSet(table, change.Insert, true, nil, columns, ids(51, 60)...),
			rowSet(table, change.Update, true, []int{0}, columns, ids(1, 40)...),    // one of them is as it should be
			rowSet(table, change.Update, true, []int{0}, columns, ids(46, 65)...),   // five are missing
			rowSet(table, change.Delete, true, []int{0}, columns, ids(41, 43)...),   // there
			rowSet(table, change.Delete, true, []int{0}, columns, ids(63, 70)...),   // not there
			rowSet(table, change.Update, true, []int{0}, columns, ids(100, 100)...), // alone, and missing
		}
		for range 2 {
			affected, err := a.Write(t.Context(), sets)
			require.NoError(t, err)
			require.Equal(t, []int64{10, 40, 15, 3, 0, 0}, affected)
			require.NoError(t, a.Rollback(t.Context()))
		}
		_, err := a.Write(t.Context(), sets)
		require.NoError(t, err)
		require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{Position: "p"}))
		require.Equal(t, [][]string{{"57", "60", "2"}}, f.rowsOf("SELECT COUNT(*), MAX(id), SUM(v = 'old') FROM "+f.name+".u"))
	})
}

// TestUpsertIsNotTriedWhereAnotherKeyCouldBeMet: the row that has the other key must stay as it is.
func TestUpsertIsNotTriedWhereAnotherKeyCouldBeMet(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		f.exec("CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(10) UNIQUE)", "INSERT INTO u VALUES (1, 'v11')")
		affected, err := a.Write(t.Context(), []connector.RowSet{rowSet(f.table("u", "id"), change.Update, true, []int{0}, []string{"id", "v"}, ids(11, 20)...)})
		require.NoError(t, err)
		require.Equal(t, []int64{0}, affected)
		require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{}))
		require.Equal(t, [][]string{{"1", "v11"}}, f.rowsOf("SELECT * FROM "+f.name+".u"))
	})
}

// TestRowsWithoutAKeyAreComparedByTheirBytes: null equals null, small letters are not capitals, one row per change.
func TestRowsWithoutAKeyAreComparedByTheirBytes(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		f.exec("CREATE TABLE n (a VARCHAR(10), b INT, c FLOAT)",
			"INSERT INTO n VALUES ('x', 1, 0.1), ('X', 1, 0.1), ('x ', 1, 0.1), ('x', 1, 0.1), (NULL, NULL, NULL), (NULL, NULL, NULL), ('é', 9, 1)")
		table := f.table("n")
		all := []string{"a", "b", "c"}
		float := "0.10000000149011612"
		affected, err := a.Write(t.Context(), []connector.RowSet{
			rowSet(table, change.Delete, false, []int{0, 1, 2}, all, []string{"x", "1", float}),
			rowSet(table, change.Delete, false, []int{0, 1, 2}, all, []string{"\x00", "\x00", "\x00"}),
			rowSet(table, change.Delete, false, []int{0, 1, 2}, all, []string{"e", "9", "1"}),
			rowSet(table, change.Delete, false, []int{0, 1, 2}, all, []string{"X", "1", float}),
		})
		require.NoError(t, err)
		require.Equal(t, []int64{1, 1, 0, 1}, affected)
		require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{}))
		require.Equal(t, [][]string{{"4", "1", "1", "1", "1"}},
			f.rowsOf("SELECT COUNT(*), SUM(HEX(a) = '78'), SUM(HEX(a) = '7820'), SUM(a IS NULL), SUM(a = 'é') FROM "+f.name+".n"))
	})
}

// TestRefusedRowFailsTheWrite with class Data, names the table, and leaves a session that goes on after a rollback.
func TestRefusedRowFailsTheWrite(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		f.exec("CREATE TABLE d (id INT PRIMARY KEY, v VARCHAR(3) NOT NULL, CHECK (id <> 13))", "INSERT INTO d VALUES (1, 'a')")
		table := f.table("d", "id")
		for _, bad := range [][]string{{"1", "dup"}, {"2", "long"}, {"3", "\x00"}, {"13", "x"}, {"99999999999", "x"}, {"x", "x"}} {
			_, err := a.Write(t.Context(), []connector.RowSet{
				rowSet(table, change.Insert, true, nil, []string{"id", "v"}, []string{"50", "ok"}, bad),
				rowSet(table, change.Insert, true, nil, []string{"id", "v"}, []string{"60", "ok"}),
			})
			require.Equal(t, connector.Data, connector.ClassOf(err), "%q: %v", bad, err)
			require.ErrorContains(t, err, f.name+".d")
			require.NoError(t, a.Rollback(t.Context()))
		}
		affected, err := a.Write(t.Context(), []connector.RowSet{rowSet(table, change.Insert, true, nil, []string{"id", "v"}, []string{"70", "ok"})})
		require.NoError(t, err)
		require.Equal(t, []int64{1}, affected)
		require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{Position: "x"}))
		require.Equal(t, [][]string{{"1"}, {"70"}}, f.rowsOf("SELECT id FROM "+f.name+".d ORDER BY id"))
	})
}

// TestCheckpointAndNotesCommitWithTheRows, and go with them.
func TestCheckpointAndNotesCommitWithTheRows(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		f.exec("CREATE TABLE c (id INT PRIMARY KEY)")
		table := f.table("c", "id")
		insert := func(id string) {
			_, err := a.Write(t.Context(), []connector.RowSet{rowSet(table, change.Insert, true, nil, []string{"id"}, []string{id})})
			require.NoError(t, err)
		}
		_, ok, err := f.target.Checkpoint(t.Context(), "r")
		require.NoError(t, err)
		require.False(t, ok)
		insert("1")
		require.NoError(t, a.Note(t.Context(), "k'", "first\\"))
		require.NoError(t, a.Savepoint(t.Context()))
		insert("2")
		require.NoError(t, a.Note(t.Context(), "k'", "second"))
		require.NoError(t, a.RollbackTo(t.Context()))
		insert("3")
		require.NoError(t, a.Park(t.Context(), []connector.Parked{{Task: "r", Table: table.Name, Time: time.Now(), Statement: "s", Reason: "r"}}))
		at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
		require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{Run: "r", Server: "here", Position: "binlog.1:4 '0-1-2'", At: at}))
		insert("4")
		require.NoError(t, a.Note(t.Context(), "k'", ""))
		require.NoError(t, a.Rollback(t.Context()))
		require.NoError(t, a.Savepoint(t.Context()))
		require.NoError(t, a.RollbackTo(t.Context()))
		c, ok, err := f.target.Checkpoint(t.Context(), "r")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, connector.Checkpoint{Run: "r", Server: "here", Position: "binlog.1:4 '0-1-2'", At: at}, c)
		notes, err := f.target.Notes(t.Context(), "r")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"k'": "first\\"}, notes)
		require.Equal(t, [][]string{{"1"}, {"3"}}, f.rowsOf("SELECT id FROM "+f.name+".c ORDER BY id"))
		require.Equal(t, [][]string{{"1"}}, f.rowsOf("SELECT COUNT(*) FROM "+f.name+".awsdms_apply_exceptions"))
		require.NoError(t, f.target.Forget(t.Context(), "r"))
		_, ok, err = f.target.Checkpoint(t.Context(), "r")
		require.NoError(t, err)
		require.False(t, ok)
	})
}

// TestTriggersAreReported: no session can set them aside.
func TestTriggersAreReported(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		require.Empty(t, a.Features().Enforced)
		f.exec("CREATE TABLE g (id INT PRIMARY KEY)", "CREATE TRIGGER tr BEFORE INSERT ON g FOR EACH ROW SET @x = 1")
		b, err := f.target.Apply(t.Context(), connector.ApplyOptions{Run: "r"})
		require.NoError(t, err)
		require.Contains(t, b.Features().Enforced, f.name+".g (tr)")
		require.NoError(t, b.Close())
	})
}

// TestChangesOfManyShapes passes the bound of the statement cache again and again.
func TestChangesOfManyShapes(t *testing.T) {
	bothWays(t, func(t *testing.T, f *fixture, a *applySession) {
		for i := range 8 {
			f.exec(fmt.Sprintf("CREATE TABLE m%d (id INT PRIMARY KEY, v VARCHAR(10))", i))
		}
		for round := range 3 {
			var sets []connector.RowSet
			for i := range 8 {
				sets = append(sets, rowSet(f.table(fmt.Sprint("m", i), "id"), change.Insert, true, nil, []string{"id", "v"}, ids(10*round, 10*round+9)...))
			}
			affected, err := a.Write(t.Context(), sets)
			require.NoError(t, err)
			require.Equal(t, []int64{10, 10, 10, 10, 10, 10, 10, 10}, affected)
		}
		require.NoError(t, a.Commit(t.Context(), connector.Checkpoint{}))
	})
}
