package task_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestHistoryOfRowsGoesAlong moves tables whose earlier rows MariaDB keeps, and follows them.
func TestHistoryOfRowsGoesAlong(t *testing.T) {
	source, target := newEnd(t, "mariadb"), newEnd(t, "mariadb")
	source.exec(t, "CREATE TABLE price (id INT PRIMARY KEY, n INT, note VARCHAR(9) WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING",
		"CREATE TABLE told (id INT PRIMARY KEY, n INT, began TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, ended TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (began, ended)) WITH SYSTEM VERSIONING"+
			" PARTITION BY SYSTEM_TIME LIMIT 100 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)",
		"CREATE TABLE numbered (id INT PRIMARY KEY, n INT, s BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, e BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
		"CREATE TABLE keyless (n INT) WITH SYSTEM VERSIONING")
	for _, table := range []string{"price", "told", "numbered"} {
		source.exec(t, "INSERT INTO "+table+" (id, n) VALUES (1, 1), (2, 1), (3, 1)", "UPDATE "+table+" SET n = 2 WHERE id < 3", "UPDATE "+table+" SET n = 3 WHERE id = 1", "DELETE FROM "+table+" WHERE id = 2")
	}
	source.exec(t, "INSERT INTO keyless VALUES (1), (1)", "UPDATE keyless SET n = 2", "DELETE FROM keyless")
	load(t, source, target)
	all := map[string]string{
		"price":   "SELECT CONCAT_WS(' ', id, n, ROW_START, ROW_END) FROM price FOR SYSTEM_TIME ALL ORDER BY id, ROW_END",
		"told":    "SELECT CONCAT_WS(' ', id, n, began, ended) FROM told FOR SYSTEM_TIME ALL ORDER BY id, ended",
		"keyless": "SELECT CONCAT_WS(' ', n, ROW_START, ROW_END) FROM keyless FOR SYSTEM_TIME ALL ORDER BY n, ROW_END",
	}
	for table, query := range all {
		require.Greater(t, len(source.column(t, query)), 3, table)
		require.Equal(t, source.column(t, query), target.column(t, query), table)
	}
	source.exec(t, "UPDATE price SET n = 30 WHERE id = 3", "DELETE FROM told WHERE id = 1")
	followed := catchUp(t, source, target)
	require.Zero(t, changesOf(t, followed, "price").Failed)
	require.Equal(t, []string{"1", "3 30"}, target.column(t, "SELECT CONCAT_WS(' ', id, NULLIF(n, 3)) FROM price ORDER BY id"))
	require.Len(t, target.column(t, all["price"]), len(source.column(t, all["price"])))
	require.Len(t, target.column(t, all["told"]), len(source.column(t, all["told"])))
	require.True(t, compareEnds(t, config(source, target), false).Equal())

	plain := newEnd(t, "sqlite")
	migrate(t, source, plain)
	require.Equal(t, []string{"1"}, plain.column(t, "SELECT count(*) FROM told"), "elsewhere the bounds are columns like others, of current rows")

	again := newEnd(t, "mariadb")
	notes := migrate(t, source, again).Notes
	require.Len(t, notes, 1)
	require.Contains(t, notes[0].Text, "numbered begins its history anew")
	require.Equal(t, source.column(t, all["told"]), again.column(t, all["told"]))

	c := config(source, again)
	c.RefuseRows = false
	again.exec(t, "DROP TABLE price, numbered, keyless", "DELETE FROM told", "DELETE HISTORY FROM told")
	c.Mappings = rules(t, source, `"rule-action":"include","object-locator":{"schema-name":"$S","table-name":"told"}`)
	c.Settings.FullLoadSettings.TargetTablePrepMode = "DO_NOTHING"
	report, err := run(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, report.Notes, 1)
	require.Contains(t, report.Notes[0].Text, "told gets the rows of now alone, because it was there before")
	require.Equal(t, []string{"1"}, again.column(t, "SELECT count(*) FROM told FOR SYSTEM_TIME ALL"))

	c.Settings.FullLoadSettings.TargetTablePrepMode = "TRUNCATE_BEFORE_LOAD" // which MariaDB refuses for such a table
	_, err = run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, again.column(t, "SELECT count(*) FROM told"))
	require.Equal(t, []string{"2"}, again.column(t, "SELECT count(*) FROM told FOR SYSTEM_TIME ALL"), "what was there before is an earlier row now")
}

