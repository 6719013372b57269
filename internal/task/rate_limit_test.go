package task_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// moved is what the target has been given by some time after the start.
type moved struct {
	rows, bytes int64
	after       time.Duration
}

// watched runs a migration and looks again and again at what it has moved. The time is taken after the counts, so that a slow machine
// can only make the speed seem lower.
func watched(t *testing.T, c task.Config) (seen []moved) {
	t.Helper()
	started, done := time.Now(), make(chan error, 1)
	look := func() {
		var m moved
		for _, table := range c.Stats.Tables() {
			m.rows += table.Rows
			m.bytes += table.Bytes
		}
		m.after = time.Since(started)
		seen = append(seen, m)
	}
	go func() {
		report, err := run(t.Context(), c)
		if err == nil && !report.Complete() {
			err = fmt.Errorf("not complete: %v", report.Failed)
		}
		done <- err
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			require.NoError(t, err)
			look()
			return seen
		case <-tick.C:
			look()
		}
	}
}

// requireWithin holds what was seen at each moment to a limit per second, with the burst of a tenth of a second that is allowed, and the
// last with the mean.
func requireWithin(t *testing.T, seen []moved, what string, limit int64, amount func(moved) int64) {
	t.Helper()
	for _, m := range seen {
		require.LessOrEqual(t, float64(amount(m)), float64(limit)*(m.after.Seconds()+0.1)+1, "%s after %s", what, m.after)
	}
	last := seen[len(seen)-1]
	require.Greater(t, amount(last), limit, "%s: more than the limit lets through in a second, else nothing is tested", what)
}

// TestRateLimitHolds: all workers and tables together keep to the limits, whether rows are decoded or the binary stream is passed on.
func TestRateLimitHolds(t *testing.T) {
	t.Parallel()
	const tables, rows, rowBytes = 3, 1500, 300
	for _, to := range []string{"postgresql-18", "mariadb", "sqlite"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, "postgresql-18")
			for i := range tables {
				source.exec(t, fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, v text)", i),
					fmt.Sprintf("INSERT INTO t%d SELECT n, repeat('x', %d) FROM generate_series(1, %d) n", i, rowBytes, rows), fmt.Sprintf("ANALYZE t%d", i))
			}
			for name, limit := range map[string]struct{ rows, bytes int64 }{
				"rows": {rows: 2000}, "bytes": {bytes: 600_000}, "rows before bytes": {rows: 3000, bytes: 100_000_000}, "bytes before rows": {rows: 1_000_000, bytes: 800_000},
			} {
				t.Run(name, func(t *testing.T) {
					c := config(source, newEnd(t, to))
					c.Stats, c.RowsPerSecond, c.BytesPerSecond = &fullload.Stats{}, limit.rows, limit.bytes
					seen := watched(t, c)
					require.EqualValues(t, tables*rows, seen[len(seen)-1].rows)
					if limit.rows == 2000 || limit.rows == 3000 {
						requireWithin(t, seen, "rows", limit.rows, func(m moved) int64 { return m.rows })
					}
					if limit.bytes > 0 && limit.bytes < 1_000_000 {
						requireWithin(t, seen, "bytes", limit.bytes, func(m moved) int64 { return m.bytes })
					}
				})
			}
		})
	}
}
