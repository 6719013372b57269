package task_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

var threePairs = [][2]string{{"sqlite", "postgresql-15"}, {"postgresql-15", "mariadb"}, {"mariadb", "sqlite"}}

// TestStopsAfterTheLoad interrupts a task that is to stop before the cached changes: in its load, and between the load and the stop.
// It stops there all the same, and only then another run follows.
func TestStopsAfterTheLoad(t *testing.T) {
	for _, pair := range threePairs {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target, c := stopping(t, pair)
			c.Settings.FullLoadSettings.StopTaskCachedChangesNotApplied = true
			notes := controlTable(target, "awsdms_task_notes")
			interruptLoad(t, c)
			source.exec(t, "INSERT INTO a VALUES (100001, 'cached')")
			for range 2 {
				report, err := run(t.Context(), c)
				require.NoError(t, err)
				require.Equal(t, cdc.AfterLoad, report.Reason)
				source.exec(t, "UPDATE a SET name = 'later' WHERE id = 100001")
				require.NotContains(t, target.text(t, target.table(t, source, "a"), "name"), "later")
				// The next run begins as one whose predecessor was killed just before it stopped.
				target.exec(t, fmt.Sprintf("INSERT INTO %s VALUES ('%s', 'stop after load', '%[2]s')", notes, c.RunName))
			}
			target.exec(t, fmt.Sprintf("DELETE FROM %s WHERE value = '%s'", notes, c.RunName))
			followsOn(t, c)
			requireSame(t, source, target, "a")
		})
	}
}

// TestStopsAfterTheCachedChanges does so to one that is to stop after them: once, and the next run follows on.
func TestStopsAfterTheCachedChanges(t *testing.T) {
	for _, pair := range threePairs {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target, c := stopping(t, pair)
			c.Settings.FullLoadSettings.StopTaskCachedChangesApplied = true
			interruptLoad(t, c)
			source.exec(t, "INSERT INTO a VALUES (100001, 'cached')")
			report, err := run(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, cdc.CaughtUp, report.Reason)
			requireSame(t, source, target, "a")
			source.exec(t, "UPDATE a SET name = 'later' WHERE id = 100001")
			followsOn(t, c)
			requireSame(t, source, target, "a")
		})
	}
}

// stopping is a task with rows to load.
func stopping(t *testing.T, pair [2]string) (source, target *end, c taskConfig) {
	source, target = newEnd(t, pair[0]), newEnd(t, pair[1])
	source.fill(t, "a", 3000)
	c = changesConfig(source, target)
	c.RunName = fmt.Sprint("stopping ", time.Now().UnixNano()) // the server of the target serves other tests too
	t.Cleanup(func() { release(t, c) })
	return source, target, c
}

// interruptLoad runs a task until some segments are loaded and others are not.
func interruptLoad(t *testing.T, c taskConfig) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.SegmentBytes, c.RowsPerSecond = 4<<10, 1500
	go func() {
		for ctx.Err() == nil {
			for _, table := range c.Stats.Tables() {
				if table.SegmentsDone > 1 {
					cancel()
				}
			}
			<-time.After(time.Millisecond)
		}
	}()
	_, err := run(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, c.Stats.Tables()[0].SegmentsDone, c.Stats.Tables()[0].Segments)
}

// followsOn runs a task until its time is over, as it does only if nothing else stops it.
func followsOn(t *testing.T, c taskConfig) {
	c.Stop.ServerTime = time.Now().Add(2 * time.Second)
	report, err := run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, cdc.AtServerTime, report.Reason)
}
