package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestReleaseKnowsItsMigration: who releases a migration under another name than it was run with is told so, and both what the
// target remembers and what the source keeps make it known.
func TestReleaseKnowsItsMigration(t *testing.T) {
	for _, engine := range []string{"postgresql-15", "mariadb", "sqlite"} {
		t.Run(engine, func(t *testing.T) {
			source, target := newEnd(t, engine), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)", "INSERT INTO item VALUES (1)")
			open := func(edits ...edit) *task.Task {
				c := changesConfig(source, target)
				for _, e := range edits {
					e(&c)
				}
				m, err := task.Open(t.Context(), c)
				require.NoError(t, err)
				t.Cleanup(func() { _ = m.Close() })
				return m
			}
			load(t, source, target)
			require.ErrorIs(t, open(func(c *task.Config) { c.TargetSchema = "other" }).Known(t.Context()), task.ErrUnknownRun)
			m := open()
			require.NoError(t, m.Known(t.Context()))
			target.exec(t, "DROP TABLE awsdms_txn_state", "DROP TABLE awsdms_task_notes", "DROP TABLE IF EXISTS awsdms_load_progress")
			if engine != "mariadb" { // whose source keeps nothing for it
				require.NoError(t, m.Known(t.Context()), "the source keeps its changes")
			}
			require.NoError(t, m.Release(t.Context()))
			require.ErrorIs(t, m.Known(t.Context()), task.ErrUnknownRun)
		})
	}
}
