package progress

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// compared sums the tables of a validation.
type compared struct {
	tables, done   int
	rows, expected int64
	failed         int64
}

func sumCompared(counts []validate.Counts) (c compared) {
	for _, t := range counts {
		c.tables++
		c.rows += t.Compared
		c.failed += t.Failed
		if ended(t.State) {
			c.done++
			c.expected += t.Compared
			continue
		}
		c.expected += max(t.Expected, t.Compared)
	}
	return c
}

func ended(s validate.State) bool {
	switch s {
	case validate.Pending, validate.Preparing, validate.PendingRecords, validate.PendingAgain:
		return false
	}
	return true
}

func (c compared) fraction() float64 {
	if c.expected <= 0 {
		return 0
	}
	return min(float64(c.rows)/float64(c.expected), 1)
}

// ValidationBar draws a bar for the whole comparison, until ctx ends.
func ValidationBar(ctx context.Context, stats *validate.Stats, out io.Writer) {
	bars := mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(refresh), mpb.WithWidth(40))
	var text atomic.Value
	text.Store("")
	bar := bars.AddBar(barScale, mpb.PrependDecorators(label("validation")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return text.Load().(string) }))) //nolint:forcetypeassert // stored above
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		c := sumCompared(stats.Tables())
		text.Store(fmt.Sprintf("%3.0f%%  %d/%d tables, %s rows, %s differ", 100*c.fraction(), c.done, c.tables, Count(c.rows), Count(c.failed)))
		bar.SetCurrent(min(int64(c.fraction()*barScale), barScale-1))
		select {
		case <-ctx.Done():
			bar.Abort(false)
			bars.Wait()
			return
		case <-tick.C:
		}
	}
}

// ValidationLines logs a line when a table has been compared and one for the whole every interval, until ctx ends.
func ValidationLines(ctx context.Context, stats *validate.Stats, log *slog.Logger, interval time.Duration) {
	log = tasklog.Of(log, tasklog.Validator)
	told := map[string]bool{}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	next := time.Now().Add(interval)
	for {
		select {
		case <-ctx.Done():
			tellCompared(log, stats.Tables(), told)
			return
		case now := <-tick.C:
			tellCompared(log, stats.Tables(), told)
			if now.Before(next) {
				continue
			}
			next = now.Add(interval)
			c := sumCompared(stats.Tables())
			log.Info("comparing", "tables", c.tables, "done", c.done, "rows", c.rows, "percent", int(100*c.fraction()), "failed", c.failed)
		}
	}
}

func tellCompared(log *slog.Logger, counts []validate.Counts, told map[string]bool) {
	for _, t := range counts {
		name := t.Source.String()
		if !ended(t.State) || told[name] {
			continue
		}
		told[name] = true
		log.Info("table compared", "table", name, "state", string(t.State), "rows", t.Compared, "failed", t.Failed)
	}
}
