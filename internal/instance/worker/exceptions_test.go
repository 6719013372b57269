package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// TestExceptionsAreReadAndReplayed has a target refuse rows, mends it, and copies the one row again that is named, and then
// all that differ.
func TestExceptionsAreReadAndReplayed(t *testing.T) {
	b := newBench(t)
	source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO a VALUES (1, 'x'), (2, 'a, id=3'), (3, 'long'), (4, 'y')")
	target, db := b.database(t, "target.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT CHECK (length(name) < 3))")
	load := newTask("T1", source, target)
	load.Settings = `{"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`
	require.NoError(t, b.Start(t.Context(), load))
	require.Equal(t, loaded, b.end(t, "T1", 1).StopReason)
	require.Equal(t, "2", count(t, db, "SELECT count(*) FROM a"))

	table := instance.TableName{Schema: "main", Name: "a"}
	rows, err := b.Exceptions(t.Context(), load, instance.Exceptions{Table: table, Limit: 10})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, []string{"id=2", "id=3"}, []string{rows[0].Key, rows[1].Key})
	require.Contains(t, rows[0].Reason, "CHECK constraint failed")
	require.Contains(t, rows[0].Statement, "INSERT INTO main.a")
	rows, err = b.Exceptions(t.Context(), load, instance.Exceptions{Skip: 1, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, "id=3", rows[0].Key)
	another := load
	another.Name = "other"
	rows, err = b.Exceptions(t.Context(), another, instance.Exceptions{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, rows, "another task's")

	done, err := b.Replay(t.Context(), load, table, []string{"id=2"})
	require.NoError(t, err)
	require.Zero(t, done.Written)
	require.Len(t, done.Left, 1, "not mended yet")
	require.Contains(t, done.Left[0].Reason, "CHECK constraint failed")

	for _, q := range []string{"CREATE TABLE b (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO b SELECT * FROM a", "DROP TABLE a", "ALTER TABLE b RENAME TO a", "UPDATE a SET name = 'z' WHERE id = 4"} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	done, err = b.Replay(t.Context(), load, table, []string{"id=2", "id=1"})
	require.NoError(t, err)
	require.Equal(t, &instance.Replayed{Written: 1, Equal: []string{"id=1"}}, done)
	require.Equal(t, "1,2,4", count(t, db, "SELECT group_concat(id) FROM (SELECT id FROM a ORDER BY id)"), "the named row alone")
	require.Equal(t, "z", count(t, db, "SELECT name FROM a WHERE id = 4"))
	done, err = b.Replay(t.Context(), load, table, nil)
	require.NoError(t, err)
	require.Equal(t, &instance.Replayed{Written: 2}, done)
	require.Equal(t, "x a, id=3 long y", count(t, db, "SELECT group_concat(name, ' ') FROM (SELECT name FROM a ORDER BY id)"))

	_, err = b.Replay(t.Context(), load, instance.TableName{Schema: "main", Name: "none"}, nil)
	require.ErrorContains(t, err, "no table of the mapping goes to main.none")
}

func TestKeysInStatements(t *testing.T) {
	for statement, want := range map[string]string{
		"INSERT INTO main.a (row with key id=2)":                                     "id=2",
		"INSERT INTO main.a (row with key a=x (1), b=y, value of name changed)":      "a=x (1), b=y",
		"UPDATE main.a (row with key id=null)":                                       "id=null",
		"INSERT INTO main.a (row with key row 3 of its batch, the table has no key)": "",
		"ALTER TABLE a ADD b int":                                                    "",
	} {
		require.Equal(t, want, keyIn(statement), statement)
	}
}

// TestOneRowOfManyIsReplayed names one row in a table of which far more rows differ than are listed, and one that is the same.
func TestOneRowOfManyIsReplayed(t *testing.T) {
	b := newBench(t)
	rows := `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3001) INSERT INTO a SELECT i, 'x' FROM n`
	source, _ := b.database(t, "source.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)", rows, "CREATE TABLE bag (v TEXT)", "INSERT INTO bag VALUES ('s')")
	target, db := b.database(t, "target.db", "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)", rows, "UPDATE a SET name = 'y' WHERE id > 1", "CREATE TABLE bag (v TEXT)")
	load := newTask("T1", source, target)
	load.Settings = `{"ValidationSettings":{"TableFailureMaxCount":5,"FailureMaxCount":7}}`
	table := instance.TableName{Schema: "main", Name: "a"}
	for _, id := range []string{"17", "1700", "3001"} {
		done, err := b.Replay(t.Context(), load, table, []string{"id=1", "id=" + id})
		require.NoError(t, err)
		require.Equal(t, &instance.Replayed{Written: 1, Removed: done.Removed, Equal: []string{"id=1"}}, done)
		require.Equal(t, "x", count(t, db, "SELECT name FROM a WHERE id = "+id))
	}
	require.Equal(t, "2997", count(t, db, "SELECT count(*) FROM a WHERE name = 'y'"), "the named rows alone")
	done, err := b.Replay(t.Context(), load, table, nil)
	require.NoError(t, err)
	require.EqualValues(t, 2997, done.Written)
	require.Empty(t, done.Left)
	require.Equal(t, "3001", count(t, db, "SELECT count(*) FROM a WHERE name = 'x'"))
	_, err = b.Replay(t.Context(), load, instance.TableName{Schema: "main", Name: "bag"}, []string{"v=s"})
	require.ErrorContains(t, err, "has no key to find rows by")
	_, err = b.Replay(t.Context(), load, table, []string{"name=x"})
	require.ErrorContains(t, err, `"name=x" is no key of it: write id=…`)
}
