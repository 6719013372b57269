package task_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// byDuckDB has DuckDB write the rows of a query into a Parquet file of a drawer.
func (d drawer) byDuckDB(t testing.TB, name, query, options string) {
	t.Helper()
	path := filepath.Join(d.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	servertest.DuckDB(t, fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet%s)", query, path, options))
}

// everyByDuckDB are the rows of everyType with the types that DuckDB has for them.
const everyByDuckDB = `SELECT * FROM (VALUES
	(1::INTEGER, (-128)::TINYINT, (-32768)::SMALLINT, 9223372036854775807::BIGINT, 255::UTINYINT, 65535::USMALLINT, 4294967295::UINTEGER, 18446744073709551615::UBIGINT,
	 (-12345678.25)::DECIMAL(10,2), 1.5::FLOAT, 0.1::DOUBLE, 'a,"b"', E'two\nlines', '\x00\xFF'::BLOB, '\x0A'::BLOB, true, DATE '2024-02-29', TIME '23:59:59.5', TIMESTAMP '2024-02-29 12:34:56.789012'),
	(2, null, null, null, null, null, null, null, null, null, null, '', null, null, null, null, null, null, null))
	v(id, i1, i2, i8, u1, u2, u4, u8, n, r4, r8, s, C, b, lob, yes, d, t, "at")`

// TestLakeSourceReadsParquetOfDuckDB with every type, compression and version that it writes, from a folder and from a bucket.
func TestLakeSourceReadsParquetOfDuckDB(t *testing.T) {
	want := map[string]string{
		"i1": "-128", "i2": "-32768", "i8": "9223372036854775807", "u1": "255", "u2": "65535", "u4": "4294967295", "u8": "18446744073709551615", "n": "-12345678.25",
		"r4": "1.5", "r8": "0.1", "s": `a,"b"`, "c": "two\nlines", "d": "2024-02-29", "at": "2024-02-29 12:34:56.789012",
	}
	for i, to := range relational {
		t.Run(to, func(t *testing.T) {
			target := newEnd(t, to)
			d := newDrawer(t, everyType, map[string]string{"hr/every/20240101-120000000.parquet": "a file of changes"}, "DataFormat", "parquet")
			options := []string{"", ", COMPRESSION zstd, PARQUET_VERSION v2", ", COMPRESSION brotli, ROW_GROUP_SIZE 1"}[i]
			rows, want := everyByDuckDB, maps.Clone(want)
			if i == 1 { // the library takes DuckDB's form of greater ones, which Parquet does not know, for damage
				rows, want["u4"] = strings.Replace(rows, want["u4"], "2147483647", 1), "2147483647"
			}
			d.byDuckDB(t, "hr/every/LOAD001.parquet", rows+" WHERE id = 1", options)
			d.byDuckDB(t, "hr/every/LOAD002.parquet", strings.Replace("SELECT 'I' AS Op, * FROM ("+everyByDuckDB+") WHERE id = 2", "b, lob", "lob, b", 1), options)
			report := d.load(t, target, together(target))
			require.Equal(t, []int64{2, 0}, []int64{report.Tables[0].Rows, report.Tables[0].Rejected})
			for column, first := range want {
				second := "NULL"
				if column == "s" {
					second = ""
				}
				require.Equal(t, []string{first, second}, target.column(t, fmt.Sprintf("SELECT %s FROM %s ORDER BY id", target.everyText(column), target.quote("every"))), column)
			}
			require.Equal(t, []string{"1"}, target.column(t, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s AND %s IS NOT NULL", target.quote("every"), target.quote("yes"), target.quote("t"))))
		})
	}
}

// asText is a column of everyType as all engines write it.
func (e *end) everyText(column string) string {
	switch q := e.quote(column); {
	case column == "at" && e.family == catalog.PostgreSQL:
		return "to_char(" + q + ", 'YYYY-MM-DD HH24:MI:SS.US')"
	case e.family == catalog.MySQL:
		return "CAST(" + q + " AS char)"
	default:
		return "CAST(" + q + " AS text)"
	}
}

// TestLakeSourceReadsParquetOfABucket, by way of a temporary file of which nothing stays.
func TestLakeSourceReadsParquetOfABucket(t *testing.T) {
	l, source := newLake(t), newEnd(t, "postgresql-18")
	source.exec(t, allTypes, allValues, "CREATE TABLE long (id int PRIMARY KEY, v text)", "INSERT INTO long SELECT i, repeat(md5(i::text), 300000) FROM generate_series(1, 3) i")
	l.load(t, source, lakeWith("DataFormat", "parquet", "MaxFileSize", "64"))
	targets := []*end{newEnd(t, "mariadb"), newEnd(t, "postgresql-18")}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for _, target := range targets {
		c := config(l.end, target)
		c.Source.Settings = map[string]string{"DataFormat": "parquet"}
		together(target)(&c)
		report, err := run(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, report.Failed)
		for _, column := range []string{"id", "small", "big", "exact", "wide", "r8", "day", "clock", "at", "word", "long", "u"} {
			require.Equal(t, source.column(t, "SELECT "+source.everyText(column)+" FROM every ORDER BY id"), trimZeros(column, target.column(t, "SELECT "+target.everyText(column)+" FROM every ORDER BY id")), column)
		}
		require.Equal(t, source.column(t, "SELECT md5(v) FROM long ORDER BY id"), target.column(t, "SELECT md5(v) FROM "+target.quote("long")+" ORDER BY id"))
	}
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	for _, f := range left {
		require.NotContains(t, f.Name(), "parquet")
	}
}

// trimZeros takes MariaDB's zeros from the end of a time.
func trimZeros(column string, values []string) []string {
	for i, v := range values {
		if column == "clock" && strings.Contains(v, ".") {
			values[i] = strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
		}
	}
	return values
}

// TestLakeSourceRefusesParquetThatDoesNotFit its definition, with the name of the file, the column, and what would be right; one row
// that does not fit is rejected alone.
func TestLakeSourceRefusesParquetThatDoesNotFit(t *testing.T) {
	const definition = `{"Tables":[{"TableName":"t","TableOwner":"o","TableColumns":[{"ColumnName":"id","ColumnType":"INT2","ColumnIsPk":"true"},{"ColumnName":"v","ColumnType":"%s","ColumnLength":"5","ColumnNullable":"true"%s}]}]}`
	load := func(t *testing.T, of, query string) (*task.Report, *end, error) {
		d, target := newDrawer(t, of, nil, "DataFormat", "parquet"), newEnd(t, "sqlite")
		d.byDuckDB(t, "o/t/data_0.parquet", query, "")
		c := config(d.end, target)
		d.with(&c)
		c.KeepSchemas = false
		report, err := run(t.Context(), c)
		return report, target, err
	}
	text, number := fmt.Sprintf(definition, "STRING", ""), fmt.Sprintf(definition, "NUMERIC", `,"ColumnPrecision":"5","ColumnScale":"1"`)
	for query, c := range map[string]struct{ definition, says string }{
		"SELECT 1 AS id, 'x' AS w":                 {text, `file o/t/data_0.parquet does not fit the definition of its table: column "v" is not in it; it has id, w`},
		"SELECT 1 AS id, TIMESTAMP '2024-01-01' v": {number, `column "v" is TIMESTAMP(`},
		"SELECT 1 AS id, DATE '2024-01-01' v":      {number, `which cannot be NUMERIC(5,1): make it DATE in the definition, or write the file with such a column`},
		"SELECT 1 AS id, [1, 2] AS v":              {text, `column "v" is nested`},
		"SELECT 1 AS id, {'a': 1} AS v":            {text, `column "v" is nested`},
	} {
		report, _, err := load(t, c.definition, query)
		require.NoError(t, err)
		require.ErrorContains(t, report.Tables[0].Err, c.says, query)
		require.Equal(t, connector.Data, connector.ClassOf(report.Tables[0].Err))
	}
	report, target, err := load(t, number, "SELECT * FROM (VALUES (1, 12.5), (70000, 1), (3, 123456), (4, null)) v(id, v)")
	require.NoError(t, err)
	require.NoError(t, report.Tables[0].Err)
	require.Equal(t, []string{"1", "4"}, target.column(t, "SELECT id FROM t ORDER BY id"))
	require.EqualValues(t, 2, report.Tables[0].Rejected)
	report, target, err = load(t, text, "SELECT * FROM (VALUES ('I', 1, 'a'), ('D', 2, 'b')) v(Op, id, v)")
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, target.column(t, "SELECT id FROM t ORDER BY id"))
	require.EqualValues(t, 1, report.Tables[0].Rejected)
}

// TestLakeSourceRefusesBrokenParquet, and says which file it is.
func TestLakeSourceRefusesBrokenParquet(t *testing.T) {
	whole := newDrawer(t, pairTable, nil, "DataFormat", "parquet")
	whole.byDuckDB(t, "a/p/LOAD1.parquet", "SELECT i::INTEGER AS id, md5(i::VARCHAR) AS v FROM range(10000) r(i)", ", COMPRESSION zstd")
	file, err := os.ReadFile(filepath.Join(whole.dir, "a/p/LOAD1.parquet"))
	require.NoError(t, err)
	damaged := append([]byte{}, file...)
	for i := range 8 { // in the head of the first page: what is within has no check sum
		damaged[4+i] ^= 0xff
	}
	for name, text := range map[string]string{
		"read file a/p/LOAD1.parquet: it is no Parquet file, or not a whole one": string(file[:len(file)-1]),
		"it has 3 bytes": "PAR",
		"read file a/p/LOAD1.parquet: row group 1, column": string(damaged),
	} {
		whole.put(t, "a/p/LOAD1.parquet", text)
		c := config(whole.end, newEnd(t, "sqlite"))
		whole.with(&c)
		report, err := run(t.Context(), c)
		require.NoError(t, err)
		require.ErrorContains(t, report.Tables[0].Err, name)
		require.Equal(t, connector.Data, connector.ClassOf(report.Tables[0].Err))
	}
}
