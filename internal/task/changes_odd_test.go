package task_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestWhatApplicationsDoSeldom of a PostgreSQL source arrives at every engine.
func TestWhatApplicationsDoSeldom(t *testing.T) {
	for name, of := range map[string]struct {
		make, do []string
		tables   map[string]string
	}{
		"truncate with cascade, and what is given up": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)", "INSERT INTO a VALUES (1), (2)", "INSERT INTO b VALUES (1, 1)"},
			[]string{"BEGIN; INSERT INTO a VALUES (3); TRUNCATE a CASCADE; INSERT INTO a VALUES (4); INSERT INTO b VALUES (4, 4); COMMIT", "BEGIN; TRUNCATE a CASCADE; ROLLBACK",
				"BEGIN; SAVEPOINT s; TRUNCATE b, a; ROLLBACK TO s; INSERT INTO b VALUES (5, 4); COMMIT"},
			map[string]string{"a": "id", "b": "id"},
		},
		"key of another type": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c')"},
			[]string{"UPDATE a SET v = 'x' WHERE id = 1", "ALTER TABLE a ALTER COLUMN id TYPE bigint", "UPDATE a SET id = id + 5000000000 WHERE id = 2", "DELETE FROM a WHERE id = 1",
				"INSERT INTO a VALUES (5000000001, 'z')", "ALTER TABLE a ALTER COLUMN id TYPE numeric(20)", "DELETE FROM a WHERE id = 5000000001", "UPDATE a SET v = 'r' WHERE id = 5000000002"},
			map[string]string{"a": "v"},
		},
		"replica identity": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, u int NOT NULL UNIQUE, v varchar(9))", "INSERT INTO a VALUES (1, 11, 'a'), (2, 12, 'b'), (3, 13, 'c')"},
			[]string{"UPDATE a SET v = 'x' WHERE id = 1", "ALTER TABLE a REPLICA IDENTITY FULL", "UPDATE a SET v = 'y', id = 10 WHERE id = 2", "ALTER TABLE a REPLICA IDENTITY USING INDEX a_u_key",
				"UPDATE a SET id = 20, u = 21, v = 'w' WHERE id = 3", "UPDATE a SET id = 22 WHERE id = 20", "DELETE FROM a WHERE id = 1", "ALTER TABLE a REPLICA IDENTITY DEFAULT", "UPDATE a SET v = 'z', id = 5 WHERE id = 22"},
			map[string]string{"a": "v"},
		},
		"subtransactions": {
			[]string{"CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'a')"},
			[]string{"BEGIN; SAVEPOINT a; UPDATE a SET v = '1'; SAVEPOINT b; DELETE FROM a; SAVEPOINT c; INSERT INTO a VALUES (1, 'z'); ROLLBACK TO b; INSERT INTO a VALUES (2, 'k'); RELEASE a; SAVEPOINT d;" +
				"ALTER TABLE a ADD COLUMN w int; INSERT INTO a VALUES (3, 'c', 3); ROLLBACK TO d; INSERT INTO a VALUES (4, 'd'); COMMIT", "ALTER TABLE a ADD COLUMN x int DEFAULT 4", "INSERT INTO a VALUES (5, 'e', 5)",
				"BEGIN; SAVEPOINT d; ALTER TABLE a RENAME COLUMN x TO y; CREATE TABLE gone (id int PRIMARY KEY); ROLLBACK TO d; ALTER TABLE a RENAME COLUMN x TO z; INSERT INTO a VALUES (6, 'f', 6); COMMIT"},
			map[string]string{"a": "z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			toEach(t, func(t *testing.T, source, target *end) {
				source.exec(t, of.make...)
				load(t, source, target)
				source.exec(t, of.do...)
				inStep(t, source, target, of.tables)
			})
		})
	}
}

// TestPreparedWhileFollowing: transactions that are prepared, one of which has made a table, keep nothing from being followed, and arrive when
// they are committed.
func TestPreparedWhileFollowing(t *testing.T) {
	source, target := postgresEnd(t, servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18, "wal_level = logical", "max_prepared_transactions = 5")), newEnd(t, "sqlite")
	source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v text)", "INSERT INTO a VALUES (1, 'a')")
	load(t, source, target)
	source.exec(t, "BEGIN; INSERT INTO a VALUES (2, 'b'); CREATE TABLE n (id int PRIMARY KEY); INSERT INTO n VALUES (1); PREPARE TRANSACTION 'one'",
		"BEGIN; UPDATE a SET v = 'c'; PREPARE TRANSACTION 'two'", "INSERT INTO a VALUES (3, 'c')")
	catchUp(t, source, target)
	require.Equal(t, []string{"a", "c"}, target.text(t, "a", "v"))
	source.exec(t, "INSERT INTO a VALUES (4, 'd')", "COMMIT PREPARED 'one'", "ROLLBACK PREPARED 'two'", "INSERT INTO a VALUES (5, 'e')")
	inStep(t, source, target, map[string]string{"a": "v", "n": "id"})
}

// TestTransactionOverAStop: what is open when following stops arrives with what follows.
func TestTransactionOverAStop(t *testing.T) {
	toEach(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'a'), (2, 'b')")
		load(t, source, target)
		tx, err := source.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		for i, sql := range []string{"UPDATE a SET v = 'x' WHERE id = 1", "INSERT INTO a VALUES (3, 'c')", "DELETE FROM a WHERE id = 3"} {
			_, err := tx.ExecContext(t.Context(), sql)
			require.NoError(t, err)
			source.exec(t, "UPDATE a SET v = v || '!' WHERE id = 2")
			inStep(t, source, target, map[string]string{"a": "v"})
			require.Len(t, target.text(t, target.table(t, source, "a"), "v"), 2, i)
		}
		require.NoError(t, tx.Commit())
		inStep(t, source, target, map[string]string{"a": "v"})
	})
}

// TestValuesMadeByAnExpression: what a change of type makes of the rows that are there is told nowhere, unless it is the plain cast.
func TestValuesMadeByAnExpression(t *testing.T) {
	for statement, plain := range map[string]bool{
		"ALTER TABLE a ALTER COLUMN v TYPE int USING v::int * 10":                                false,
		"ALTER TABLE a ADD COLUMN w int, ALTER COLUMN v TYPE int USING length(v)":                false,
		"ALTER TABLE a ALTER COLUMN v TYPE int USING v::integer":                                 true,
		"ALTER TABLE a ALTER v TYPE varchar(20); ALTER TABLE b ALTER v TYPE int USING length(v)": true,
	} {
		t.Run(statement, func(t *testing.T) {
			toEach(t, func(t *testing.T, source, target *end) {
				source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "CREATE TABLE b (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, '1'), (2, '2')")
				load(t, source, target)
				source.exec(t, statement)
				if unlike := source.family != target.family; plain && unlike && strings.Contains(statement, "v::integer") {
					require.Contains(t, changesOf(t, catchUp(t, source, target), "a").Suspended, "has changed from character varying(9) to integer")
					return
				}
				if plain {
					require.Empty(t, changesOf(t, catchUp(t, source, target), "a").Suspended)
					require.ElementsMatch(t, asNumbers(source.text(t, "a", "v")), asNumbers(target.text(t, target.table(t, source, "a"), "v")))
					return
				}
				require.Contains(t, changesOf(t, catchUp(t, source, target), "a").Suspended, "made anew by an expression")
			})
		})
	}
}
