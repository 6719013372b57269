package task_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// The table whose suspension is one too many stops the task (TableErrorEscalationCount), and nothing of it is forgotten.
func TestTooManySuspendedTables(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "mariadb")
	strict := func(c *task.Config) {
		c.Settings.ErrorBehavior.ApplyErrorInsertPolicy = "SUSPEND_TABLE"
		c.Settings.ErrorBehavior.TableErrorEscalationCount = 2
	}
	for _, name := range []string{"one", "two"} {
		source.exec(t, "CREATE TABLE "+name+" (id int PRIMARY KEY)")
	}
	load(t, source, target, strict)
	for _, name := range []string{"one", "two"} {
		target.exec(t, "INSERT INTO "+target.table(t, source, name)+" VALUES (1)")
	}
	source.exec(t, "INSERT INTO one VALUES (1)")
	require.NotEmpty(t, changesOf(t, catchUp(t, source, target, strict), "one").Suspended)
	source.exec(t, "INSERT INTO two VALUES (1)")
	c := changesConfig(source, target)
	strict(&c)
	c.Stop.CaughtUp = true
	_, err := run(context.Background(), c)
	require.ErrorIs(t, err, fullload.ErrStopped)
	require.ErrorContains(t, err, "TableErrorEscalationCount 2")
}

// Columns of a partitioned table change with its partitions, which cannot be altered by themselves.
func TestColumnsOfPartitions(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE item (id int, at int, name text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
		"CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)",
		"CREATE TABLE item_b PARTITION OF item FOR VALUES FROM (10) TO (30) PARTITION BY RANGE (at)",
		"CREATE TABLE item_b1 PARTITION OF item_b FOR VALUES FROM (10) TO (20)", "CREATE TABLE item_b2 PARTITION OF item_b FOR VALUES FROM (20) TO (30)",
		"INSERT INTO item VALUES (1, 1, 'a'), (2, 11, 'b'), (3, 21, 'c')")
	load(t, source, target)
	check := func() {
		t.Helper()
		report := catchUp(t, source, target)
		for _, c := range report.Changes.Tables {
			require.Empty(t, c.Suspended, c.Source)
		}
		require.Equal(t, source.column(t, "SELECT i::text FROM item i ORDER BY id"), target.column(t, "SELECT i::text FROM item i ORDER BY id"))
	}
	source.exec(t, "ALTER TABLE item ADD COLUMN extra int DEFAULT 7", "INSERT INTO item VALUES (4, 2, 'd', 1), (5, 12, 'e', 2)", "UPDATE item SET extra = 9 WHERE id = 3")
	check()
	source.exec(t, "ALTER TABLE item RENAME COLUMN name TO title", "ALTER TABLE item ALTER COLUMN extra TYPE bigint", "UPDATE item SET title = title || '!', extra = 5000000000")
	check()
	source.exec(t, "ALTER TABLE item DROP COLUMN title", "UPDATE item SET extra = extra + 1", "INSERT INTO item VALUES (6, 22, 3)")
	check()
}
