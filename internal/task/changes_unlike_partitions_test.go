package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestPartitionedOnOneSide: a table of PostgreSQL that is partitioned on one side alone, or otherwise on the other, is loaded and followed
// all the same; rows that go from one partition to another stay one row.
func TestPartitionedOnOneSide(t *testing.T) {
	plain := []string{"CREATE TABLE item (id int PRIMARY KEY, v text)"}
	parted := []string{"CREATE TABLE item (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)",
		"CREATE TABLE item_b PARTITION OF item FOR VALUES FROM (10) TO (100)"}
	otherwise := []string{"CREATE TABLE item (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_x PARTITION OF item FOR VALUES FROM (0) TO (50)",
		"CREATE TABLE item_y PARTITION OF item FOR VALUES FROM (50) TO (100)"}
	for name, sides := range map[string][2][]string{"source": {parted, plain}, "target": {plain, parted}, "both": {parted, otherwise}} {
		for _, prep := range []string{"DO_NOTHING", "TRUNCATE_BEFORE_LOAD"} {
			t.Run(name+" "+prep, func(t *testing.T) {
				t.Parallel()
				source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-15")
				source.exec(t, sides[0]...)
				target.exec(t, sides[1]...)
				source.exec(t, "INSERT INTO item VALUES (1, 'a'), (11, 'b'), (60, 'c')")
				asIs := func(c *taskConfig) { c.Settings.FullLoadSettings.TargetTablePrepMode = prep }
				load(t, source, target, asIs)
				require.Equal(t, source.column(t, "SELECT id || v FROM item ORDER BY id"), target.column(t, "SELECT id || v FROM item ORDER BY id"), "load")
				source.exec(t, "INSERT INTO item VALUES (2, 'd'), (12, 'e'), (61, 'f')", "UPDATE item SET v = 'g' WHERE id = 11", "UPDATE item SET id = 40 WHERE id = 1", "DELETE FROM item WHERE id = 60")
				for _, c := range catchUp(t, source, target, asIs).Changes.Tables {
					require.Empty(t, c.Suspended, c.Source)
					require.Zero(t, c.Failed, c.Source)
				}
				require.Equal(t, source.column(t, "SELECT id || v FROM item ORDER BY id"), target.column(t, "SELECT id || v FROM item ORDER BY id"))
				c := config(source, target)
				require.Zero(t, resultOf(t, compareEnds(t, c, false), "item").Different, "validation")
				target.exec(t, "UPDATE item SET v = 'x' WHERE id = 61")
				require.EqualValues(t, 1, resultOf(t, compareEnds(t, c, false), "item").Different, "validation")
			})
		}
	}
}

// TestPartitionsFoldedStayFolded: a table that goes into a plain one stays so while it gets partitions and columns, in every run that follows
// and when it is loaded anew; and its rows can be compared.
func TestPartitionsFoldedStayFolded(t *testing.T) {
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-15")
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)", "INSERT INTO item VALUES (1, 'a')")
	target.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v text)")
	asIs := func(c *taskConfig) { c.Settings.FullLoadSettings.TargetTablePrepMode = "TRUNCATE_BEFORE_LOAD" }
	load(t, source, target, asIs)
	check := func(rows string) {
		t.Helper()
		for _, c := range catchUp(t, source, target, asIs).Changes.Tables {
			require.Empty(t, c.Suspended, c.Source)
		}
		require.Equal(t, source.column(t, "SELECT "+rows+" FROM item ORDER BY id"), target.column(t, "SELECT "+rows+" FROM item ORDER BY id"))
		require.Equal(t, []string{"1"}, target.column(t, "SELECT count(*) FROM pg_class WHERE relname LIKE 'item%' AND relkind IN ('r', 'p')"))
	}
	source.exec(t, "CREATE TABLE item_b PARTITION OF item FOR VALUES FROM (10) TO (20)", "INSERT INTO item VALUES (2, 'b'), (11, 'c')")
	check("id || v")
	source.exec(t, "ALTER TABLE item ADD COLUMN n int", "INSERT INTO item VALUES (12, 'd', 5)", "UPDATE item SET n = 7 WHERE id = 1")
	check("concat_ws(' ', id, v, n)")
	source.exec(t, "TRUNCATE item", "INSERT INTO item VALUES (13, 'e', 6)")
	check("concat_ws(' ', id, v, n)")

	source.exec(t, "DROP TABLE item_b")
	require.Contains(t, changesOf(t, catchUp(t, source, target, asIs), "item").Suspended, "reload the table")
	c := changesConfig(source, target)
	asIs(&c)
	m, err := task.Open(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, m.Reload(t.Context(), []catalog.Name{source.named("item")}))
	require.NoError(t, m.Close())
	source.exec(t, "INSERT INTO item VALUES (3, 'f', 9)")
	check("concat_ws(' ', id, v, n)")
}

// TestPartitionsThatFitAreKept: partitions that the target has besides do not make one table of those that it lacks, as long as nobody
// else takes their rows.
func TestPartitionsThatFitAreKept(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)",
		"CREATE TABLE item_b PARTITION OF item FOR VALUES FROM (10) TO (20)", "INSERT INTO item VALUES (1, 'a'), (11, 'b')")
	target.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)", "CREATE TABLE item_old PARTITION OF item FOR VALUES FROM (-10) TO (0)", "CREATE TABLE item_a PARTITION OF item FOR VALUES FROM (0) TO (10)")
	asIs := func(c *taskConfig) { c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING" }
	load(t, source, target, asIs)
	source.exec(t, "INSERT INTO item VALUES (12, 'c')")
	catchUp(t, source, target, asIs)
	require.Equal(t, []string{"1a", "11b", "12c"}, target.column(t, "SELECT id || v FROM item ORDER BY id"))
	require.Equal(t, []string{"11b", "12c"}, target.column(t, "SELECT id || v FROM item_b ORDER BY id"))
}
