package task_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestManyTablesTogether: hundreds of tables, which SQLite is given at once, are made and filled as a few are; a run that ended among them
// goes on.
func TestManyTablesTogether(t *testing.T) {
	source, target := newEnd(t, "sqlite"), newEnd(t, "sqlite")
	const tables = 250
	var ss []string
	for i := range tables {
		ss = append(ss, fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, v TEXT UNIQUE)", i), fmt.Sprintf("CREATE INDEX i%d ON t%d (v DESC)", i, i),
			fmt.Sprintf("INSERT INTO t%d VALUES (1, 'a'), (%d, 'b')", i, i+2))
	}
	source.exec(t, ss...)

	ctx, cancel := context.WithCancel(t.Context())
	c := config(source, target)
	c.RowsPerSecond = 200
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			made, err := servertest.Column(target.db, "SELECT count(*) FROM sqlite_schema WHERE name = 't0'", "NULL")
			if err != nil || made[0] != "0" {
				return
			}
		}
	}()
	_, err := run(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{fmt.Sprint(tables)}, target.column(t, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 't%'"), "all at once")

	require.Equal(t, []string{fmt.Sprint(tables)}, target.column(t, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name LIKE 'i%'"), "with their indexes")

	migrate(t, source, target)
	schema := "SELECT type || name || coalesce(sql, '') FROM sqlite_schema ORDER BY 1"
	require.Equal(t, source.column(t, schema), target.column(t, schema))
	for i := range tables {
		q := fmt.Sprintf("SELECT id || v FROM t%d ORDER BY id", i)
		require.Equal(t, source.column(t, q), target.column(t, q))
	}
}
