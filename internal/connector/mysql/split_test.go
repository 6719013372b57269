package mysql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// keys are shapes of primary keys with a SELECT that makes rows for them from seq (1 to 40000).
var keys = map[string]struct{ columns, key, rows string }{
	"dense integers":       {"id INT", "id", "SELECT seq"},
	"skewed integers":      {"id BIGINT UNSIGNED", "id", "SELECT IF(seq < 39000, seq, 18446744073709551615 - seq * 1000)"},
	"negative integers":    {"id SMALLINT", "id", "SELECT CAST(seq AS SIGNED) - 20000"},
	"uuid as text":         {"id CHAR(36)", "id", "SELECT INSERT(INSERT(INSERT(INSERT(MD5(seq),9,0,'-'),14,0,'-'),19,0,'-'),24,0,'-')"},
	"uuid":                 {"id UUID", "id", "SELECT CONCAT(LEFT(MD5(seq), 8), '-1111-4111-8111-', RIGHT(MD5(seq), 12))"},
	"uuid as bytes":        {"id BINARY(16)", "id", "SELECT UNHEX(MD5(seq))"},
	"prefixed text":        {"id VARCHAR(40)", "id", "SELECT CONCAT('customer-', LPAD(seq, 10, '0'))"},
	"german text":          {"id VARCHAR(40) COLLATE utf8mb4_german2_ci", "id", "SELECT CONCAT(ELT(1 + seq % 5, 'Ä', 'b', 'Ö', 'ß', 'z'), seq)"},
	"latin1 text":          {"id VARCHAR(40) CHARACTER SET latin1", "id", "SELECT CONCAT(ELT(1 + seq % 3, 'Ä', 'b', 'ÿ'), seq)"},
	"composite, few first": {"a INT, b VARCHAR(20)", "a, b", "SELECT seq % 2, CONCAT('x', seq)"},
	"composite, three":     {"a DATE, b INT, c VARBINARY(8)", "a, b, c", "SELECT '2020-01-01' + INTERVAL seq % 7 DAY, seq % 100, UNHEX(HEX(seq))"},
	"decimal":              {"id DECIMAL(20,4)", "id", "SELECT seq / 8"},
	"time stamps":          {"id DATETIME(6)", "id", "SELECT '2020-01-01' + INTERVAL seq * 1001 MICROSECOND"},
}

// readAll reads every segment and returns the keys in the order they came.
func (f *fixture) readAll(t *testing.T, table *catalog.Table, segments []connector.Segment) (all []string, sizes []int) {
	t.Helper()
	for _, s := range segments {
		q, err := (&host{}).selectRows(connector.ReadRequest{Table: table, Segment: s, Columns: readColumns(table)})
		require.NoError(t, err)
		rows := f.rowsOf(q)
		sizes = append(sizes, len(rows))
		for _, r := range rows {
			all = append(all, strings.Join(r, "|"))
		}
	}
	return all, sizes
}

func readColumns(t *catalog.Table) []connector.ReadColumn {
	var out []connector.ReadColumn
	for _, c := range t.Columns {
		out = append(out, connector.ReadColumn{Column: c})
	}
	return out
}

// TestSegmentsHoldEveryRowOnceInKeyOrder cuts tables with all kinds of keys and compares the segments' rows, in their
// order, with the whole table in the order of its key.
func TestSegmentsHoldEveryRowOnceInKeyOrder(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	for name, k := range keys {
		t.Run(name, func(t *testing.T) {
			g := *f
			g.t = t
			g.exec("CREATE OR REPLACE TABLE k ("+k.columns+", filler CHAR(100), PRIMARY KEY ("+k.key+"))",
				"INSERT INTO k SELECT s.*, REPEAT('x', 100) FROM ("+k.rows+" FROM seq_1_to_40000) s", "ANALYZE TABLE k")
			table := g.inspected("k")
			snap, err := f.source.Snapshot(t.Context(), 1)
			require.NoError(t, err)
			defer func() { require.NoError(t, snap.Close()) }()
			segments, err := snap.Split(t.Context(), table, connector.SplitOptions{SegmentBytes: table.Bytes / 10})
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(segments), 6, "%v", segments)
			require.LessOrEqual(t, len(segments), 40)
			all, sizes := g.readAll(t, table, segments)
			var want []string
			for _, r := range g.rowsOf("SELECT * FROM " + g.name + ".k ORDER BY " + k.key) {
				want = append(want, strings.Join(r, "|"))
			}
			require.Equal(t, want, all)
			for _, n := range sizes {
				require.Less(t, n, 16000, "sizes %v", sizes)
			}
			few, err := snap.Split(t.Context(), table, connector.SplitOptions{SegmentBytes: table.Bytes / 10, MaxSegments: 3})
			require.NoError(t, err)
			require.LessOrEqual(t, len(few), 3)
			all, _ = g.readAll(t, table, few)
			require.Equal(t, want, all)
		})
	}
}

