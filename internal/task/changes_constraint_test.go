package task_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// constrain has the source change what the values of its tables have to be, and by which key their rows are told apart.
func constrain(t *testing.T, source *end) {
	t.Helper()
	switch source.engine {
	case "postgres":
		source.exec(t, "ALTER TABLE loose ALTER a DROP NOT NULL", "ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (k)", "ALTER TABLE keyed ADD PRIMARY KEY (id)",
			"ALTER TABLE unkeyed DROP CONSTRAINT unkeyed_pkey", "ALTER TABLE unkeyed REPLICA IDENTITY FULL", "ALTER TABLE defaults ALTER v SET DEFAULT 4", "ALTER TABLE strict ALTER v SET NOT NULL")
	case "sqlite": // which makes such tables anew
		for table, columns := range map[string]string{
			"loose": "id int NOT NULL PRIMARY KEY, a int", "rekeyed": "id int NOT NULL, k int NOT NULL PRIMARY KEY, v int", "keyed": "id int NOT NULL PRIMARY KEY, v int",
			"unkeyed": "id int NOT NULL, v int", "defaults": "id int NOT NULL PRIMARY KEY, v int DEFAULT 4", "strict": "id int NOT NULL PRIMARY KEY, v int NOT NULL",
		} {
			source.exec(t, "CREATE TABLE made ("+columns+")", "INSERT INTO made SELECT * FROM "+table, "DROP TABLE "+table, "ALTER TABLE made RENAME TO "+table)
		}
	default:
		source.exec(t, "ALTER TABLE loose MODIFY a int", "ALTER TABLE rekeyed DROP PRIMARY KEY, ADD PRIMARY KEY (k)", "ALTER TABLE keyed ADD PRIMARY KEY (id)", "ALTER TABLE unkeyed DROP PRIMARY KEY",
			"ALTER TABLE defaults ALTER v SET DEFAULT 4") // NOT NULL without a strict sql_mode is another matter: TestTypesChangeBySession
	}
}

// TestConstraintsChange: columns that may be NULL from here on, and other primary keys. Every table holds what the source's holds, or is
// given up with both keys and the mend; none goes on with rows that the target refuses, or takes for others. A cutover names what
// the target lacks.
func TestConstraintsChange(t *testing.T) {
	eachPair(t, constraintsChange)
}

// TestConstraintsChangeByPlugin does so with the other plugins, which tell other things of a table.
func TestConstraintsChangeByPlugin(t *testing.T) {
	eachPlugin(t, constraintsChange)
}

func constraintsChange(t *testing.T, source, target *end) {
	source.exec(t, "CREATE TABLE loose (id int NOT NULL PRIMARY KEY, a int NOT NULL)", "INSERT INTO loose VALUES (1, 1)",
		"CREATE TABLE rekeyed (id int NOT NULL PRIMARY KEY, k int NOT NULL, v int)", "INSERT INTO rekeyed VALUES (1, 11, 0), (2, 12, 0)",
		"CREATE TABLE keyed (id int NOT NULL, v int)", "INSERT INTO keyed VALUES (1, 1)",
		"CREATE TABLE unkeyed (id int NOT NULL PRIMARY KEY, v int)", "INSERT INTO unkeyed VALUES (1, 1)",
		"CREATE TABLE defaults (id int NOT NULL PRIMARY KEY, v int DEFAULT 3)", "INSERT INTO defaults VALUES (1, 1)",
		"CREATE TABLE strict (id int NOT NULL PRIMARY KEY, v int)", "INSERT INTO strict VALUES (1, 1)")
	load(t, source, target)
	source.exec(t, "INSERT INTO rekeyed VALUES (3, 14, 3), (4, 14, 4), (5, 15, 5)", "UPDATE rekeyed SET v = 4 WHERE id = 3", "UPDATE rekeyed SET id = 6 WHERE id = 5", "DELETE FROM rekeyed WHERE id = 4")
	constrain(t, source)
	source.exec(t, "INSERT INTO loose VALUES (2, NULL)", "INSERT INTO rekeyed VALUES (1, 13, 1)", "UPDATE rekeyed SET v = 5 WHERE k = 13", "DELETE FROM rekeyed WHERE k = 11",
		"UPDATE rekeyed SET id = 2 WHERE k = 13", "UPDATE rekeyed SET v = 9 WHERE k = 12", "UPDATE keyed SET v = 2 WHERE id = 1",
		"INSERT INTO unkeyed VALUES (1, 1), (1, 2)", "UPDATE unkeyed SET v = 7 WHERE v = 2", "INSERT INTO defaults (id) VALUES (2)", "INSERT INTO strict VALUES (2, 2)")
	report := catchUp(t, source, target)
	suspended := map[string]string{}
	for _, c := range report.Changes.Tables {
		require.Zero(t, c.Failed, "%s", c.Source)
		suspended[c.Source.Name] = c.Suspended
	}
	for table, key := range map[string]string{"rekeyed": "(id) to (k)", "unkeyed": "(id) to "} {
		if suspended[table] != "" {
			require.True(t, target.engine == "sqlite" || table == "unkeyed" && source.engine == "postgres", "%s: %s", table, suspended[table])
			if source.plugin == "pglogical" && table == "unkeyed" { // of which it tells nothing any more
				require.Contains(t, suspended[table], "it has lost its primary key")
				continue
			}
			require.Contains(t, suspended[table], key)
			require.Contains(t, suspended[table], "DROP_AND_CREATE")
		}
	}
	for table, of := range map[string][2]string{"loose": {"id", "a"}, "rekeyed": {"k", "v"}, "keyed": {"id", "v"}, "unkeyed": {"id", "v"}, "defaults": {"id", "v"}, "strict": {"id", "v"}} {
		rows := func(e *end, name string) []string { return e.text(t, name, by(e, of[0], "coalesce("+of[1]+", -1)")) }
		if suspended[table] == "" || table != "rekeyed" && table != "unkeyed" {
			require.Equal(t, rows(source, table), rows(target, target.table(t, source, table)), "%s: %s", table, suspended[table])
		}
	}
	if slices.ContainsFunc([]string{"rekeyed", "unkeyed"}, func(n string) bool { return suspended[n] != "" }) {
		return // the rows differ, and there is no cutover
	}
	var texts []string
	for _, n := range catchUp(t, source, target, func(c *task.Config) { c.Cutover = true }).Notes {
		texts = append(texts, n.Text)
	}
	all := strings.Join(texts, "\n")
	require.Contains(t, all, `The default of column "v" of table`)
	if source.engine != "mariadb" {
		require.Contains(t, all, `Column "v" of table`)
	}
}

