package sqlite

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// benchRows is enough for a run of about a second in the shell.
const benchRows = 400_000

const benchScript = `CREATE TABLE item (id INTEGER PRIMARY KEY, a INTEGER, b BIGINT, price DECIMAL(10,2), weight REAL,
  name VARCHAR(60), note TEXT, at DATETIME, day DATE, ok BOOLEAN);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
INSERT INTO item SELECT i, i * 7 %% 1000, i * 1234567891, i %% 100000 / 100.0, i / 7.0, 'item number ' || i,
  substr('the quick brown fox jumps over the lazy dog, and again it does', 1, 10 + i %% 50), datetime(i * 1000, 'unixepoch'),
  date(i * 10000, 'unixepoch'), i %% 2 FROM n;`

// BenchmarkRead compares reading a table with the shell writing it as CSV, in the same run.
func BenchmarkRead(b *testing.B) {
	path := newFile(b, fmt.Sprintf(benchScript, benchRows))
	source := openTestSource(b, path)
	cat, err := source.Inspect(b.Context(), connector.InspectOptions{})
	require.NoError(b, err)
	table := cat.Schemas[0].Tables[0]
	snapshot, err := source.Snapshot(b.Context(), 1)
	require.NoError(b, err)
	defer snapshot.Close()
	for _, native := range []bool{false, true} {
		b.Run(fmt.Sprintf("native=%t", native), func(b *testing.B) {
			pool := change.NewPool(2, 0)
			r := connector.ReadRequest{Table: table, Pool: pool, Emit: func(x *change.Batch) error { pool.Put(x); return nil }}
			for _, c := range table.Columns {
				l := snapshot.Layout(c)
				if native {
					l = change.Native
				}
				r.Columns = append(r.Columns, connector.ReadColumn{Column: c, Layout: l})
			}
			var own, shell time.Duration
			for b.Loop() {
				own += took(b, func() error { return snapshot.Read(b.Context(), r) })
				shell += took(b, func() error { return shellCSV(path, io.Discard) })
			}
			b.ReportMetric(own.Seconds()/shell.Seconds(), "×shell")
		})
	}
}

// BenchmarkLoad compares loading batches with the shell importing the same rows from CSV, in the same run.
func BenchmarkLoad(b *testing.B) {
	path := newFile(b, fmt.Sprintf(benchScript, benchRows))
	csv := filepath.Join(b.TempDir(), "item.csv")
	f, err := os.Create(csv)
	require.NoError(b, err)
	require.NoError(b, shellCSV(path, f))
	require.NoError(b, f.Close())
	for _, native := range []bool{false, true} {
		b.Run(fmt.Sprintf("native=%t", native), func(b *testing.B) {
			table, columns, batches := readAll(b, path, native)
			var own, shell time.Duration
			for b.Loop() {
				to := filepath.Join(b.TempDir(), "own.db")
				own += took(b, func() error { return loadAll(b, to, table, columns, batches) })
				require.NoError(b, os.Remove(to))
				shell += took(b, func() error { return shellImport(to, csv) })
				require.NoError(b, os.Remove(to))
			}
			b.ReportMetric(own.Seconds()/shell.Seconds(), "×shell")
		})
	}
}

// readAll keeps the rows of the table in memory, so that reading them is no part of what is measured.
func readAll(b *testing.B, path string, native bool) (*catalog.Table, []connector.LoadColumn, []*change.Batch) {
	source := openTestSource(b, path)
	cat, err := source.Inspect(b.Context(), connector.InspectOptions{})
	require.NoError(b, err)
	snapshot, err := source.Snapshot(b.Context(), 1)
	require.NoError(b, err)
	defer snapshot.Close()
	var columns []connector.LoadColumn
	var batches []*change.Batch
	r := connector.ReadRequest{Table: cat.Schemas[0].Tables[0], Pool: change.NewPool(benchRows/change.MaxBatchRows*2, 0)}
	r.Emit = func(x *change.Batch) error { batches = append(batches, x); return nil }
	for _, c := range r.Table.Columns {
		l := snapshot.Layout(c)
		if native {
			l = change.Native
		}
		r.Columns = append(r.Columns, connector.ReadColumn{Column: c, Layout: l})
		columns = append(columns, connector.LoadColumn{Column: c, Layout: l})
	}
	require.NoError(b, snapshot.Read(b.Context(), r))
	return r.Table, columns, batches
}

func loadAll(b *testing.B, path string, table *catalog.Table, columns []connector.LoadColumn, batches []*change.Batch) error {
	target := openTestTarget(b, path)
	if err := target.Exec(b.Context(), Dialect{}.Script(table, false).Create); err != nil {
		return err
	}
	loader, err := target.Load(b.Context(), connector.LoadRequest{Table: table, Columns: columns})
	if err != nil {
		return err
	}
	for _, x := range batches {
		if err := loader.Write(b.Context(), x); err != nil {
			return err
		}
	}
	if err := loader.Commit(b.Context(), connector.Counts{}); err != nil {
		return err
	}
	return target.Close()
}

func took(tb testing.TB, f func() error) time.Duration {
	tb.Helper()
	start := time.Now()
	require.NoError(tb, f())
	return time.Since(start)
}

func shellCSV(path string, to io.Writer) error {
	c := exec.Command("sqlite3", "-csv", path, "SELECT * FROM item")
	c.Stdout = to
	return c.Run()
}

func shellImport(path, csv string) error {
	create := `CREATE TABLE item (id INTEGER PRIMARY KEY, a INTEGER, b BIGINT, price DECIMAL(10,2), weight REAL,
  name VARCHAR(60), note TEXT, at DATETIME, day DATE, ok BOOLEAN)`
	return exec.Command("sqlite3", "-csv", path, create, ".import "+csv+" item").Run()
}
