package main

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMigrationsIntoOneDatabaseKeepTheirRowsApart: the control tables of a target tell the rows of two migrations apart, and know one again that is
// run once more.
func TestMigrationsIntoOneDatabaseKeepTheirRowsApart(t *testing.T) {
	numbered := append(slices.Clone(shop), "UPDATE item SET name = '0' || id")
	one, other := "sqlite:"+sqliteFile(t, numbered...), "sqlite:"+sqliteFile(t, numbered...)
	to := sqliteFile(t, "CREATE TABLE item (id INTEGER PRIMARY KEY, name NUMERIC)") // where 01 becomes 1
	validating := written(t, "validating.json", `{"ValidationSettings":{"EnableValidation":true}}`)
	failed := func(source string) {
		t.Helper()
		r := invoke(t, "migrate", source, "sqlite:"+to, "--only", "main.item", "--prep", "truncate", "--task-settings", validating)
		require.Equal(t, exitIncomplete, r.code, r.all)
	}
	rows := func(of string) int {
		t.Helper()
		return count(t, to, "SELECT count("+of+") FROM awsdms_validation_failures_v1")
	}
	failed(one)
	require.Equal(t, 2, rows("*"))
	failed(other)
	require.Equal(t, 4, rows("*"), "the failures of the first are still there")
	require.Equal(t, 2, rows("DISTINCT TASK_NAME"))
	failed(one)
	require.Equal(t, 4, rows("*"), "they are put in the place of those that the same migration has left")

	status := written(t, "status.json", `{"ControlTablesSettings":{"StatusTableEnabled":true}}`)
	to = filepath.Join(t.TempDir(), "followed.db")
	for _, source := range []string{one, other, one} {
		r := invoke(t, "migrate", source, "sqlite:"+to, "--only", "main.item", "--prep", "append", "--migration-type", "full-load-and-cdc", "--cutover", "--task-settings", status)
		require.NotEqual(t, exitUsage, r.code, r.all)
	}
	require.Equal(t, 2, count(t, to, "SELECT count(*) FROM awsdms_status"))
}
