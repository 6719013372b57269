package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestAColumnThatHasGoneIsNoText: to SQLite a name in double quotes that is no column's is a text. Whatever reads a table, or
// looks for its rows, must fail when one of its columns has got another name since it was looked at.
func TestAColumnThatHasGoneIsNoText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	app := openApp(t, path, "")
	_, err := app.ExecContext(t.Context(), "CREATE TABLE t (id INTEGER PRIMARY KEY, `a``b` int); INSERT INTO t VALUES (1, 10)")
	require.NoError(t, err)
	src, err := Engine().OpenSource(t.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(t, err)
	defer func() { require.NoError(t, src.Close()) }()
	cat, err := src.Inspect(t.Context(), connector.InspectOptions{})
	require.NoError(t, err)
	table := cat.Schemas[0].Tables[0]
	gone := table.Columns[1]
	target, err := Engine().OpenTarget(t.Context(), connector.Config{URL: "sqlite:" + path})
	require.NoError(t, err)
	defer func() { require.NoError(t, target.Close()) }()

	read := func(columns []*catalog.Column, where []catalog.Predicate) error {
		sn, err := src.Snapshot(t.Context(), 1)
		require.NoError(t, err)
		defer func() { require.NoError(t, sn.Close()) }()
		pool := change.NewPool(2, 0)
		r := connector.ReadRequest{Table: table, Where: where, Pool: pool, Emit: func(b *change.Batch) error { pool.Put(b); return nil }}
		for _, c := range columns {
			r.Columns = append(r.Columns, connector.ReadColumn{Column: c, Layout: sn.Layout(c)})
		}
		return sn.Read(t.Context(), r)
	}
	filter := []catalog.Predicate{{Column: gone.Name, Any: []catalog.Comparison{{Operator: catalog.Equal, Value: "10"}}}}
	deleting := func() error {
		session, err := target.(connector.Applier).Apply(t.Context(), connector.ApplyOptions{Run: "run"})
		require.NoError(t, err)
		defer func() { require.NoError(t, session.Close()) }()
		require.NoError(t, session.Begin(t.Context()))
		columns := []connector.LoadColumn{{Column: gone, Layout: change.Int64}}
		var old change.Batch
		old.Reset([]change.Layout{change.Int64})
		old.Columns[0].AppendInt(10)
		old.EndRow()
		_, err = session.Write(t.Context(), []connector.RowSet{{Op: change.Delete, Table: table, OldColumns: columns, Old: &old, Key: []int{0}}})
		require.NoError(t, session.Rollback(t.Context()))
		return err
	}
	paths := map[string]func() error{
		"read":   func() error { return read(table.Columns, nil) },
		"filter": func() error { return read(table.Columns[:1], filter) },
		"delete": deleting,
	}
	for name, f := range paths {
		require.NoError(t, f(), name)
	}
	_, err = app.ExecContext(t.Context(), "ALTER TABLE t RENAME COLUMN `a``b` TO c")
	require.NoError(t, err)
	for name, f := range paths {
		err := f()
		require.ErrorContains(t, err, "no such column", name)
		require.NotEqual(t, connector.Data, connector.ClassOf(err), "%s: a fault of structure is no fault of a row", name)
	}
}
