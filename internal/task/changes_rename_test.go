package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRenamedWhileNobodyFollows: a table gets another name before any of its rows change, so that PostgreSQL's stream has not
// told its identifier yet, and its columns change in ways that look like new names.
func TestRenamedWhileNobodyFollows(t *testing.T) {
	for _, p := range [][2]string{{"postgresql-15", "sqlite"}, {"mariadb", "sqlite"}, {"sqlite", "mariadb"}} {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, p[0]), newEnd(t, p[1])
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, a int)", "INSERT INTO item VALUES (1, 10), (2, 20)",
				"CREATE TABLE "+source.quote("Old One")+" (id int NOT NULL PRIMARY KEY)", "INSERT INTO "+source.quote("Old One")+" VALUES (1)",
				"CREATE TABLE swap (id int NOT NULL PRIMARY KEY, a int)", "INSERT INTO swap VALUES (1, 10), (2, 20)")
			load(t, source, target)
			source.exec(t, "ALTER TABLE item RENAME TO thing", "INSERT INTO thing VALUES (3, 30)",
				"ALTER TABLE "+source.quote("Old One")+" RENAME TO "+source.quote(`New "One"`), "INSERT INTO "+source.quote(`New "One"`)+" VALUES (2)")
			if p[0] != "sqlite" { // where triggers keep columns from being dropped
				source.exec(t, "ALTER TABLE swap ADD COLUMN b int", "ALTER TABLE swap DROP COLUMN a", "UPDATE swap SET b = 7 WHERE id = 1")
			}
			catchUp(t, source, target)
			thing := target.table(t, source, "thing")
			require.Equal(t, []string{"1", "2", "3"}, target.text(t, thing, "id"))
			require.Equal(t, []string{"10", "20", "30"}, target.text(t, thing, "a"))
			require.Equal(t, []string{"1", "2"}, target.text(t, target.table(t, source, `New "One"`), "id"))
			if p[0] != "sqlite" {
				require.Equal(t, []string{"7", "-1"}, target.column(t, "SELECT coalesce(b, -1) FROM "+target.table(t, source, "swap")+" ORDER BY id"))
			}
		})
	}
}

// TestTablesRenamedTwice before the stream comes to the first time, with rows before, between and after or none at all: one that was
// there, and one that has joined.
func TestTablesRenamedTwice(t *testing.T) {
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, "CREATE TABLE quiet (id int NOT NULL PRIMARY KEY)", "INSERT INTO quiet VALUES (1)")
		load(t, source, target)
		source.exec(t, "CREATE TABLE a (id int NOT NULL PRIMARY KEY)", "INSERT INTO a VALUES (1)", "ALTER TABLE a RENAME TO b", "INSERT INTO b VALUES (2)", "ALTER TABLE b RENAME TO c", "INSERT INTO c VALUES (3)",
			"ALTER TABLE quiet RENAME TO quieter", "ALTER TABLE quieter RENAME TO quietest", "INSERT INTO quietest VALUES (2)")
		report := catchUp(t, source, target)
		for table, rows := range map[string][]string{"c": {"1", "2", "3"}, "quietest": {"1", "2"}} {
			require.Empty(t, changesOf(t, report, table).Suspended)
			require.Equal(t, rows, target.text(t, target.table(t, source, table), "id"), table)
		}
	})
}
