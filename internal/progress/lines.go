package progress

import (
	"context"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// Lines logs a line when a table ends and one for the whole every interval, until ctx ends.
func Lines(ctx context.Context, stats *fullload.Stats, log *slog.Logger, interval time.Duration) {
	tables, speed := tasklog.Of(log, tasklog.TablesManager), tasklog.Of(log, tasklog.Performance)
	started, told := time.Now(), map[int]bool{}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	next := started.Add(interval)
	for {
		counts := stats.Tables()
		tellEnded(tables, counts, told)
		select {
		case <-ctx.Done():
			tellEnded(tables, stats.Tables(), told)
			return
		case now := <-tick.C:
			if now.Before(next) {
				continue
			}
			next = now.Add(interval)
			tellTotal(speed, Sum(counts, started, now))
		}
	}
}

func tellEnded(log *slog.Logger, tables []fullload.TableCounts, told map[int]bool) {
	for i, t := range tables {
		if t.Ended.IsZero() || told[i] {
			continue
		}
		told[i] = true
		if t.State == fullload.Failed {
			log.Error("table not loaded", "table", t.Source.String(), "error", t.Err)
			continue
		}
		log.Info("table loaded", "table", t.Source.String(), "rows", t.Rows, "bytes", t.Bytes,
			"rejected", t.Rejected, "seconds", t.Ended.Sub(t.Started).Seconds())
	}
}

func tellTotal(log *slog.Logger, t Total) {
	log.Info("loading", "tables", t.Tables, "done", t.Done, "rows", t.Rows, "bytes", t.Bytes,
		"percent", int(100*t.Fraction), "rows_per_second", int64(t.RowsPerSecond()),
		"bytes_per_second", int64(t.BytesPerSecond()), "eta", t.ETA().String())
}
