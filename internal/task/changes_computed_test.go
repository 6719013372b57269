package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestComputedColumnsFollow: what the source computes is the same on the target, which computes it too or holds the values, though PostgreSQL's log
// does not tell them.
func TestComputedColumnsFollow(t *testing.T) {
	for name, of := range map[string]map[catalog.Family]string{
		"computed by both": {catalog.PostgreSQL: "int GENERATED ALWAYS AS (n * 2) STORED", catalog.MySQL: "int AS (n * 2) STORED"},
		"virtual":          {catalog.MySQL: "int AS (n * 2) VIRTUAL"},
		"by a function":    {catalog.PostgreSQL: "text GENERATED ALWAYS AS (md5(v || n::text)) STORED", catalog.MySQL: "varchar(40) AS (reverse(concat(v, n))) VIRTUAL"},
		"of a collation":   {catalog.PostgreSQL: `text GENERATED ALWAYS AS (upper(v COLLATE "C")) STORED`, catalog.MySQL: "varchar(40) AS (concat(upper(v), '\\'', n)) STORED"},
	} {
		for _, from := range []string{"postgresql-15", "postgresql-18", "test_decoding", "pglogical", "mariadb", "mysql"} {
			for _, to := range []string{"postgresql-15", "mariadb", "sqlite"} {
				for _, compatibility := range []string{"", "dms"} {
					if from == "postgresql-15" && (name == "of a collation" || compatibility == "dms") || from == "mysql" && name == "virtual" {
						continue // as from the other of the two
					}
					plugin := from == "test_decoding" || from == "pglogical"
					if of[catalog.PostgreSQL] == "" && (plugin || strings.HasPrefix(from, "postgresql")) {
						continue // before version 18 there are none
					}
					if plugin && (name != "by a function" && name != "computed by both" || compatibility == "dms" || to == "postgresql-15") {
						continue // what matters is told and computed, or not, as with pgoutput
					}
					t.Run(fmt.Sprintf("%s/%s to %s %s", name, from, to, compatibility), func(t *testing.T) {
						t.Parallel()
						source, target := newEnd(t, from), newEnd(t, to)
						column := of[source.family]
						how := func(c *taskConfig) { c.Settings.WhimbrelSettings.Compatibility = compatibility }
						source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, n int, v varchar(20), g "+column+")", "INSERT INTO a (id, n, v) VALUES (1, 10, 'ä'), (2, NULL, 'b'), (3, 30, NULL)")
						load(t, source, target, how)
						source.exec(t, "INSERT INTO a (id, n, v) VALUES (4, 40, 'd'), (5, 50, 'it''s')", "UPDATE a SET n = 11 WHERE id = 1", "UPDATE a SET id = 6, v = 'x' WHERE id = 3", "DELETE FROM a WHERE id = 2")
						require.Empty(t, changesOf(t, catchUp(t, source, target, how), "a").Suspended)
						same := func() {
							there := target.table(t, source, "a")
							require.Equal(t, asNumbers(source.column(t, "SELECT g FROM a ORDER BY id")), asNumbers(target.column(t, "SELECT g FROM "+there+" ORDER BY id")))
						}
						same()
						source.exec(t, "ALTER TABLE a ADD COLUMN w int", "UPDATE a SET n = 12, w = 1 WHERE id = 1")
						require.Empty(t, changesOf(t, catchUp(t, source, target, how), "a").Suspended)
						same()
					})
				}
			}
		}
	}
}

// TestComputedOfWhatIsNotTold: of large values that an update leaves as they are nothing is told, unless the replica identity is full.
func TestComputedOfWhatIsNotTold(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	const table = "(id int PRIMARY KEY, n int, v text, g text GENERATED ALWAYS AS (md5(v || n::text)) STORED)"
	source.exec(t, "CREATE TABLE a "+table, "CREATE TABLE b "+table, "ALTER TABLE b REPLICA IDENTITY FULL")
	for _, name := range []string{"a", "b"} {
		source.exec(t, "ALTER TABLE "+name+" ALTER COLUMN v SET STORAGE EXTERNAL", "INSERT INTO "+name+" (id, n, v) VALUES (1, 10, repeat('x', 9000))")
	}
	load(t, source, target)
	source.exec(t, "UPDATE a SET n = 11", "UPDATE b SET n = 11")
	report := catchUp(t, source, target)
	require.Contains(t, changesOf(t, report, "a").Suspended, "REPLICA IDENTITY FULL")
	require.Empty(t, changesOf(t, report, "b").Suspended)
	require.Equal(t, source.column(t, "SELECT g FROM b"), target.column(t, "SELECT g FROM "+target.table(t, source, "b")))
}

