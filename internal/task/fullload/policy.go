package fullload

import (
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// Action is what an error policy asks for.
type Action uint8

// The actions, named after DMS's.
const (
	LogError     Action = iota // LOG_ERROR: park the row, go on
	IgnoreRecord               // IGNORE_RECORD: count the row, go on
	SuspendTable               // SUSPEND_TABLE: give up the table, go on with the others
	StopTask                   // STOP_TASK
)

// Policy is the part of the task setting ErrorBehavior that governs a full load.
type Policy struct {
	Data, Truncation, Masking Action
	// DataEscalation replaces Data once a table has rejected more than DataEscalationCount rows; 0 means never.
	DataEscalation      Action
	DataEscalationCount int64
	Table               Action // SuspendTable or StopTask
	// TableEscalationCount stops the task once that many tables have failed; 0 means never.
	TableEscalationCount int
}

// ErrSuspended is in the chain of the error of a table that the policy gave up.
var ErrSuspended = errors.New("table suspended")

// ErrStopped is in the chain of the error of a task that the policy stopped.
var ErrStopped = errors.New("task stopped by its error policy")

// forFault returns the action and the name of the setting that asks for it.
func (p Policy) forFault(f change.Fault, rejected int64) (Action, string) {
	if p.DataEscalationCount > 0 && rejected > p.DataEscalationCount {
		return p.DataEscalation, "DataErrorEscalationPolicy"
	}
	switch f {
	case change.TruncationFault:
		return p.Truncation, "DataTruncationErrorPolicy"
	case change.MaskingFault:
		return p.Masking, "DataMaskingErrorPolicy"
	default:
		return p.Data, "DataErrorPolicy"
	}
}

// decide returns nil when the row may be left out and the load go on.
func (p Policy) decide(r change.Reject, rejected int64) (Action, error) {
	action, setting := p.forFault(r.Fault, rejected)
	switch action {
	case SuspendTable:
		return action, fmt.Errorf("%w by %s SUSPEND_TABLE: %w", ErrSuspended, setting, r)
	case StopTask:
		return action, fmt.Errorf("%w (%s STOP_TASK): %w", ErrStopped, setting, r)
	default:
		return action, nil
	}
}
