package task_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// resyncs are the settings of a task whose windows the test opens.
const resyncs = `"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6","MaxResyncTime":5}`

// windows has a schedule go by a clock that stands shortly before a window, and moves on only when the test lets it.
func windows(c *task.Config) (open chan struct{}) {
	open = make(chan struct{}, 1)
	c.Clock = func() time.Time {
		<-open
		return time.Date(2026, 11, 28, 1, 59, 59, 999_000_000, time.UTC)
	}
	return open
}

// startTask runs a task until the test's end.
func startTask(t *testing.T, c task.Config) *task.Task {
	t.Helper()
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
	return m
}

// awaitFailures has a table compared again until so many rows are found to differ.
func awaitFailures(t *testing.T, m *task.Task, c *task.Config, table catalog.Name, want int64) {
	t.Helper()
	require.Eventually(t, func() bool { return m.Revalidate(t.Context(), []catalog.Name{table}) == nil }, time.Minute, 20*time.Millisecond)
	require.Eventually(t, func() bool { return failedOf(c.ValidationStats, table.Name) == want }, 90*time.Second, 20*time.Millisecond)
}

// awaitResync waits until a window is over and returns what it has come to.
func awaitResync(t *testing.T, c *task.Config, table string, since time.Time) (r validate.Resync) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, n := range c.ValidationStats.Tables() {
			if n.Source.Name == table {
				r = n.Resync
			}
		}
		return r.State == validate.ResyncDone && r.At.After(since)
	}, 90*time.Second, 20*time.Millisecond)
	r.At = time.Time{}
	return r
}

// rowsOf are the rows of table item, the same text on every engine.
func rowsOf(t *testing.T, e *end, table string) []string {
	t.Helper()
	sql := "SELECT id || ' ' || coalesce(name, '-') || ' ' || coalesce(CAST(n AS int), -1) FROM %s ORDER BY id"
	if e.family == catalog.MySQL {
		sql = "SELECT CONCAT(id, ' ', coalesce(name, '-'), ' ', coalesce(CAST(n AS int), -1)) FROM %s ORDER BY id"
	}
	return e.column(t, fmt.Sprintf(sql, table))
}

// TestResyncWhileFollowing spoils rows of the target: the next window puts them right, and says so in awsdms_validation_failures_v2.
func TestResyncWhileFollowing(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, watchedTables...)
		c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0},`+resyncs+`}`)
		open := windows(&c)
		m := startTask(t, c)
		t.Cleanup(func() { close(open) })
		good := map[string]validate.State{"item": validate.Validated, "named": validate.Validated}
		awaitStates(t, c.ValidationStats, good, 0)

		there := target.table(t, source, "item")
		target.patient(t, "UPDATE "+there+" SET name = 'wrong' WHERE id = 2")
		target.patient(t, "DELETE FROM "+there+" WHERE id = 3")
		target.patient(t, "INSERT INTO "+there+" VALUES (99, 'extra', 9)")
		awaitFailures(t, m, &c, catalog.Name{Schema: schemaPattern(source), Name: "item"}, 3)
		for _, n := range c.ValidationStats.Tables() {
			require.Equal(t, validate.ResyncWaits, n.Resync.State)
		}

		began := time.Now()
		open <- struct{}{}
		require.Equal(t, validate.Resync{State: validate.ResyncDone, Attempted: 3, Succeeded: 3}, awaitResync(t, &c, "item", began))
		require.Equal(t, []string{"1 one 1", "2 two 2", "3 - -1"}, rowsOf(t, target, there))
		awaitStates(t, c.ValidationStats, good, 3)
		require.Equal(t, validate.Resync{State: validate.ResyncDone}, awaitResync(t, &c, "named", began))
		q := target.quote
		if target.family == catalog.PostgreSQL {
			require.Equal(t, []string{"DELETE SUCCESS", "UPSERT SUCCESS", "UPSERT SUCCESS"}, target.column(t, fmt.Sprintf(
				`SELECT %s || ' ' || %s FROM awsdms_validation_failures_v2 WHERE %s IS NOT NULL ORDER BY 1`, q("RESYNC_ACTION"), q("RESYNC_RESULT"), q("RESYNC_TIME"))))
		} else {
			require.Empty(t, failureRowsOf(t, target, "item"))
		}
		// Changes go on, of rows that were mended as well.
		source.patient(t, "UPDATE item SET n = 30, name = 'three' WHERE id = 3")
		source.patient(t, "INSERT INTO item VALUES (99, 'new', 1)")
		require.Eventually(t, func() bool {
			return strings.Join(rowsOf(t, target, there), ",") == "1 one 1,2 two 2,3 three 30,99 new 1"
		}, time.Minute, 20*time.Millisecond)
		awaitStates(t, c.ValidationStats, good, 3)
	})
}

// TestResyncKeepsNewerChanges resyncs rows that change all the time: what a window writes is never older than what the changes have
// written. Every change sets all columns, so that any row that is wrong in the end was made so by a window.
func TestResyncKeepsNewerChanges(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]string{{"postgresql-15", "postgresql-18"}, {"mariadb", "sqlite"}, {"sqlite", "postgresql-15"}, {"postgresql-18", "mariadb"}} {
		t.Run(p[0]+" to "+p[1], func(t *testing.T) {
			t.Parallel()
			// Rows of the last eighth are left to the window; the others may be put right by a change before it comes to them.
			const rows, untouched = 300, 35
			source, target := newEnd(t, p[0]), newEnd(t, p[1])
			var values []string
			for id := range rows {
				values = append(values, fmt.Sprintf("(%d, 'x', 0)", id))
			}
			source.exec(t, watchedTables[0], "INSERT INTO item VALUES "+strings.Join(values, ", "))
			c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0},`+resyncs+`}`)
			open := windows(&c)
			m := startTask(t, c)
			t.Cleanup(func() { close(open) })
			good := map[string]validate.State{"item": validate.Validated}
			awaitStates(t, c.ValidationStats, good, 0)
			there := target.table(t, source, "item")
			target.patient(t, "UPDATE "+there+" SET name = 'spoiled', n = -5")
			awaitFailures(t, m, &c, catalog.Name{Schema: schemaPattern(source), Name: "item"}, rows)

			began := time.Now()
			open <- struct{}{}
			var over time.Time
			for i := 0; over.IsZero() || time.Since(over) < time.Second; i++ {
				// A few rows all the time, and all of them now and then.
				source.patient(t, fmt.Sprintf("UPDATE item SET n = %d, name = 'v%d' WHERE id < 20", i, i))
				if i%10 == 0 {
					source.patient(t, fmt.Sprintf("UPDATE item SET n = %d, name = 'w%d' WHERE id %% 8 = %d", i, i, i/10%7))
				}
				require.Less(t, time.Since(began), 2*time.Minute)
				for _, n := range c.ValidationStats.Tables() {
					if over.IsZero() && n.Resync.State == validate.ResyncDone && n.Resync.At.After(began) {
						over = time.Now()
						require.GreaterOrEqual(t, n.Resync.Succeeded, int64(untouched))
					}
				}
			}
			source.patient(t, "UPDATE item SET n = 7, name = 'last' WHERE id < 20")
			want := rowsOf(t, source, "item")
			require.Eventually(t, func() bool { return strings.Contains(strings.Join(rowsOf(t, target, there), ","), "0 last 7,") }, time.Minute, 20*time.Millisecond)
			require.Equal(t, want, rowsOf(t, target, there))
			awaitStates(t, c.ValidationStats, good, rows)
		})
	}
}