// TestVirtualColumnsOfMinimalRows: MariaDB logs them in no minimal row, MySQL does.
func TestVirtualColumnsOfMinimalRows(t *testing.T) {
	for _, from := range []string{"mariadb", "mysql"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, from), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, n int, g varchar(20) AS (reverse(n)) VIRTUAL)", "INSERT INTO a (id, n) VALUES (1, 10)")
			load(t, source, target)
			source.alike(t, "SET SESSION binlog_row_image = MINIMAL", "INSERT INTO a (id, n) VALUES (2, 20)", "UPDATE a SET n = 11 WHERE id = 1")
			suspended := changesOf(t, catchUp(t, source, target), "a").Suspended
			if from == "mariadb" {
				require.Contains(t, suspended, "binlog_row_image = FULL")
				return
			}
			require.Empty(t, suspended)
			require.Equal(t, source.text(t, "a", "g"), target.text(t, "a", "g"))
		})
	}
}

// TestComputedWhileTheServerEndsSessions: a session that ends while it computes is no matter of the row, or of its table.
func TestComputedWhileTheServerEndsSessions(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	source.exec(t, "CREATE SEQUENCE once", `CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
		IF current_setting('search_path') IN ('', '""') AND nextval('public.once') IN (1, 3) THEN
			PERFORM pg_terminate_backend(pg_backend_pid());
		END IF;
		RETURN n * 2;
	END $$`, "CREATE TABLE a (id int PRIMARY KEY, n int, g int GENERATED ALWAYS AS (doubled(n)) STORED)", "INSERT INTO a VALUES (1, 10)")
	load(t, source, target)
	source.exec(t, "INSERT INTO a VALUES (2, 20)", "INSERT INTO a VALUES (3, 30)", "UPDATE a SET n = 11 WHERE id = 1")
	report := catchUp(t, source, target, func(c *taskConfig) { c.Settings.ErrorBehavior.RecoverableErrorInterval = 0 })
	require.Empty(t, changesOf(t, report, "a").Suspended)
	require.Zero(t, changesOf(t, report, "a").Failed)
	require.Equal(t, []string{"22", "40", "60"}, target.column(t, "SELECT g FROM "+target.table(t, source, "a")+" ORDER BY id"))
	require.NotEqual(t, []string{"1"}, source.column(t, "SELECT last_value FROM once"), "sessions have ended")
}