// TestAnotherCharacterSet: a column takes characters that it did not take, and values apart that were one to it.
func TestAnotherCharacterSet(t *testing.T) {
	for _, engine := range []string{"mariadb", "postgresql-18", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, "mariadb"), newEnd(t, engine)
			source.exec(t, "CREATE TABLE words (id int PRIMARY KEY, v varchar(20) CHARACTER SET latin1, u varchar(20) COLLATE utf8mb4_general_ci, UNIQUE KEY (u)) CHARACTER SET utf8mb4",
				"INSERT INTO words VALUES (1, 'ä', 'A')")
			load(t, source, target)
			source.exec(t, "ALTER TABLE words MODIFY v varchar(20) CHARACTER SET utf8mb4, MODIFY u varchar(20) COLLATE utf8mb4_bin", "INSERT INTO words VALUES (2, 'ő', 'a'), (3, 'я', 'b')",
				"UPDATE words SET v = '€я' WHERE id = 1")
			report := catchUp(t, source, target)
			require.Zero(t, changesOf(t, report, "words").Failed)
			for _, c := range []string{"v", "u"} {
				require.Equal(t, source.column(t, "SELECT "+c+" FROM words ORDER BY id"), target.column(t, "SELECT "+c+" FROM "+target.table(t, source, "words")+" ORDER BY id"))
			}
		})
	}
}

// TestInterruptedKeys: the target dies before and after each statement that gives a table another key, takes one away or lets a column be null.
func TestInterruptedKeys(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, engine), newEnd(t, "mariadb")
			drop := map[string]string{"postgresql-15": "DROP CONSTRAINT item_pkey", "mariadb": "DROP PRIMARY KEY"}[engine]
			loose := map[string]string{"postgresql-15": "ALTER COLUMN c DROP NOT NULL", "mariadb": "MODIFY COLUMN c int"}[engine]
			source.exec(t, "CREATE TABLE item (id int NOT NULL, code int NOT NULL, c int NOT NULL, CONSTRAINT item_pkey PRIMARY KEY (id))", "INSERT INTO item VALUES (1, 1, 1), (2, 2, 2)")
			load(t, source, target)
			source.exec(t, "INSERT INTO item VALUES (3, 3, 3)", "ALTER TABLE item "+drop+", ADD CONSTRAINT item_pkey PRIMARY KEY (code)", "INSERT INTO item VALUES (3, 4, 4)",
				"UPDATE item SET c = 10 WHERE code = 3", "ALTER TABLE item "+loose, "UPDATE item SET c = NULL WHERE code = 4", "DELETE FROM item WHERE code = 1", "INSERT INTO item VALUES (3, 5, NULL)")
			require.Positive(t, dieAgainAndAgain(t, source, target), "statements were interrupted")
			const rows = "SELECT concat(id, ' ', code, ' ', coalesce(c, -1)) FROM %s ORDER BY code"
			there := target.table(t, source, "item")
			require.Equal(t, source.column(t, fmt.Sprintf(rows, "item")), target.column(t, fmt.Sprintf(rows, there)))
			require.Equal(t, []string{"code"}, target.column(t, "SELECT column_name FROM information_schema.key_column_usage WHERE table_schema = database() AND table_name = 'item' AND constraint_name = 'PRIMARY'"))
		})
	}
}
