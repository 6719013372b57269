package task_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

func watching(t *testing.T, source, target *end, document string) task.Config {
	t.Helper()
	c := changesConfig(source, target)
	s, err := settings.ParseOver(c.Settings, []byte(document))
	require.NoError(t, err)
	require.NoError(t, s.Check())
	c.Settings, c.ValidationStats, c.Log = s, &validate.Stats{}, slog.New(slog.NewTextHandler(t.Output(), nil))
	return c
}

// states waits until the validation of every table is as it should be, and never sees more failures than that.
func awaitStates(t *testing.T, stats *validate.Stats, want map[string]validate.State, failed int64) {
	t.Helper()
	var seen []validate.Counts
	ok := func() bool {
		seen = stats.Tables()
		found := 0
		for _, c := range seen {
			if want[c.Source.Name] == c.State && c.Pending == 0 {
				found++
			}
			require.LessOrEqual(t, c.Failed, failed, "a false alarm: %+v", c)
		}
		return found == len(want)
	}
	require.Eventually(t, ok, 90*time.Second, 50*time.Millisecond, "%+v", &seen)
}

// write changes rows at random until the context ends.
func writeRows(ctx context.Context, e *end, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test's numbers
	for ctx.Err() == nil {
		id := r.IntN(60)
		var sql string
		switch r.IntN(5) {
		case 0:
			sql = fmt.Sprintf("DELETE FROM item WHERE id = %d", id)
		case 1:
			sql = fmt.Sprintf("DELETE FROM named WHERE code = 'C%d'", id)
		case 2:
			sql = fmt.Sprintf("UPDATE named SET n = n + 1 WHERE code = 'C%d'", id)
		case 3:
			sql = fmt.Sprintf("INSERT INTO named SELECT 'C%[1]d', 1 WHERE NOT EXISTS (SELECT 1 FROM named WHERE code = 'C%[1]d')", id)
		default:
			sql = fmt.Sprintf("UPDATE item SET n = n + 1, name = 'x%d' WHERE id = %d", r.IntN(1000), id)
			if r.IntN(3) == 0 {
				sql = fmt.Sprintf("INSERT INTO item SELECT %[1]d, 'new', 1.5 WHERE NOT EXISTS (SELECT 1 FROM item WHERE id = %[1]d)", id)
			}
		}
		_, err := e.db.ExecContext(context.Background(), sql)
		if err != nil && !strings.Contains(err.Error(), "database is locked") { // SQLite's writers wait their turn
			return fmt.Errorf("%s: %w", sql, err)
		}
		<-time.After(time.Duration(r.IntN(4)) * time.Millisecond)
	}
	return nil
}

// patient runs a statement, waiting for SQLite's other writers.
func (e *end) patient(t *testing.T, sql string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := e.db.ExecContext(context.Background(), sql)
		if err != nil {
			require.ErrorContains(t, err, "database is locked")
		}
		return err == nil
	}, time.Minute, 5*time.Millisecond)
}

var watchedTables = []string{
	"CREATE TABLE item (id int NOT NULL PRIMARY KEY, name varchar(40), n decimal(12,2))",
	"CREATE TABLE named (code varchar(40) NOT NULL PRIMARY KEY, n int)",
	"INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2), (3, NULL, NULL)", "INSERT INTO named VALUES ('C1', 1), ('C2', 2), ('c1x', 3)",
}

// startWatching runs a task until the test's end, or until stop is called.
func startWatching(t *testing.T, c task.Config) (stop func() *task.Report) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	type outcome struct {
		report *task.Report
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := run(ctx, c)
		done <- outcome{r, err}
	}()
	var ended *outcome
	stop = func() *task.Report {
		cancel()
		if ended == nil {
			o := <-done
			ended = &o
			require.NoError(t, o.err)
		}
		return ended.report
	}
	t.Cleanup(func() { stop(); release(t, c) })
	return stop
}

// While a writer changes rows there is never a false alarm; a row that is lost is found once it is touched, listed, and forgotten when
// it is right again.
func TestValidationWhileChanging(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, source, target *end) {
		source.exec(t, watchedTables...)
		c := watching(t, source, target, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`)
		stop := startWatching(t, c)
		good := map[string]validate.State{"item": validate.Validated, "named": validate.Validated}
		awaitStates(t, c.ValidationStats, good, 0)

		writing, enough := context.WithTimeout(context.Background(), 4*time.Second)
		defer enough()
		wrote := make(chan error, 1)
		go func() { wrote <- writeRows(writing, source, 7) }()
		for writing.Err() == nil {
			for _, n := range c.ValidationStats.Tables() {
				if n.Failed > 0 {
					require.Fail(t, "a false alarm", "%+v, listed in all %q", n, allFailures(t, target))
				}
			}
			<-time.After(20 * time.Millisecond)
		}
		require.NoError(t, <-wrote)
		awaitStates(t, c.ValidationStats, good, 0)

		source.patient(t, "INSERT INTO item VALUES (1001, 'lost', 1)")
		there := target.table(t, source, "item")
		require.Eventually(t, func() bool {
			return slices.Equal(target.column(t, "SELECT count(*) FROM "+there+" WHERE id = 1001"), []string{"1"})
		}, time.Minute, 20*time.Millisecond)
		awaitStates(t, c.ValidationStats, good, 0)
		target.patient(t, "DELETE FROM "+there+" WHERE id = 1001")
		source.patient(t, "UPDATE item SET name = 'changed' WHERE id = 1001")
		awaitStates(t, c.ValidationStats, map[string]validate.State{"item": validate.Mismatched}, 1)
		require.Eventually(t, func() bool {
			return slices.Equal(failureRowsOf(t, target, "item"), []string{`MISSING_TARGET {"key": ["1001"]} []`})
		}, time.Minute, 50*time.Millisecond)

		source.patient(t, "DELETE FROM item WHERE id = 1001")
		awaitStates(t, c.ValidationStats, good, 1)
		require.Eventually(t, func() bool { return len(failureRowsOf(t, target, "item")) == 0 }, time.Minute, 50*time.Millisecond)
		require.Len(t, stop().Validation, 2)
	})
}