// TestComputedColumnsAltered: what a change of an expression has made of the rows that are there no change tells.
func TestComputedColumnsAltered(t *testing.T) {
	const stored, plain = "n int, g int GENERATED ALWAYS AS (n * 2) STORED", "n int"
	for name, of := range map[string]struct {
		columns         string
		postgres, mysql string
		suspended, dms  string // dms: where the target computes nothing
		column          string
	}{
		"another expression": {stored, "ALTER TABLE a ALTER COLUMN g SET EXPRESSION AS (n * 3)", "ALTER TABLE a MODIFY COLUMN g int GENERATED ALWAYS AS (n * 3) STORED", "computes column g as", "computes column g as", "g"},
		"the same one":       {stored, "ALTER TABLE a ALTER COLUMN g SET EXPRESSION AS ((n*2))", "ALTER TABLE a MODIFY COLUMN g int GENERATED ALWAYS AS ((N*2)) STORED", "", "", "g"},
		"none any more":      {stored, "ALTER TABLE a ALTER COLUMN g DROP EXPRESSION", "ALTER TABLE a MODIFY COLUMN g int", "does not compute column g", "does not compute column g", "g"},
		"a new one":          {plain, "ALTER TABLE a ADD COLUMN g int GENERATED ALWAYS AS (n * 5) STORED", "ALTER TABLE a ADD COLUMN g int GENERATED ALWAYS AS (n * 5) STORED", "", "has computed the new column g", "g"},
		"gone":               {stored, "ALTER TABLE a DROP COLUMN g", "ALTER TABLE a DROP COLUMN g", "", "", "n"},
		"names":              {stored, "ALTER TABLE a RENAME COLUMN g TO f; ALTER TABLE a RENAME COLUMN n TO \"New\"; ALTER TABLE a RENAME COLUMN \"New\" TO m", "ALTER TABLE a RENAME COLUMN g TO f", "", "", "f"},
	} {
		for _, from := range []string{"postgresql-18", "mariadb", "mysql"} {
			for _, to := range []string{"postgresql-15", "mariadb"} {
				for _, compatibility := range []string{"", "dms"} {
					if from == "mysql" && compatibility == "dms" {
						continue // as from MariaDB
					}
					t.Run(fmt.Sprintf("%s/%s to %s %s", name, from, to, compatibility), func(t *testing.T) {
						t.Parallel()
						source, target := newEnd(t, from), newEnd(t, to)
						how := func(c *taskConfig) { c.Settings.WhimbrelSettings.Compatibility = compatibility }
						source.exec(t, "CREATE TABLE a (id int PRIMARY KEY, "+of.columns+")", "INSERT INTO a (id, n) VALUES (1, 10), (2, 20)")
						load(t, source, target, how)
						statement := of.mysql
						if source.family == catalog.PostgreSQL {
							statement = of.postgres
						}
						source.exec(t, "INSERT INTO a (id) VALUES (3)", statement, "INSERT INTO a (id) VALUES (4)", "UPDATE a SET id = 5 WHERE id = 1")
						suspended := changesOf(t, catchUp(t, source, target, how), "a").Suspended
						if wanted := map[string]string{"": of.suspended, "dms": of.dms}[compatibility]; wanted != "" {
							require.Contains(t, suspended, wanted)
							return
						}
						require.Empty(t, suspended)
						ask := "SELECT " + of.column + " FROM %s ORDER BY id"
						there := target.table(t, source, "a")
						require.Equal(t, asNumbers(source.column(t, fmt.Sprintf(ask, "a"))), asNumbers(target.column(t, fmt.Sprintf(ask, there))))
						if of.column == "n" {
							_, err := servertest.Column(target.db, "SELECT g FROM "+there, "NULL")
							require.Error(t, err, "the target still has it")
						}
					})
				}
			}
		}
	}
}

// TestComputedColumnsMadeAnew: SQLite's way to change an expression is another table under the name, all of whose rows come again.
func TestComputedColumnsMadeAnew(t *testing.T) {
	for name, of := range map[string][2]string{
		"another expression": {"id * 2", "id * 3"},
		"one by itself":      {"id * 2", "coalesce(n, 0) + id"},
		"one for both":       {"coalesce(n, 0) + id", "id * 2"},
		"none any more":      {"id * 2", ""},
		"a new one":          {"", "abs(id) + 1"},
	} {
		for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
			t.Run(name+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, "sqlite"), newEnd(t, to)
				table := func(name, expression string) string {
					if expression != "" {
						expression = " GENERATED ALWAYS AS (" + expression + ") STORED"
					}
					return "CREATE TABLE " + name + " (id int NOT NULL PRIMARY KEY, n int, g int" + expression + ")"
				}
				source.exec(t, table("a", of[0]), "INSERT INTO a (id, n) VALUES (1, 10), (2, NULL)")
				load(t, source, target)
				source.exec(t, "INSERT INTO a (id, n) VALUES (3, 30)", table("made", of[1]), "INSERT INTO made (id, n) SELECT id, n FROM a", "DROP TABLE a", "ALTER TABLE made RENAME TO a",
					"INSERT INTO a (id, n) VALUES (4, 40)", "UPDATE a SET n = 11 WHERE id = 1")
				inStep(t, source, target, map[string]string{"a": "g"})
				source.exec(t, "INSERT INTO a (id, n) VALUES (5, 50)", "UPDATE a SET id = 6 WHERE id = 2")
				inStep(t, source, target, map[string]string{"a": "g"})
			})
		}
	}
}
