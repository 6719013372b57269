package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"
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
}
