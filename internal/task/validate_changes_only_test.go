package task_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// A validation-only task beside the one that replicates compares all rows first, then those that change, and writes none.
func TestValidationOnlyOfChanges(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, watchedTables...)
		load(t, source, target)
		there := target.table(t, source, "item")
		target.exec(t, "UPDATE "+there+" SET name = 'wrong' WHERE id = 2")

		c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,
			"ValidationQueryCdcDelaySeconds":1},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
		c.Type = task.Changes
		stop := startWatching(t, c)
		awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Mismatched, "named": validate.Validated}, 1)

		source.patient(t, "UPDATE item SET n = 7 WHERE id = 1")
		awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Mismatched}, 2)
		require.Eventually(t, func() bool { return failedOf(c.ValidationStats, "item") == 2 }, time.Minute, 50*time.Millisecond)
		require.Equal(t, []string{"wrong"}, target.column(t, "SELECT name FROM "+there+" WHERE id = 2"), "nothing is written")

		target.patient(t, "UPDATE "+there+" SET name = 'two' WHERE id = 2")
		catchUp(t, source, target)
		source.patient(t, "UPDATE item SET n = 8 WHERE id = 1")
		source.patient(t, "UPDATE item SET n = 9 WHERE id = 2")
		catchUp(t, source, target)
		awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Validated, "named": validate.Validated}, 2)
		stop()
	})
}

func failedOf(s *validate.Stats, table string) int64 {
	for _, c := range s.Tables() {
		if c.Source.Name == table {
			return c.Failed
		}
	}
	return -1
}

// A table of a task that follows changes is compared again when it is asked for.
func TestRevalidate(t *testing.T) {
	t.Parallel()
	source, target := newEnd(t, "postgresql-18"), newEnd(t, "postgresql-18")
	source.exec(t, watchedTables...)
	c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`)
	ctx, cancel := context.WithCancel(context.Background())
	m, err := task.Open(ctx, c)
	require.NoError(t, err)
	plan, err := m.Plan(ctx)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := m.Run(ctx, plan)
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, m.Close())
		release(t, c)
	})
	good := map[string]validate.State{"item": validate.Validated, "named": validate.Validated}
	awaitStates(t, c.ValidationStats, good, 0)
	target.exec(t, "UPDATE item SET name = 'wrong' WHERE id = 2")
	item := []catalog.Name{{Schema: "public", Name: "item"}}
	require.Eventually(t, func() bool { return m.Revalidate(ctx, item) == nil }, time.Minute, 50*time.Millisecond)
	require.Eventually(t, func() bool { return failedOf(c.ValidationStats, "item") == 1 }, time.Minute, 50*time.Millisecond)
	target.exec(t, "UPDATE item SET name = 'two' WHERE id = 2")
	require.NoError(t, m.Revalidate(ctx, item))
	awaitStates(t, c.ValidationStats, good, 1)
	require.Error(t, m.Revalidate(ctx, []catalog.Name{{Schema: "public", Name: "none"}}))

	// A table that is loaded anew is compared when its changes are followed again.
	target.exec(t, "UPDATE item SET name = 'wrong' WHERE id = 2")
	require.NoError(t, m.Revalidate(ctx, item))
	require.Eventually(t, func() bool { return failedOf(c.ValidationStats, "item") == 1 }, time.Minute, 50*time.Millisecond)
	require.NoError(t, m.Reload(ctx, item))
	awaitStates(t, c.ValidationStats, good, 1)
	require.Equal(t, []string{"two"}, target.column(t, "SELECT name FROM item WHERE id = 2"))
}
