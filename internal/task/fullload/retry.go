package fullload

import (
	"context"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// DMS leaves RecoverableErrorCount -1 to the service; nine tries is what its guide names for a running task.
const defaultTries = 9

func (l *load) retry(ctx context.Context, what string, f func() error) error {
	return l.Retry.Do(ctx, l.log(tasklog.TaskManager), what, f)
}

// Do repeats f while its error may pass by itself: a busy or a lost target.
func (r Retry) Do(ctx context.Context, log *slog.Logger, what string, f func() error) error {
	wait := r.Interval
	for try := 1; ; try++ {
		err := f()
		if err == nil || ctx.Err() != nil || !r.mayRetry(err, try, wait) {
			return err
		}
		log.WarnContext(ctx, "trying again", "what", what, "try", try, "after", wait, "error", err)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
		if r.Throttling {
			wait = min(2*wait, max(r.ThrottlingMax, r.Interval))
		}
	}
}

// Next tells how long to wait before try number try, counted from 1, after an error, and whether there is to be another
// try at all.
func (r Retry) Next(err error, try int) (wait time.Duration, again bool) {
	wait = r.Interval
	for range try - 1 {
		if r.Throttling {
			wait = min(2*wait, max(r.ThrottlingMax, r.Interval))
		}
	}
	return wait, r.mayRetry(err, try, wait)
}

func (r Retry) mayRetry(err error, try int, wait time.Duration) bool {
	class := connector.ClassOf(err)
	if class != connector.Busy && class != connector.Lost || isSource(err) {
		return false
	}
	if r.Throttling && r.StopAtMax && r.ThrottlingMax > 0 && wait >= r.ThrottlingMax {
		return false
	}
	tries := r.Count
	if tries < 0 {
		tries = defaultTries
	}
	return try <= tries
}
