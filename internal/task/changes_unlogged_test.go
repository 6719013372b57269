package task_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unlogged is a statement by which rows come or go without being changes in the log.
type unlogged struct {
	statements string
	// on are the servers that know it: "" for both.
	on string
	// given up are the tables that are suspended on a target of the same engine. On others, whatever loses rows is.
	givenUp []string
}

// unloggedStatements are in all the forms that servers take.
var unloggedStatements = []unlogged{
	{statements: "/* x */ ALTER /* y */ TABLE item /* z */ TRUNCATE /* w */ PARTITION a"},
	{statements: "ALTER TABLE item DROP/* w */PARTITION a"},
	{statements: "ALTER TABLE item /*!50100 DROP PARTITION a */"},
	{statements: "ALTER TABLE item DROP PARTITION IF EXISTS a", on: onMariaDB},
	{statements: "ALTER TABLE item ALGORITHM=INPLACE, TRUNCATE PARTITION a", on: onMySQL},
	{statements: "ALTER TABLE item ALGORITHM=COPY, LOCK=SHARED, DROP PARTITION a", on: onMySQL, givenUp: []string{"item"}}, // its rows go to b
	{statements: "SET sql_mode = 'ANSI_QUOTES'; ALTER TABLE \"item\" DROP PARTITION \"a\""},
	{statements: "ALTER TABLE item WAIT 5 DROP PARTITION a", on: onMariaDB, givenUp: []string{"item"}},
	{statements: "SET STATEMENT lock_wait_timeout = 5, max_statement_time = (0 + 0) FOR ALTER TABLE item TRUNCATE PARTITION a", on: onMariaDB},
	{statements: "SET STATEMENT lock_wait_timeout = 5 FOR SET STATEMENT max_statement_time = 0 FOR TRUNCATE TABLE item", on: onMariaDB},
	{statements: "SET STATEMENT lock_wait_timeout = 5 FOR DROP TABLE alone", on: onMariaDB},
	{statements: "EXECUTE IMMEDIATE 'ALTER TABLE item TRUNCATE PARTITION a'", on: onMariaDB},
	{statements: "BEGIN NOT ATOMIC ALTER TABLE item TRUNCATE PARTITION a; END", on: onMariaDB},
	{statements: "ALTER TABLE item EXCHANGE PARTITION a WITH TABLE alone", givenUp: []string{"item", "alone"}},
	{statements: "ALTER TABLE item CONVERT PARTITION a TO TABLE `fresh one`; INSERT INTO `fresh one` VALUES (3, 'f')", on: onMariaDB, givenUp: []string{"item", "fresh one"}},
	{statements: "ALTER TABLE item CONVERT TABLE alone TO PARTITION d VALUES LESS THAN (50)", on: onMariaDB, givenUp: []string{"item", "alone"}},
	{statements: "ALTER TABLE item ADD COLUMN c int PARTITION BY HASH (id) PARTITIONS 2; INSERT INTO item VALUES (100, 'x', 3)"},
	{statements: "ALTER TABLE item ADD COLUMN c int, ALGORITHM=COPY REMOVE PARTITIONING; INSERT INTO item VALUES (100, 'x', 3)"},
	{statements: "ALTER TABLE item ADD COLUMN c int, RENAME TO thing PARTITION BY HASH (id) PARTITIONS 2; INSERT INTO thing VALUES (100, 'x', 3)"},
	{statements: "DROP TABLES /* x */ alone /* y */"},
	{statements: "DROP TABLE alone WAIT 5", on: onMariaDB},
	{statements: "TRUNCATE TABLE item WAIT 5", on: onMariaDB},
	{statements: "RENAME TABLES /* x */ alone /* y */ TO also, also TO other; INSERT INTO other VALUES (5, 'x')"},
	{statements: "ALTER TABLE item ADD SYSTEM VERSIONING; UPDATE item SET v = 'upd' WHERE id = 1; DELETE FROM item WHERE id = 11; DELETE HISTORY FROM item", on: onMariaDB},
}

// TestRowsThatComeAndGoUnlogged: what a statement does to rows without logging them is done on the target too, or gives the table up.
func TestRowsThatComeAndGoUnlogged(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{onMariaDB, onMySQL} {
		for _, s := range unloggedStatements {
			if s.on != "" && s.on != engine {
				continue
			}
			for _, to := range []string{engine, "sqlite"} {
				t.Run(engine+" to "+to+": "+s.statements, func(t *testing.T) {
					t.Parallel()
					checkUnlogged(t, newEnd(t, engine), newEnd(t, to), s, engine == to)
				})
			}
		}
	}
}

func checkUnlogged(t *testing.T, source, target *end, s unlogged, like bool) {
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v varchar(9)) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20), PARTITION c VALUES LESS THAN (30))",
		"CREATE TABLE alone (id int PRIMARY KEY, v varchar(9))", "INSERT INTO item VALUES (1, 'a'), (11, 'b'), (21, 'c')", "INSERT INTO alone VALUES (2, 'n')")
	if strings.Contains(s.statements, "CONVERT TABLE") {
		source.exec(t, "UPDATE alone SET id = 42")
	}
	load(t, source, target)
	conn, err := source.db.Conn(t.Context())
	require.NoError(t, err)
	for _, one := range strings.Split(strings.ReplaceAll(s.statements, "; END", ";END"), "; ") {
		_, err := conn.ExecContext(t.Context(), one)
		require.NoError(t, err, one)
	}
	_, err = conn.ExecContext(t.Context(), "SET sql_mode = ''")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	suspended := map[string]string{}
	for _, c := range catchUp(t, source, target).Changes.Tables {
		require.Zero(t, c.Failed, c.Source)
		if c.Suspended != "" {
			suspended[c.Source.Name] = c.Suspended
		}
	}
	if like {
		var names []string
		for name := range suspended {
			names = append(names, name)
		}
		slices.Sort(names)
		require.ElementsMatch(t, s.givenUp, names, "%v", suspended)
	}
	for _, table := range source.column(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')") {
		if suspended[table] == "" {
			q := "SELECT concat(id, ' ', v) FROM `" + table + "` ORDER BY id"
			require.Equal(t, source.column(t, q), target.column(t, q), table)
		}
	}
}

// TestSystemVersioningIsNotFollowed, which the log says.
func TestSystemVersioningIsNotFollowed(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY)")
	load(t, source, target)
	source.exec(t, "ALTER TABLE item ADD SYSTEM VERSIONING", "INSERT INTO item VALUES (1)")
	var log bytes.Buffer
	catchUp(t, source, target, func(c *taskConfig) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	require.Equal(t, []string{"1"}, target.text(t, "item", "id"))
	require.Contains(t, log.String(), "system versioning begins or ends in the source")
	require.Contains(t, log.String(), "ADD SYSTEM VERSIONING")
}