// TestHistoryGoesOnWhereItStopped ends loads of tables with earlier rows in their midst, twice, however their history is partitioned: every row
// that was is there once at last. A source that has rested goes on with the segments that are left, another one begins again.
func TestHistoryGoesOnWhereItStopped(t *testing.T) {
	const parts = " (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)"
	source := mariadbEnd(t, servertest.PrivateMariaDB(t)) // nothing else writes to it
	for name, how := range map[string]string{
		"in one piece": "", "by nobody": "PARTITION BY SYSTEM_TIME" + parts, "by limit": "PARTITION BY SYSTEM_TIME LIMIT 500" + parts, "by time": "PARTITION BY SYSTEM_TIME INTERVAL 1 MONTH STARTS '2026-01-01 00:00:00'" + parts,
		"by itself": "PARTITION BY SYSTEM_TIME INTERVAL 1 HOUR AUTO", "of parts": "PARTITION BY SYSTEM_TIME SUBPARTITION BY HASH (id) SUBPARTITIONS 2" + parts,
	} {
		t.Run(name, func(t *testing.T) {
			target := newEnd(t, "mariadb")
			source.exec(t, "CREATE OR REPLACE TABLE item (id INT PRIMARY KEY, n INT, v VARCHAR(200), KEY (n)) WITH SYSTEM VERSIONING "+how,
				"INSERT INTO item SELECT seq, seq, REPEAT('x', 100) FROM seq_1_to_3000", "UPDATE item SET n = n + 1 WHERE id % 3 = 0", "UPDATE item SET n = n + 1 WHERE id % 6 = 0", "DELETE FROM item WHERE id % 5 = 0",
				"INSERT INTO item VALUES (30, 1, 'back')", "ANALYZE TABLE item")
			all := func(e *end) []string {
				return e.column(t, "SELECT CONCAT_WS(' ', id, n, ROW_START, ROW_END, v) FROM item FOR SYSTEM_TIME ALL ORDER BY id, ROW_END, ROW_START")
			}
			require.Len(t, all(source), 3000+1000+500+1)
			for range 2 {
				ctx, cancel := context.WithCancel(t.Context())
				c := config(source, target)
				c.SegmentBytes, c.RowsPerSecond, c.Settings.FullLoadSettings.CommitRate = 32<<10, 4000, 100
				go func() {
					for ctx.Err() == nil {
						for _, s := range c.Stats.Tables() {
							if s.SegmentsDone >= 1 && s.SegmentsDone < s.Segments || s.Segments == 1 && s.Rows > 1000 {
								cancel()
							}
						}
						runtime.Gosched()
					}
				}()
				_, err := run(ctx, c)
				require.ErrorIs(t, err, context.Canceled)
				require.Less(t, len(all(target)), len(all(source)))
			}
			if name == "by nobody" || name == "by limit" {
				source.exec(t, "UPDATE item SET n = 7 WHERE id = 2999")
			}
			report := migrate(t, source, target)
			require.True(t, report.Resumed)
			require.Equal(t, all(source), all(target))
			require.Equal(t, source.column(t, "SELECT CONCAT_WS(' ', id, n) FROM item ORDER BY id"), target.column(t, "SELECT CONCAT_WS(' ', id, n) FROM item ORDER BY id"))
			require.Equal(t, []string{"2"}, target.column(t, "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'item' AND index_name IN ('PRIMARY', 'n') AND column_name <> 'row_end'"))
			require.Equal(t, layoutOf(t, source, "item"), layoutOf(t, target, "item"))
		})
	}
}

// layoutOf lists the partitions of a MariaDB table.
func layoutOf(t *testing.T, e *end, table string) []string {
	t.Helper()
	return e.column(t, "SELECT concat_ws(' ', partition_name, subpartition_name, partition_method, partition_description) FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = '"+
		table+"' ORDER BY partition_ordinal_position, subpartition_ordinal_position")
}