// TestResyncOfAnothersFailures mends what a validation-only task has found, and tells it in its failures.
func TestResyncOfAnothersFailures(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, watchedTables...)
		load(t, source, target)
		item, named := target.table(t, source, "item"), target.table(t, source, "named")
		target.exec(t, "UPDATE "+item+" SET name = 'wrong' WHERE id = 2", "DELETE FROM "+item+" WHERE id = 3",
			"INSERT INTO "+named+" VALUES ('extra', 1)", "UPDATE "+named+" SET n = 77 WHERE code = 'c1x'")
		proof := fmt.Sprintf("proof %d", time.Now().UnixNano()) // the server of the target serves other tests too
		only := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,
			"ValidationQueryCdcDelaySeconds":1},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
		only.Type, only.Name = task.Changes, proof
		stop := startWatching(t, only)
		require.Eventually(t, func() bool {
			return failedOf(only.ValidationStats, "item") == 2 && failedOf(only.ValidationStats, "named") == 2
		}, time.Minute, 20*time.Millisecond)
		require.Eventually(t, func() bool {
			return len(failureRowsOf(t, target, "item")) == 2 && len(failureRowsOf(t, target, "named")) == 2
		}, time.Minute, 20*time.Millisecond)
		stop()

		c := watching(t, source, target, `{"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"0 2 * * 6","MaxResyncTime":5,"ValidationTaskId":"`+proof+`"}}`)
		open := windows(&c)
		startTask(t, c)
		t.Cleanup(func() { close(open) })
		began := time.Now()
		open <- struct{}{}
		want := validate.Resync{State: validate.ResyncDone, Attempted: 2, Succeeded: 2}
		require.Equal(t, want, awaitResync(t, &c, "item", began))
		require.Equal(t, want, awaitResync(t, &c, "named", began))
		require.Equal(t, []string{"1 one 1", "2 two 2", "3 - -1"}, rowsOf(t, target, item))
		require.Equal(t, []string{"C1", "C2", "c1x"}, slices.Sorted(slices.Values(target.text(t, named, "code"))))
		require.Equal(t, []string{"3"}, target.column(t, "SELECT n FROM "+named+" WHERE code = 'c1x'"))
		for _, n := range c.ValidationStats.Tables() {
			require.Equal(t, validate.NotEnabled, n.State)
		}
		q := target.quote
		if target.family == catalog.PostgreSQL {
			require.Equal(t, []string{"DELETE SUCCESS", "UPSERT SUCCESS", "UPSERT SUCCESS", "UPSERT SUCCESS"}, target.column(t, fmt.Sprintf(
				`SELECT %s || ' ' || %s FROM awsdms_validation_failures_v2 WHERE %s IS NOT NULL ORDER BY 1`, q("RESYNC_ACTION"), q("RESYNC_RESULT"), q("RESYNC_TIME"))))
			return
		}
		require.Empty(t, failureRowsOf(t, target, "item"))
		require.Empty(t, failureRowsOf(t, target, "named"))
	})
}