// inspected describes a table as the source's inspection does.
func (f *fixture) inspected(name string) *catalog.Table {
	f.t.Helper()
	c, err := f.source.Inspect(f.t.Context(), connector.InspectOptions{})
	require.NoError(f.t, err)
	table := c.Table(catalog.Name{Schema: f.name, Name: name})
	require.NotNil(f.t, table, name)
	return table
}

// TestRangesRuleKeepsRowsWithNulls: the rule's own predicates would lose them.
func TestRangesRuleKeepsRowsWithNulls(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE r (a INT, b VARCHAR(10), n INT)")
	n := 0
	for _, a := range []string{"NULL", "1", "2", "3", "4"} {
		for _, b := range []string{"NULL", "''", "'k'", "'x'"} {
			n++
			f.exec(fmt.Sprintf("INSERT INTO r VALUES (%s, %s, %d)", a, b, n))
		}
	}
	table := f.inspected("r")
	snap, err := f.source.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer func() { require.NoError(t, snap.Close()) }()
	for _, boundaries := range [][][]string{
		{{"2", "k"}}, {{"1", ""}, {"2", "k"}, {"2", "x"}, {"4", "k"}}, {{"3", "x"}, {"1", "k"}},
	} {
		segments, err := snap.Split(t.Context(), table, connector.SplitOptions{
			Parallel: &catalog.ParallelLoad{Type: "ranges", Columns: []string{"a", "b"}, Boundaries: boundaries}})
		require.NoError(t, err)
		require.Len(t, segments, len(boundaries)+1)
		all, _ := f.readAll(t, table, segments)
		var want []string
		for _, r := range f.rowsOf("SELECT * FROM " + f.name + ".r") {
			want = append(want, strings.Join(r, "|"))
		}
		require.ElementsMatch(t, want, all, "boundaries %v", boundaries)
	}
}

// TestPartitionsAreSegments reads a partitioned table by partition, whether listed or found.
func TestPartitionsAreSegments(t *testing.T) {
	f := newFixture(t, servertest.MariaDB(t))
	f.exec("CREATE TABLE p (id INT PRIMARY KEY, s CHAR(50)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (100), "+
		"PARTITION p1 VALUES LESS THAN (200), PARTITION p2 VALUES LESS THAN MAXVALUE)",
		"INSERT INTO p SELECT seq, 'x' FROM seq_1_to_20000", "ANALYZE TABLE p")
	table := f.inspected("p")
	require.Equal(t, []string{"p0", "p1", "p2"}, table.Partitions)
	snap, err := f.source.Snapshot(t.Context(), 1)
	require.NoError(t, err)
	defer func() { require.NoError(t, snap.Close()) }()
	for _, o := range []connector.SplitOptions{
		{SegmentBytes: 1 << 30},
		{SegmentBytes: 100 << 10},
		{Parallel: &catalog.ParallelLoad{Type: "partitions-auto"}},
		{Parallel: &catalog.ParallelLoad{Type: "partitions-list", Partitions: []string{"p1"}}},
	} {
		segments, err := snap.Split(t.Context(), table, o)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(segments), 3)
		all, _ := f.readAll(t, table, segments)
		require.Len(t, all, 20000)
	}
	_, err = snap.Split(t.Context(), table, connector.SplitOptions{Parallel: &catalog.ParallelLoad{Type: "partitions-list", Partitions: []string{"nope"}}})
	require.Equal(t, connector.Invalid, connector.ClassOf(err))
}
