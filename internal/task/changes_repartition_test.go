package task_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// partitionPairs are servers that have partitions within their tables.
var partitionPairs = [][2]string{{"mariadb", "mariadb"}, {"mysql", "mariadb"}, {"mysql", "mysql"}, {"mariadb", "mysql"}}

func eachPartitionPair(t *testing.T, f func(t *testing.T, source, target *end)) {
	for _, p := range partitionPairs {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) { f(t, newEnd(t, p[0]), newEnd(t, p[1])) })
	}
}

const partitionedItem = "CREATE TABLE item (id int PRIMARY KEY, v varchar(9)) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))"

// TestPartitionsFollow: partitions that are added, dropped, emptied and cut anew in a followed table are so on the target too, each at its
// place among the rows.
func TestPartitionsFollow(t *testing.T) {
	eachPartitionPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, partitionedItem, "INSERT INTO item VALUES (1, 'a'), (11, 'b')",
			"CREATE TABLE log (at timestamp NOT NULL, v varchar(9), PRIMARY KEY (at)) PARTITION BY RANGE (UNIX_TIMESTAMP(at)) (PARTITION p26 VALUES LESS THAN (UNIX_TIMESTAMP('2026-01-01 00:00:00')))",
			"CREATE TABLE city (id int PRIMARY KEY, v varchar(9)) PARTITION BY LIST (id) (PARTITION x VALUES IN (1, 2))",
			"CREATE TABLE spread (id int PRIMARY KEY, v varchar(9)) PARTITION BY HASH (id) PARTITIONS 2", "INSERT INTO spread VALUES (1, 's')")
		load(t, source, target)
		check := func() {
			t.Helper()
			for _, c := range catchUp(t, source, target).Changes.Tables {
				require.Empty(t, c.Suspended, c.Source)
				require.Zero(t, c.Failed, c.Source)
			}
			for _, table := range []string{"item", "log", "city", "spread"} {
				require.Equal(t, source.column(t, "SELECT v FROM "+table+" ORDER BY 1"), target.column(t, "SELECT v FROM "+table+" ORDER BY 1"), table)
				layout := "SELECT concat_ws(' ', partition_name, partition_description) FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = '" + table + "' ORDER BY partition_ordinal_position"
				require.Equal(t, source.column(t, layout), target.column(t, layout), table)
			}
		}
		source.exec(t, "ALTER TABLE item ADD PARTITION (PARTITION c VALUES LESS THAN (30))", "INSERT INTO item VALUES (21, 'c')",
			"ALTER TABLE city ADD PARTITION (PARTITION y VALUES IN (3))", "INSERT INTO city VALUES (3, 'y'), (1, 'x')",
			"ALTER TABLE spread ADD PARTITION PARTITIONS 3", "INSERT INTO spread VALUES (2, 't'), (3, 'u')")
		execInZone(t, source, "+05:00", "ALTER TABLE log ADD PARTITION (PARTITION p27 VALUES LESS THAN (UNIX_TIMESTAMP('2027-01-01 00:00:00')))")
		source.exec(t, "INSERT INTO log VALUES ('2026-05-05 00:00:00', 'l')")
		check()
		source.exec(t, "INSERT INTO item VALUES (2, 'a2')", "ALTER TABLE item DROP PARTITION a", "INSERT INTO item VALUES (2, 'b2')",
			"ALTER TABLE item TRUNCATE PARTITION c", "INSERT INTO item VALUES (22, 'c2')", "ALTER TABLE city TRUNCATE PARTITION ALL", "INSERT INTO city VALUES (2, 'x')")
		check()
		source.exec(t, "ALTER TABLE item REORGANIZE PARTITION c INTO (PARTITION c1 VALUES LESS THAN (25), PARTITION d VALUES LESS THAN (40))", "INSERT INTO item VALUES (33, 'd')",
			"ALTER TABLE item ADD COLUMN n int", "ALTER TABLE item DROP PARTITION b, c1", "INSERT INTO item VALUES (3, 'd3', 4)", "ALTER TABLE spread COALESCE PARTITION 2",
			"ALTER TABLE log REMOVE PARTITIONING", "INSERT INTO log VALUES ('2030-01-01 00:00:00', 'm')")
		check()
	})
}

// execInZone runs a statement in a session with another time zone.
func execInZone(t *testing.T, e *end, zone, statement string) {
	t.Helper()
	c, err := e.db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	for _, sql := range []string{"SET time_zone = '" + zone + "'", statement, "SET time_zone = '+00:00'"} {
		_, err := c.ExecContext(t.Context(), sql)
		require.NoError(t, err)
	}
}

