package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestDDLPolicies: what ChangeProcessingDdlHandlingPolicy leaves out is left out, and the rows that come after it still arrive.
func TestDDLPolicies(t *testing.T) {
	for _, pair := range threePairs {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			const row = " (id int NOT NULL PRIMARY KEY, name varchar(40))"
			source.exec(t, "CREATE TABLE altered"+row, "CREATE TABLE dropped"+row, "CREATE TABLE emptied"+row, "INSERT INTO altered VALUES (1, 'one')",
				"INSERT INTO dropped VALUES (1, 'one')", "INSERT INTO emptied VALUES (1, 'one')")
			leave := func(c *taskConfig) {
				p := &c.Settings.ChangeProcessingDdlHandlingPolicy
				p.HandleSourceTableAltered, p.HandleSourceTableDropped, p.HandleSourceTableTruncated = false, false, false
			}
			load(t, source, target, leave)
			empty := "TRUNCATE TABLE emptied"
			if source.engine == "sqlite" {
				empty = "UPDATE emptied SET name = 'one'" // it has no TRUNCATE: DELETE deletes row by row
			}
			source.exec(t, "ALTER TABLE altered ADD COLUMN more int", "INSERT INTO altered VALUES (2, 'two', 2)", "DROP TABLE dropped", empty,
				"INSERT INTO emptied VALUES (2, 'two')")
			catchUp(t, source, target, leave)
			for table, rows := range map[string][]string{"altered": {"1|one", "2|two"}, "dropped": {"1|one"}, "emptied": {"1|one", "2|two"}} {
				require.Equal(t, rows, target.pairs(t, target.table(t, source, table)), table)
			}
			_, err := target.db.Exec("SELECT more FROM " + target.table(t, source, "altered"))
			require.Error(t, err, "the column must not be there")
		})
	}
}

// TestTruncationThatFails: ApplyErrorFailOnTruncationDdl ends the task before the target's rows go, and behind what was committed
// before.
func TestTruncationThatFails(t *testing.T) {
	for _, pair := range [][2]string{{"postgresql-15", "mariadb"}, {"mariadb", "postgresql-15"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40))", "INSERT INTO item VALUES (1, 'one')")
			load(t, source, target)
			source.exec(t, "INSERT INTO item VALUES (2, 'two')", "TRUNCATE TABLE item")
			c := changesConfig(source, target)
			c.Stop.CaughtUp, c.Settings.ErrorBehavior.ApplyErrorFailOnTruncationDdl = true, true
			for range 2 { // going on is no way round it
				_, err := run(t.Context(), c)
				require.ErrorIs(t, err, fullload.ErrStopped)
				require.ErrorContains(t, err, "ApplyErrorFailOnTruncationDdl")
				require.ErrorContains(t, err, "item")
				require.Equal(t, []string{"1|one", "2|two"}, target.pairs(t, target.table(t, source, "item")))
			}
			catchUp(t, source, target)
			require.Empty(t, target.pairs(t, target.table(t, source, "item")))
		})
	}
}
