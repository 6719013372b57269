package task_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestParquetFilesOfChangesAreReadAsChanges: what a target writes beside its files of the load, in folders of dates too, a source follows.
func TestParquetFilesOfChangesAreReadAsChanges(t *testing.T) {
	for name, more := range map[string][]string{"plain": nil, "folders of dates": {"DatePartitionEnabled", "true", "DatePartitionSequence", "DDMMYYYY", "TimestampColumnName", "moved_at", "IncludeOpForFullLoad", "true"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, l := newEnd(t, "postgresql-15"), newLake(t)
			source.exec(t, allTypes, allValues, "CREATE TABLE b (id int PRIMARY KEY, n numeric(10,2))", "ALTER TABLE every REPLICA IDENTITY FULL")
			set := lakeWith(append(more, "DataFormat", "parquet")...)
			load(t, source, l.end, set)
			targets := []*end{newEnd(t, "postgresql-18"), newEnd(t, "mariadb")}
			for round := range 3 {
				source.exec(t, fmt.Sprintf("INSERT INTO b VALUES (%d, 1.25), (%d, 2)", round, 100+round), fmt.Sprintf("UPDATE every SET word = word || '%d', raw = raw || '\\x0a', wide = wide - 1, zoned = zoned + interval '1.5s' WHERE id < 3", round),
					fmt.Sprintf("INSERT INTO every (id, clock, r4) VALUES (%d, '12:00:00.25', 0.5), (%d, NULL, NULL)", 10+round, 20+round), fmt.Sprintf("DELETE FROM every WHERE id = %d", 20+round), fmt.Sprintf("DELETE FROM b WHERE id = %d", 100+round))
				catchUp(t, source, l.end, set)
				for _, target := range targets {
					c := changesConfig(l.end, target)
					c.Source.Settings = map[string]string{"DataFormat": "parquet"}
					c.Stop.CaughtUp = true
					together(target)(&c)
					report, err := run(t.Context(), c)
					require.NoError(t, err)
					require.Equal(t, int64(2), changesOf(t, report, "b").AppliedInserts, "round %d", round)
					for _, column := range []string{"id", "small", "big", "exact", "wide", "r8", "day", "clock", "at", "word", "u"} {
						require.Equal(t, source.column(t, "SELECT "+source.everyText(column)+" FROM every ORDER BY every.id"), trimZeros(column, target.column(t, "SELECT "+target.everyText(column)+" FROM every ORDER BY every.id")), column)
					}
					require.Equal(t, source.column(t, "SELECT id FROM b ORDER BY id"), target.column(t, "SELECT id FROM b ORDER BY id"))
				}
			}
		})
	}
}

// datedName is a name of a file of changes that DMS might have given at the n-th second.
func datedName(n int) string {
	return time.Date(2024, 1, 31, 23, 59, n, 0, time.UTC).Format("20060102-150405") + "000.parquet"
}

// TestLakeSourceParquetChangesComeOnce stops the following of Parquet files again and again, at places within them: every row of theirs comes once, in the
// order of the files' names and not of their folders.
func TestLakeSourceParquetChangesComeOnce(t *testing.T) {
	t.Parallel()
	target := newEnd(t, "postgresql-18")
	d := newDrawer(t, ledger, nil, "DataFormat", "parquet")
	d.byDuckDB(t, "bank/entry/LOAD00000001.parquet", "SELECT 'first' AS what", "")
	want := 1
	configured := func() taskConfig {
		c := changesConfig(d.end, target)
		d.with(&c)
		together(target)(&c)
		return c
	}
	for round := range 4 {
		for file, folder := range []string{"", "z/", "a/"} {
			d.byDuckDB(t, "bank/entry/"+folder+datedName(10*round+file), fmt.Sprintf("SELECT 'I' AS \"Op\", '%d.%d.' || i AS what FROM range(60) r(i)", round, file), ", ROW_GROUP_SIZE 20")
			want += 60
		}
		c := configured()
		c.Settings.TargetMetadata.BatchApplyEnabled, c.Settings.ChangeProcessingTuning.BatchSplitSize = true, 14
		ctx, cancel := context.WithCancel(t.Context())
		go func() { // at some moment on the way
			for ctx.Err() == nil && c.ChangeStats.Counts().Applied < int64(25*(round+1)) {
				<-time.After(time.Millisecond)
			}
			cancel()
		}()
		_, _ = run(ctx, c)
		cancel()
	}
	c := configured()
	c.Stop.CaughtUp = true
	_, err := run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{fmt.Sprint(want)}, target.column(t, "SELECT count(*) FROM entry"))
	require.Equal(t, []string{fmt.Sprint(want)}, target.column(t, "SELECT count(DISTINCT what) FROM entry"))
}

