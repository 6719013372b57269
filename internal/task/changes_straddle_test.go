package task_test

import (
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestXADecidedAfterTheStart: transactions that are prepared before a load begins arrive when they are committed, those that are given up never.
func TestXADecidedAfterTheStart(t *testing.T) {
	for _, engine := range []string{"mariadb", "mysql"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, engine), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'a'), (2, 'b'), (3, 'c')")
			commits := source.prepareXA(t, "commits", "UPDATE a SET v = 'x' WHERE id = 1")
			givesUp := source.prepareXA(t, "gives up", "DELETE FROM a WHERE id = 2")
			load(t, source, target)
			source.exec(t, "UPDATE a SET v = 'z' WHERE id = 3")
			inStep(t, source, target, map[string]string{"a": "v"})
			commits("XA COMMIT ")
			givesUp("XA ROLLBACK ")
			source.exec(t, "INSERT INTO a VALUES (5, 'e')")
			inStep(t, source, target, map[string]string{"a": "v"})
			require.Equal(t, []string{"b", "e", "x", "z"}, target.text(t, "a", "v"))
		})
	}
}

// prepareXA prepares a transaction in a session of its own, which can do nothing else until that is decided.
func (e *end) prepareXA(t *testing.T, name, statement string) (decide func(how string)) {
	t.Helper()
	conn, err := e.db.Conn(t.Context())
	require.NoError(t, err)
	id := "'" + e.database() + " " + name + "'"
	do := func(sql string) {
		_, err := conn.ExecContext(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	for _, sql := range []string{"XA START " + id, statement, "XA END " + id, "XA PREPARE " + id} {
		do(sql)
	}
	return func(how string) {
		do(how + id)
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// TestTablesThatGetAnotherSchema: one that leaves what is selected stays at the target as it was, as a renamed one does; one that comes in, also
// one that comes back, has rows that are no changes, and is suspended.
func TestTablesThatGetAnotherSchema(t *testing.T) {
	toEach(t, func(t *testing.T, source, target *end) {
		rules, err := mapping.FromPatterns([]string{"public.%"}, nil)
		require.NoError(t, err)
		selected := func(c *taskConfig) { c.Mappings = rules }
		source.exec(t, "CREATE SCHEMA other")
		for _, table := range []string{"leaves", "other.enters", "again"} {
			source.exec(t, "CREATE TABLE "+table+" (id int PRIMARY KEY)", "INSERT INTO "+table+" VALUES (1)")
		}
		load(t, source, target, selected)
		source.exec(t, "INSERT INTO leaves VALUES (2)", "ALTER TABLE leaves SET SCHEMA other", "INSERT INTO other.leaves VALUES (3)", "ALTER TABLE other.enters SET SCHEMA public", "INSERT INTO enters VALUES (2)",
			"ALTER TABLE again SET SCHEMA other", "INSERT INTO other.again VALUES (2)", "ALTER TABLE other.again SET SCHEMA public", "INSERT INTO again VALUES (3)")
		report := catchUp(t, source, target, selected)
		for _, table := range []string{"enters", "again"} {
			require.Contains(t, changesOf(t, report, table).Suspended, "its rows of then are no changes", table)
		}
		for table, rows := range map[string][]string{"leaves": {"1", "2"}, "again": {"1"}} {
			require.Equal(t, rows, target.text(t, table, "id"), table)
		}
		_, err = servertest.Column(target.db, "SELECT id FROM enters", "")
		require.Error(t, err)
	})
}
