package fullload

import (
	"context"
	"fmt"

	"golang.org/x/time/rate"
)

// pace holds all readers of a load to a number of rows and bytes per second together.
type pace struct{ rows, bytes *rate.Limiter }

func newPace(rows, bytes int64) pace { return pace{rows: limiter(rows), bytes: limiter(bytes)} }

// limiter allows bursts of a tenth of a second.
func limiter(perSecond int64) *rate.Limiter {
	if perSecond <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(perSecond), int(max(perSecond/10, 1)))
}

func (p pace) wait(ctx context.Context, rows, bytes int) error {
	if err := waitFor(ctx, p.rows, rows); err != nil {
		return err
	}
	return waitFor(ctx, p.bytes, bytes)
}

func waitFor(ctx context.Context, l *rate.Limiter, n int) error {
	for l != nil && n > 0 {
		step := min(n, l.Burst())
		if err := l.WaitN(ctx, step); err != nil {
			return fmt.Errorf("hold to the rate limit: %w", context.Cause(ctx))
		}
		n -= step
	}
	return nil
}