// TestPartitionsUnlikeAreNotFollowed: rows that leave with a partition are no deletes. Where the target's partitions hold other rows, or rows
// are exchanged with another table, the tables are suspended; where truncation is not to be followed the rows stay.
func TestPartitionsUnlikeAreNotFollowed(t *testing.T) {
	other := "CREATE TABLE item (id int PRIMARY KEY, v varchar(9)) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (5), PARTITION b VALUES LESS THAN (20))"
	plain := "CREATE TABLE item (id int PRIMARY KEY, v varchar(9))"
	for name, of := range map[string]struct{ there, statement, why string }{
		"other bounds":            {other, "ALTER TABLE item DROP PARTITION a", "partition a does not take the same rows"},
		"other bounds before":     {other, "ALTER TABLE item TRUNCATE PARTITION b", "partition b does not take the same rows"},
		"no partitions":           {plain, "ALTER TABLE item DROP PARTITION a", "not partitioned"},
		"exchanged":               {partitionedItem, "ALTER TABLE item EXCHANGE PARTITION a WITH TABLE alone", "another table"},
		"converted":               {partitionedItem, "ALTER TABLE item CONVERT TABLE alone TO PARTITION c VALUES LESS THAN (30)", "changing a partition"},
		"no partitions, added":    {plain, "ALTER TABLE item ADD PARTITION (PARTITION c VALUES LESS THAN (30))", ""},
		"partitions of any value": {plain + " PARTITION BY HASH (id) PARTITIONS 2", "ALTER TABLE item ADD PARTITION (PARTITION c VALUES LESS THAN (30))", ""},
	} {
		t.Run(name, func(t *testing.T) {
			source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
			source.exec(t, partitionedItem, "INSERT INTO item VALUES (1, 'a'), (7, 'a'), (11, 'b')", "CREATE TABLE alone (id int PRIMARY KEY, v varchar(9))")
			target.exec(t, of.there)
			asIs := func(c *taskConfig) { c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING" }
			load(t, source, target, asIs)
			source.exec(t, of.statement, "INSERT INTO item VALUES (8, 'x')")
			r := catchUp(t, source, target, asIs)
			if of.why == "" {
				require.Empty(t, changesOf(t, r, "item").Suspended)
				require.ElementsMatch(t, source.column(t, "SELECT v FROM item"), target.text(t, "item", "v"))
				return
			}
			require.Contains(t, changesOf(t, r, "item").Suspended, of.why)
			require.ElementsMatch(t, []string{"a", "a", "b"}, target.text(t, "item", "v"))
			if name == "exchanged" || name == "converted" {
				require.Contains(t, changesOf(t, r, "alone").Suspended, "changes rows without logging them")
			}
		})
	}
	t.Run("ignored", func(t *testing.T) {
		source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
		source.exec(t, partitionedItem, "INSERT INTO item VALUES (1, 'a'), (11, 'b')")
		ignore := func(c *taskConfig) {
			c.Source.Settings = map[string]string{"skipTableSuspensionForPartitionDdl": "true"}
		}
		load(t, source, target, ignore)
		source.exec(t, "ALTER TABLE item DROP PARTITION a", "INSERT INTO item VALUES (12, 'c')")
		require.Empty(t, changesOf(t, catchUp(t, source, target, ignore), "item").Suspended)
		require.ElementsMatch(t, []string{"a", "b", "c"}, target.text(t, "item", "v"))
	})
	t.Run("kept", func(t *testing.T) {
		source, target := newEnd(t, "mariadb"), newEnd(t, "sqlite")
		source.exec(t, partitionedItem, "INSERT INTO item VALUES (1, 'a'), (11, 'b')")
		keep := func(c *taskConfig) { c.Settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableTruncated = false }
		load(t, source, target, keep)
		source.exec(t, "ALTER TABLE item DROP PARTITION a", "INSERT INTO item VALUES (12, 'c')")
		require.Empty(t, changesOf(t, catchUp(t, source, target, keep), "item").Suspended)
		require.ElementsMatch(t, []string{"a", "b", "c"}, target.text(t, "item", "v"))
	})
}

// TestInterruptedPartitions: statements about partitions are interrupted before they are carried out and right after it. Emptying one leaves
// no trace by which the next run could know that it was done: it is done again, which changes nothing.
func TestInterruptedPartitions(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
	source.exec(t, partitionedItem, "INSERT INTO item VALUES (1, 'a'), (11, 'b')")
	load(t, source, target)
	source.exec(t, "ALTER TABLE item ADD PARTITION (PARTITION c VALUES LESS THAN (30))", "INSERT INTO item VALUES (21, 'c')",
		"INSERT INTO item VALUES (12, 'b2')", "ALTER TABLE item DROP PARTITION a", "INSERT INTO item VALUES (2, 'a2')",
		"ALTER TABLE item REORGANIZE PARTITION c INTO (PARTITION d VALUES LESS THAN (25), PARTITION e VALUES LESS THAN (40))", "INSERT INTO item VALUES (39, 'e')")
	require.GreaterOrEqual(t, dieAgainAndAgain(t, source, target), 6, "statements were interrupted")
	require.Equal(t, source.text(t, "item", "v"), target.text(t, "item", "v"))
}

// TestDirectoriesStayAtTheSource: where a source keeps a table, or a partition that it gets later, is a path of its own machine, which nobody
// may have the target write to.
func TestDirectoriesStayAtTheSource(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		require.NoError(t, os.Chmod(d, 0o777)) //nolint:gosec // the server is another user
	}
	at := "DATA DIRECTORY = '" + dir + "'"
	source.exec(t, "CREATE TABLE item (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10) "+at+")", "CREATE TABLE log (id int PRIMARY KEY) "+at)
	load(t, source, target)
	source.exec(t, "ALTER TABLE item ADD PARTITION (PARTITION b VALUES LESS THAN (20) "+at+")", "INSERT INTO item VALUES (1), (11)", "CREATE TABLE later (id int PRIMARY KEY) "+at, "INSERT INTO log VALUES (1)")
	for _, c := range catchUp(t, source, target).Changes.Tables {
		require.Empty(t, c.Suspended, c.Source)
	}
	require.Equal(t, []string{"1", "11"}, target.column(t, "SELECT id FROM item ORDER BY id"))
	for _, table := range []string{"item", "log", "later"} {
		var name, text string
		require.NoError(t, source.db.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+table).Scan(&name, &text))
		require.Contains(t, text, dir)
		require.NoError(t, target.db.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+table).Scan(&name, &text))
		require.NotContains(t, text, dir)
	}
}