// TestLakeSourceParquetChangesThatAreNone: a file that comes late, an operation that is none, and files that do not fit are named, and nothing is left out in silence.
func TestLakeSourceParquetChangesThatAreNone(t *testing.T) {
	t.Parallel()
	const item = `{"Tables":[{"TableName":"item","TableOwner":"o","TableColumns":[{"ColumnName":"id","ColumnType":"INT4","ColumnIsPk":"true"},{"ColumnName":"v","ColumnType":"STRING","ColumnLength":"9","ColumnNullable":"true"}]}]}`
	follow := func(t *testing.T, d drawer, target *end) (*task.Report, error) {
		t.Helper()
		c := changesConfig(d.end, target)
		d.with(&c)
		together(target)(&c)
		c.Stop.CaughtUp = true
		return run(t.Context(), c)
	}
	opened := func(t *testing.T) (drawer, *end) {
		t.Helper()
		d := newDrawer(t, item, nil, "DataFormat", "parquet")
		d.byDuckDB(t, "o/item/LOAD00000001.parquet", "SELECT 1 AS id, 'x' AS v", "")
		d.byDuckDB(t, "o/item/"+datedName(10), "SELECT * FROM (VALUES ('I', 2, 'y'), ('U', 1, 'z'), ('D', 2, NULL), ('I', 3, NULL)) x(\"Op\", id, v)", "")
		target := newEnd(t, "sqlite")
		report, err := follow(t, d, target)
		require.NoError(t, err)
		counts := changesOf(t, report, "item")
		require.Equal(t, []int64{2, 1, 1}, []int64{counts.AppliedInserts, counts.AppliedUpdates, counts.AppliedDeletes})
		require.Equal(t, []string{"1 z", "3"}, target.column(t, "SELECT id || coalesce(' ' || v, '') FROM item ORDER BY id"))
		return d, target
	}
	for name, c := range map[string]struct{ file, query, says string }{
		"late":      {datedName(9), "SELECT 'I' AS \"Op\", 7 AS id, 'l' AS v", "a file has come whose name is before those that were read"},
		"operation": {datedName(11), "SELECT 'X' AS \"Op\", 7 AS id, 'l' AS v", `row group 1 row 1 is no change: its column Op is "X"`},
		"column":    {datedName(11), "SELECT 'I' AS \"Op\", 7 AS id", `does not fit the definition of its table: column "v" is not in it`},
		"type":      {datedName(11), "SELECT 'I' AS \"Op\", DATE '2024-01-01' AS id, 'l' AS v", `column "id" is DATE in it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, target := opened(t)
			d.byDuckDB(t, filepath.Join("o/item", c.file), c.query, "")
			_, err := follow(t, d, target)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "20240131-2359")
			require.Contains(t, []connector.Class{connector.Data, connector.Missing}, connector.ClassOf(err))
		})
	}
	t.Run("inserts alone", func(t *testing.T) {
		t.Parallel()
		d, target := opened(t)
		d.byDuckDB(t, "o/item/"+datedName(11), "SELECT 8 AS id, 'i' AS v", "")
		_, err := follow(t, d, target)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "3", "8"}, target.column(t, "SELECT id FROM item ORDER BY id"))
	})
	t.Run("a column Op", func(t *testing.T) {
		t.Parallel()
		d := newDrawer(t, ledgerWith("Op"), nil, "DataFormat", "parquet")
		d.byDuckDB(t, "bank/entry/LOAD00000001.parquet", "SELECT 'x' AS \"Op\"", "")
		d.byDuckDB(t, "bank/entry/"+datedName(1), "SELECT 'I' AS \"Op\"", "")
		_, err := follow(t, d, newEnd(t, "sqlite"))
		require.ErrorContains(t, err, "the table has a column Op itself")
	})
}

// ledgerWith is a definition of a table of one column.
func ledgerWith(column string) string {
	return `{"Tables":[{"TableName":"entry","TableOwner":"bank","TableColumns":[{"ColumnName":"` + column + `","ColumnType":"STRING","ColumnLength":"9"}]}]}`
}
