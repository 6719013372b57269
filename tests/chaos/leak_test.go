package chaos_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// TestNothingLeftRunning looks for goroutines after a run that was cancelled, one that failed and one that succeeded.
func TestNothingLeftRunning(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {maria, maria}, {sqlite, sqlite}, {pg, maria}, {maria, sqlite}, {sqlite, pg}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeShop(t, source)
			source.db.SetMaxIdleConns(0)
			target.db.SetMaxIdleConns(0)
			before := goleak.IgnoreCurrent()

			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			enough := errors.New("enough")
			ended := make(chan error)
			stats := &fullload.Stats{}
			go func() { ended <- inProcess(ctx, source, target, stats, 3000) }()
			require.Eventually(t, func() bool { return target.phase() == "among the rows" }, runs, poll)
			cancel(enough)
			require.ErrorIs(t, <-ended, enough)
			goleak.VerifyNone(t, before)

			// A target table that somebody has spoiled meanwhile.
			target.exec(t, "DROP TABLE IF EXISTS orders", "CREATE TABLE orders (other int)")
			require.Error(t, inProcess(t.Context(), source, target, &fullload.Stats{}, 0))
			goleak.VerifyNone(t, before)

			target.exec(t, "DROP TABLE orders")
			require.NoError(t, inProcess(t.Context(), source, target, &fullload.Stats{}, 0))
			goleak.VerifyNone(t, before)
			requireSame(t, source, target)
		})
	}
}

// inProcess runs a migration without the program around it. A table that was not loaded is an error.
func inProcess(ctx context.Context, source, target *end, stats *fullload.Stats, rowsPerSecond int64) error {
	s := settings.MigrateDefaults()
	s.FullLoadSettings.MaxFullLoadSubTasks = 3
	open, err := task.Open(ctx, task.Config{
		Engines: all.Engines(), Name: "chaos", Settings: s, RefuseRows: true, Stats: stats, Log: slog.New(slog.DiscardHandler),
		Source: connector.Config{URL: source.url}, Target: connector.Config{URL: target.url},
		RowsPerSecond: rowsPerSecond, SegmentBytes: 32 << 10,
	})
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }()
	plan, err := open.Plan(ctx)
	if err != nil {
		return err
	}
	report, err := open.Run(ctx, plan)
	if err != nil {
		return err
	}
	for _, t := range report.Tables {
		if t.Err != nil {
			return t.Err
		}
	}
	return nil
}
