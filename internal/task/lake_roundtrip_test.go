package task_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// dialects are settings of a target, and those of a source that read what it has written.
var dialects = []struct{ written, read []string }{
	{nil, nil},
	{[]string{"CsvDelimiter", "|", "CsvNullValue", "NULL", "CompressionType", "gzip"}, []string{"CsvDelimiter", "|", "CsvNullValue", "NULL"}},
	{[]string{"CsvDelimiter", "||", "CsvRowDelimiter", `\r\n`, "IncludeOpForFullLoad", "true"}, []string{"CsvDelimiter", "||", "CsvRowDelimiter", `\r\n`}},
	{[]string{"AddColumnName", "true", "MaxFileSize", "1"}, []string{"IgnoreHeaderRows", "1"}},
	{[]string{"DataFormat", "parquet", "RowGroupLength", "2", "TimestampColumnName", "written at"}, []string{"DataFormat", "parquet"}},
	{[]string{"DataFormat", "parquet", "CompressionType", "gzip", "IncludeOpForFullLoad", "true", "ParquetVersion", "parquet-2-0", "MaxFileSize", "1"}, []string{"DataFormat", "parquet"}},
}

// TestAnySchemaComesBackFromFiles: what the target writes the source reads, whatever the tables and their rows are.
func TestAnySchemaComesBackFromFiles(t *testing.T) {
	few(t, fewChecks)
	for _, p := range [][2]string{{"postgresql-15", "postgresql-18"}, {"sqlite", "sqlite"}, {"postgresql-15", "sqlite"}} {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			source, target, dir := newEnd(t, p[0]), newEnd(t, p[1]), t.TempDir()
			rapid.Check(t, func(t *rapid.T) {
				source.clear(t, source)
				target.clear(t, source)
				require.NoError(t, os.RemoveAll(filepath.Join(dir, "lake")))
				throughFiles(t, source, target, filepath.Join(dir, "lake"))
			})
		})
	}
}

func throughFiles(t *rapid.T, source, target *end, dir string) {
	tables := drawSchema(t, source.family)
	dialect := rapid.SampledFrom(dialects).Draw(t, "dialect")
	for i := range tables {
		// SQLite takes anything into any column; a file's column has its type. Parquet has no infinities.
		tables[i].rows = slices.DeleteFunc(tables[i].rows, func(row []literal) bool {
			return slices.ContainsFunc(row, func(l literal) bool {
				return source.family == catalog.SQLite && l.hardFor(catalog.PostgreSQL) || slices.Contains(dialect.written, "parquet") && l.hardFor(catalog.MySQL)
			})
		})
		must(t, source, tables[i].create(source)...)
	}
	lake := &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}
	c := config(source, lake)
	lakeWith(dialect.written...)(&c)
	report, err := run(context.Background(), c)
	require.NoError(t, err)
	require.Empty(t, report.Failed)

	c = config(lake, target)
	c.Source.Settings = map[string]string{}
	for i := 0; i < len(dialect.read); i += 2 {
		c.Source.Settings[dialect.read[i]] = dialect.read[i+1]
	}
	together(target)(&c)
	report, err = run(context.Background(), c)
	require.NoError(t, err)
	names := map[string]catalog.Name{}
	for _, c := range report.Tables {
		require.NoError(t, c.Err, c.Source)
		names[c.Source.Name] = c.Target
	}
	for i := range tables {
		compareTableAs(t, source, target, &tables[i], names[tables[i].name], false)
	}
}

// TestTransactionFilesAreReadAsChanges: a target's PreserveTransactions is a source's CdcPath.
func TestTransactionFilesAreReadAsChanges(t *testing.T) {
	source, dir := newEnd(t, "sqlite"), t.TempDir()
	lake := &end{engine: "s3", family: catalog.Lake, url: "file://" + dir}
	source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT, at DATETIME)", "CREATE TABLE b (id INTEGER PRIMARY KEY, n DECIMAL(10,2))", "INSERT INTO a VALUES (1, 'x', NULL), (2, 'y', '2024-01-01 00:00:00.5')")
	set := lakeWith("PreserveTransactions", "true", "CdcPath", "log")
	load(t, source, lake, set)
	targets := []*end{newEnd(t, "postgresql-18"), newEnd(t, "mariadb"), newEnd(t, "sqlite")}
	for round := range 3 {
		source.exec(t, fmt.Sprintf("INSERT INTO a VALUES (%d, 'a \"quoted\"'||char(10)||'text', '2024-01-01 00:00:00')", 10+round), fmt.Sprintf("INSERT INTO b VALUES (%d, 1.25), (%d, 2)", round, 100+round),
			"UPDATE a SET v = v || '.' WHERE id < 11", fmt.Sprintf("DELETE FROM b WHERE id = %d", 100+round))
		catchUp(t, source, lake, set)
		want := source.column(t, "SELECT id || ' ' || v FROM a ORDER BY id")
		for _, target := range targets {
			c := changesConfig(lake, target)
			c.Source.Settings = map[string]string{"CdcPath": "log"}
			c.Stop.CaughtUp = true
			together(target)(&c)
			_, err := run(t.Context(), c)
			require.NoError(t, err)
			joined := "concat(id, ' ', v)"
			if target.family == catalog.SQLite {
				joined = "id || ' ' || v"
			}
			require.Equal(t, want, target.column(t, "SELECT "+joined+" FROM a ORDER BY id"), target.engine)
			require.Equal(t, []string{fmt.Sprint(round + 1)}, target.column(t, "SELECT count(*) FROM b"), target.engine)
		}
	}
}
