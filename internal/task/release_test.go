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

// TestReleaseNamesASlotOfTheUser: a slot that the user has named is never dropped, whoever has made it, and it is said how to drop it; the
// one of the run's own name goes without a word.
func TestReleaseNamesASlotOfTheUser(t *testing.T) {
	for name, of := range map[string]struct{ setting, start string }{"named and made": {setting: "moves_a"}, "there, as the start": {start: "moves_b"}, "own": {}} {
		t.Run(name, func(t *testing.T) {
			source, target := newEnd(t, "postgresql-18"), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)")
			c := changesConfig(source, target)
			c.Stop.CaughtUp = true
			slot := of.setting + of.start
			if of.setting != "" {
				c.Source.Settings = map[string]string{"SlotName": of.setting}
			}
			if of.start != "" {
				source.exec(t, "CREATE PUBLICATION everything FOR ALL TABLES", "SELECT pg_create_logical_replication_slot('"+of.start+"', 'pgoutput')")
				c.Type, c.Start.Native = task.Changes, of.start
			}
			_, err := run(t.Context(), c)
			require.NoError(t, err)
			m, err := task.Open(t.Context(), c)
			require.NoError(t, err)
			defer func() { _ = m.Close() }()
			left, err := m.Leaves(t.Context())
			require.NoError(t, err)
			require.NoError(t, m.Release(t.Context()))
			slots := source.column(t, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()")
			if slot == "" {
				require.Empty(t, left)
				require.Empty(t, slots)
				return
			}
			require.Equal(t, []string{slot}, slots)
			require.Len(t, left, 1)
			require.Contains(t, left[0], "SELECT pg_drop_replication_slot('"+slot+"')")
			source.exec(t, "SELECT pg_drop_replication_slot('"+slot+"')")
			left, err = m.Leaves(t.Context())
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
