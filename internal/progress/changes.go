package progress

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// AwaitChanges calls began once the source's changes are followed, or returns when ctx ends.
func AwaitChanges(ctx context.Context, stats *cdc.Stats, began func()) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for stats.Counts().State == cdc.NotFollowing {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	began()
}

// ChangeLines logs a line about the changes every interval, until ctx ends.
func ChangeLines(ctx context.Context, stats *cdc.Stats, log *slog.Logger, interval time.Duration) {
	rate := newRate(stats)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c := stats.Counts()
			log.Info("changes", "state", c.State.String(), "applied", c.Applied, "waiting", c.Waiting, "per_second", int64(rate.next(c)),
				"source_latency", c.SourceLatency.Round(time.Millisecond).String(),
				"target_latency", c.TargetLatency.Round(time.Millisecond).String(), "position", c.Position)
			if c.Warning != "" {
				log.Warn("the source warns", "warning", c.Warning)
			}
		}
	}
}

// changeRefresh is how often the line on a terminal is drawn.
const changeRefresh = 500 * time.Millisecond

// ChangeBar keeps one line about the changes on a terminal, until ctx ends.
func ChangeBar(ctx context.Context, stats *cdc.Stats, out io.Writer) {
	if stats.Counts().State == cdc.NotFollowing {
		return
	}
	rate := newRate(stats)
	tick := time.NewTicker(changeRefresh)
	defer tick.Stop()
	for {
		c := stats.Counts()
		fmt.Fprintf(out, "\r\x1b[K%s", ChangeText(c, rate.next(c)))
		select {
		case <-ctx.Done():
			fmt.Fprintln(out)
			return
		case <-tick.C:
		}
	}
}

// ChangeText says in one line how the following stands.
func ChangeText(c cdc.Counts, perSecond float64) string {
	text := fmt.Sprintf("%s: %s changes applied, %s waiting, %s changes/s, latency %s", c.State, Count(c.Applied), Count(c.Waiting),
		Short(perSecond), Span(max(c.SourceLatency, c.TargetLatency)))
	if c.Warning != "" {
		text += " — " + c.Warning
	}
	return text
}

// rate measures changes by the second between two looks.
type rate struct {
	at      time.Time
	applied int64
}

func newRate(stats *cdc.Stats) *rate { return &rate{time.Now(), stats.Counts().Applied} }

func (r *rate) next(c cdc.Counts) float64 {
	now := time.Now()
	took := now.Sub(r.at)
	per := perSecond(c.Applied-r.applied, took)
	r.at, r.applied = now, c.Applied
	return per
}
