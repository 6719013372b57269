package task_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCutoverMakesWhatTablesHaveGot while they were followed: foreign keys and indexes of tables that joined, indexes and foreign keys that
// others have got, by the process that has followed and by a later one. What cannot be added is named.
func TestCutoverMakesWhatTablesHaveGot(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "postgresql-18"}, {"postgresql-18", "mariadb"}, {"mariadb", "mariadb"}, {"mariadb", "postgresql-15"}, {"mysql", "mysql"}, {"postgresql-15", "sqlite"}} {
		for _, earlier := range []bool{false, true} {
			t.Run(pair[0]+" to "+pair[1]+map[bool]string{true: ", by a later process"}[earlier], func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
				source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40) NOT NULL, up int)", "INSERT INTO item VALUES (1, 'one', NULL)")
				load(t, source, target)
				source.exec(t, "CREATE TABLE part (id int NOT NULL PRIMARY KEY, item int NOT NULL, name varchar(40), CONSTRAINT part_of FOREIGN KEY (item) REFERENCES item (id))",
					"CREATE INDEX part_name ON part (name)", "INSERT INTO part VALUES (1, 1, 'wheel')",
					"CREATE INDEX item_name ON item (name)", "ALTER TABLE item ADD CONSTRAINT item_up FOREIGN KEY (up) REFERENCES item (id)")
				if earlier {
					catchUp(t, source, target)
				}
				c := changesConfig(source, target)
				c.Cutover = true
				report := follow(t, c, nil)
				require.True(t, report.Complete(), "%+v", report.Failed)
				require.NotNil(t, report.Cutover)
				notes := ""
				for _, n := range report.Notes {
					notes += n.Text + "\n"
				}
				made := strings.Join(definitionsOf(t, target), " ")
				for _, name := range []string{"part_of", "part_name", "item_name"} {
					if target.engine != "sqlite" || name == "item_name" { // there a constraint is part of the table's text
						require.Contains(t, made, name)
					}
				}
				if target.engine == "sqlite" {
					require.Contains(t, notes, "item_up")
					require.NotContains(t, notes, "part_of")
					return
				}
				require.Contains(t, made, "item_up")
				require.NotContains(t, notes, "is not made: a table of the target takes it only")
			})
		}
	}
}

// definitionsOf names the indexes and constraints of a database.
func definitionsOf(t *testing.T, e *end) []string {
	switch e.engine {
	case "sqlite":
		return e.column(t, "SELECT name FROM sqlite_schema WHERE type = 'index'")
	case "postgres":
		return e.column(t, "SELECT conname::text FROM pg_constraint WHERE conrelid > 16000 UNION ALL SELECT relname::text FROM pg_class WHERE relkind = 'i' AND oid > 16000")
	}
	return e.column(t, "SELECT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() UNION ALL SELECT constraint_name FROM information_schema.table_constraints WHERE table_schema = DATABASE()")
}

// TestCutoverMakesViewsAndFunctions that have come while changes were followed, beside the checks of a table that joined, by the process
// that has followed and by a later one.
func TestCutoverMakesViewsAndFunctions(t *testing.T) {
	for engine, function := range map[string]string{
		"postgresql-18": "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n'",
		"mariadb":       "CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN 2 * n",
	} {
		for _, earlier := range []bool{false, true} {
			t.Run(engine+map[bool]string{true: ", by a later process"}[earlier], func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, engine), newEnd(t, engine)
				source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)", "INSERT INTO item VALUES (1)", "CREATE VIEW before_that AS SELECT id FROM item")
				load(t, source, target)
				source.exec(t, function, "CREATE TABLE part (id int NOT NULL PRIMARY KEY, n int, CONSTRAINT part_n CHECK (n > 0))", "INSERT INTO part VALUES (1, 21)",
					"CREATE VIEW doubled AS SELECT twice(n) AS n FROM part")
				if earlier {
					catchUp(t, source, target)
				}
				c := changesConfig(source, target)
				c.Cutover = true
				report := follow(t, c, nil)
				require.True(t, report.Complete(), "%+v", report.Failed)
				require.Equal(t, []string{"42"}, target.column(t, "SELECT n FROM doubled"))
				_, err := target.db.ExecContext(t.Context(), "INSERT INTO part VALUES (2, -1)")
				require.ErrorContains(t, err, "part_n")
				for _, n := range report.Notes {
					require.NotContains(t, n.Text, "already")
				}
			})
		}
	}
}
