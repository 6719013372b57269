package fullload_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/sqlite"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// likeLoad describes every table of a source to a load into the same engine, names and types as they are.
func likeLoad(t *testing.T, c *catalog.Catalog, s connector.Snapshot, d connector.Dialect, o connector.SplitOptions) []*fullload.Table {
	t.Helper()
	var out []*fullload.Table
	for _, schema := range c.Schemas {
		for _, table := range schema.Tables {
			segments, err := s.Split(t.Context(), table, o)
			require.NoError(t, err)
			script := d.Script(table, false)
			ft := &fullload.Table{
				Source: table, Target: table, Segments: segments, Fresh: true, Columns: table.Columns, TargetColumns: table.Columns,
				Native: make([]bool, len(table.Columns)), Create: script.Create, Keys: script.Keys, Indexes: script.Indexes,
			}
			for i := range ft.Native {
				ft.Native[i] = true
			}
			out = append(out, ft)
		}
	}
	return out
}

func TestEveryRowOfEverySegmentArrivesOnce(t *testing.T) {
	dir := t.TempDir()
	source, target := filepath.Join(dir, "source.db"), filepath.Join(dir, "target.db")
	fill(t, source, 20_000)
	e := sqlite.Engine()
	src, err := e.OpenSource(t.Context(), connector.Config{URL: "sqlite:" + source})
	require.NoError(t, err)
	defer func() { require.NoError(t, src.Close()) }()
	dst, err := e.OpenTarget(t.Context(), connector.Config{URL: "sqlite:" + target})
	require.NoError(t, err)
	defer func() { require.NoError(t, dst.Close()) }()
	c, err := src.Inspect(t.Context(), connector.InspectOptions{Objects: true})
	require.NoError(t, err)
	snapshot, err := src.Snapshot(t.Context(), 3)
	require.NoError(t, err)
	defer func() { require.NoError(t, snapshot.Close()) }()

	tables := likeLoad(t, c, snapshot, e.Dialect, connector.SplitOptions{SegmentBytes: 64 << 10})
	require.Greater(t, len(tables[0].Segments), 2, "the table must be cut for this test to mean anything")
	require.NoError(t, journal(t.Context(), dst, tables))
	for _, ft := range tables {
		require.NoError(t, dst.Exec(t.Context(), ft.Create))
		ft.Create = nil
	}
	stats := &fullload.Stats{}
	require.NoError(t, fullload.Run(t.Context(), fullload.Config{
		Run: "r", Snapshot: snapshot, Target: dst, Tables: tables, Workers: 3, Stats: stats, Log: slog.Default(),
	}))
	for _, s := range stats.Tables() {
		require.Equal(t, fullload.Completed, s.State, s.Source)
		require.NoError(t, s.Err)
	}
	require.Equal(t, fingerprint(t, source), fingerprint(t, target))
}

func journal(ctx context.Context, dst connector.Target, tables []*fullload.Table) error {
	var marks []connector.Mark
	for _, ft := range tables {
		for _, s := range ft.Segments {
			marks = append(marks, connector.Mark{Run: "r", Table: ft.Target.Name, Segment: s})
		}
	}
	return dst.Journal().Plan(ctx, marks)
}

func fill(t *testing.T, path string, rows int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range []string{
		"CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price NUMERIC, photo BLOB)",
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
			INSERT INTO item SELECT i, 'item ' || i, i * 1.25, zeroblob(i %% 50) FROM n`, rows),
		"CREATE INDEX item_name ON item (name)",
	} {
		_, err := db.ExecContext(t.Context(), s)
		require.NoError(t, err)
	}
}

func fingerprint(t *testing.T, path string) (s string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.QueryRowContext(t.Context(),
		`SELECT count(*) || ':' || sum(id) || ':' || group_concat(id || name || price || typeof(price) || hex(photo))
		 FROM (SELECT * FROM item ORDER BY id)`).Scan(&s))
	return s
}
