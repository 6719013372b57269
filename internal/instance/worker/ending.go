package worker

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// The reasons why a task stops, in DMS's words; those of the end of changes are package cdc's.
const (
	asked       = string(cdc.Asked)
	loaded      = "FULL_LOAD_ONLY_FINISHED"
	fatal       = "FATAL_ERROR"
	recoverable = "RECOVERABLE_ERROR"
)

// ending is why an attempt has ended, and if it failed, what a person can do.
type ending struct{ reason, failure string }

func reasonOf(r *task.Report, kind task.Type) string {
	switch {
	case r.Reason != "":
		return string(r.Reason)
	case kind == task.FullLoad:
		return loaded
	default:
		return asked
	}
}

// endingOf tells why an attempt has ended with an error. One that was asked to end has not failed, whatever came of that.
func endingOf(ctx context.Context, err error, s scrubber) ending {
	if ctx.Err() != nil && rescue.In(context.Cause(ctx)) == nil {
		return ending{reason: asked}
	}
	end := ending{fatal, s.reason(err.Error())}
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Busy, connector.Full:
		end.reason = recoverable
	}
	return end
}

// longestFailure bounds a message that thousands of tables may have added to.
const longestFailure = 4000

func bounded(text string) string {
	if len(text) <= longestFailure {
		return text
	}
	cut := longestFailure
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + " …"
}
