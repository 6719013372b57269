package task_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestLakeColumnNamedLikeOurs: a table with such a column is given up by itself, before its load when that has the column, at its first
// change when only the files of changes have; the others go on.
func TestLakeColumnNamedLikeOurs(t *testing.T) {
	source, l := newEnd(t, "sqlite"), newLake(t)
	source.exec(t, `CREATE TABLE a (id INTEGER PRIMARY KEY, "oP" TEXT)`, "INSERT INTO a VALUES (1, 'x')", "CREATE TABLE b (id INTEGER PRIMARY KEY)", "INSERT INTO b VALUES (1)")
	set := lakeWith("DataFormat", "parquet")
	load(t, source, l.end, set)
	source.exec(t, "INSERT INTO a VALUES (2, 'y'), (3, 'z')", "INSERT INTO b VALUES (2)")
	report := catchUp(t, source, l.end, set)
	counts := changesOf(t, report, "a")
	require.Contains(t, counts.Suspended, `column "oP" has the name of the file's own column Op`)
	require.Equal(t, []int64{2, 0}, []int64{counts.Inserts, counts.AppliedInserts})
	require.EqualValues(t, 1, changesOf(t, report, "b").AppliedInserts)
	got := servertest.DuckDB(t, fmt.Sprintf("SELECT id FROM read_parquet('%s', union_by_name=true) ORDER BY id", filepath.Join(l.Dir, "dms/main/b/*.parquet")),
		fmt.Sprintf("SELECT * FROM '%s'", filepath.Join(l.Dir, "dms/main/a/*.parquet")))
	require.Equal(t, []string{"1", "2", "1|x"}, got)

	other := newLake(t)
	c := config(source, other.end)
	lakeWith("AddColumnName", "true", "TimestampColumnName", "ID")(&c)
	report, err := run(t.Context(), c)
	require.NoError(t, err)
	for _, table := range report.Tables {
		require.ErrorContains(t, table.Err, "choose another TimestampColumnName")
	}
	require.Empty(t, other.files(t, "main"))
	source.exec(t, "DROP TABLE b")
	other = newLake(t)
	other.load(t, source, lakeWith("TimestampColumnName", "id")) // CSV without names has nothing to take for another
	require.Len(t, other.lines(t, "main/a"), 3)
}

// TestLakeOddNames: whatever tables are called, each has a folder of its own within the target's, and DuckDB reads what is in it.
func TestLakeOddNames(t *testing.T) {
	source, dir := newEnd(t, "postgresql-15"), t.TempDir()
	names := []string{"..", ".", "a/b", "../up", "Ünï", "case", "CASE", "50%", `back\slash`, "a b,c", "_awsdms_control", "LOAD00000001.csv"}
	for i, name := range names {
		source.exec(t, fmt.Sprintf(`CREATE TABLE %s (id int PRIMARY KEY)`, source.quote(name)), fmt.Sprintf("INSERT INTO %s VALUES (%d)", source.quote(name), i))
	}
	inside := filepath.Join(dir, "inside")
	load(t, source, &end{engine: "s3", family: catalog.Lake, url: "file://" + inside})
	above, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, above, 1, "something was written beside the target's folder")
	var got []string
	for _, text := range filesBelow(t, filepath.Join(inside, "public")) {
		got = append(got, strings.TrimSpace(text))
	}
	var want []string
	for i := range names {
		want = append(want, fmt.Sprint(i))
	}
	require.ElementsMatch(t, want, got)
	require.Equal(t, []string{fmt.Sprint(len(names))}, servertest.DuckDB(t, fmt.Sprintf("SELECT count(DISTINCT column0) FROM read_csv('%s', header=false)", filepath.Join(inside, "public/*/LOAD*.csv"))))
}

// TestLakeOddValues come back from CSV as they were, by PostgreSQL; what Parquet cannot hold is written down, the rest stands in it.
func TestLakeOddValues(t *testing.T) {
	source, l := newEnd(t, "postgresql-15"), newLake(t)
	source.exec(t, "CREATE TABLE odd (id int PRIMARY KEY, n numeric, w numeric(50,10), f8 double precision, d date, ts timestamp, word text)",
		`INSERT INTO odd VALUES (1, 'NaN', repeat('9', 40)::numeric, 'NaN', '0044-03-15 BC', '0044-03-15 12:00:00 BC', ''), (2, 'Infinity', NULL, '-Infinity', 'infinity', '-infinity', NULL),
		(3, 1e-20, -0.0000000001, '-0', '12024-02-29', '99999-12-31 23:59:59.999999', E'"\r\n,""')`)
	drop := func(c *taskConfig) {
		c.Settings.FullLoadSettings.TargetTablePrepMode, c.RefuseRows = "DROP_AND_CREATE", false
	}
	l.load(t, source, drop)
	source.exec(t, "CREATE TABLE back (LIKE odd)")
	copyIn(t, source, "SET TimeZone = 'UTC'; COPY back FROM STDIN (FORMAT csv)", l.files(t, "public/odd")["LOAD00000001.csv"])
	require.Equal(t, []string{"0"}, source.column(t, "SELECT count(*) FROM (SELECT id, n, w, f8::text, d, ts, word FROM odd EXCEPT SELECT id, n, w, f8::text, d, ts, word FROM back) x"))
	require.Equal(t, []string{"3"}, source.column(t, "SELECT count(*) FROM back"))
	source.exec(t, "DROP TABLE back")

	l.load(t, source, drop, lakeWith("DataFormat", "parquet"))
	require.Equal(t, []string{"1|NaN|" + strings.Repeat("9", 40) + ".0000000000|NaN|", "3|0.00000000000000000001|-0.0000000001|0|\"\r/,\"\""},
		servertest.DuckDB(t, fmt.Sprintf("SELECT id, n, w, f8, replace(word, chr(10), '/') FROM '%s' ORDER BY id", filepath.Join(l.Dir, "dms/public/odd/*.parquet"))))
	parked := ""
	for _, text := range l.files(t, "awsdms_apply_exceptions") {
		parked += text
	}
	require.Contains(t, parked, "infinite dates")
}
