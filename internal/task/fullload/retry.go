package fullload

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// DMS leaves RecoverableErrorCount -1 to the service; nine tries is what its guide names for a running task.
const defaultTries = 9

// retry repeats f while its error may pass by itself: a busy or a lost target.
func (l *load) retry(ctx context.Context, what string, f func() error) error {
	wait := l.Retry.Interval
	for try := 1; ; try++ {
		err := f()
		if err == nil || ctx.Err() != nil || !l.mayRetry(err, try, wait) {
			return err
		}
		l.Log.Warn("trying again", "what", what, "try", try, "after", wait, "error", err)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
		if l.Retry.Throttling {
			wait = min(2*wait, max(l.Retry.ThrottlingMax, l.Retry.Interval))
		}
	}
}

func (l *load) mayRetry(err error, try int, wait time.Duration) bool {
	class := connector.ClassOf(err)
	if class != connector.Busy && class != connector.Lost || isSource(err) {
		return false
	}
	if l.Retry.Throttling && l.Retry.StopAtMax && l.Retry.ThrottlingMax > 0 && wait >= l.Retry.ThrottlingMax {
		return false
	}
	tries := l.Retry.Count
	if tries < 0 {
		tries = defaultTries
	}
	return try <= tries
}
