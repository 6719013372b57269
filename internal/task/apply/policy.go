package apply

import (
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Policy is the part of the task setting ErrorBehavior that governs applying changes.
type Policy struct {
	// Data is for values that the target does not take, Truncation for those that were cut, Masking for masks that failed.
	Data, Truncation, Masking fullload.Action
	// Table is for a table of which no change can be kept: to stop the task, or else to suspend the table.
	Table fullload.Action
	// Insert is for a row that is there already, Update and Delete for one that is not.
	Insert, Update, Delete fullload.Action
	// Replace: INSERT_RECORD and UPDATE_RECORD put the row of the source in, whatever was there.
	ReplaceOnInsert, InsertOnUpdate bool
	// Escalation replaces the others once a table has had more than EscalationCount errors; 0 means never.
	Escalation      fullload.Action
	EscalationCount int64
	// DataEscalation does so for values: DataErrorEscalationPolicy and its count.
	DataEscalation      fullload.Action
	DataEscalationCount int64
}

// conflict is why one change could not be carried out.
type conflict struct {
	action  fullload.Action
	setting string
	reason  error
}

// errSuspend is in the chain when a policy gives the table up.
var errSuspend = errors.New("table suspended")

// forFault is the conflict of a change that the transformation has rejected.
func (p Policy) forFault(r change.Reject) conflict {
	switch r.Fault {
	case change.TruncationFault:
		return conflict{p.Truncation, "DataTruncationErrorPolicy", r}
	case change.MaskingFault:
		return conflict{p.Masking, "DataMaskingErrorPolicy", r}
	case change.TableFault:
		if p.Table == fullload.StopTask {
			return conflict{p.Table, "TableErrorPolicy", r}
		}
		return conflict{fullload.SuspendTable, "TableErrorPolicy", r}
	default:
		return conflict{p.Data, "DataErrorPolicy", r}
	}
}

// decide returns nil when the change may be left out, errSuspend when its table is to be given up, and any other error
// when the task must stop.
func (p Policy) decide(c conflict, failed int64) error {
	action, setting := c.action, c.setting
	switch data := strings.HasPrefix(setting, "Data"); {
	case data && p.DataEscalationCount > 0 && failed > p.DataEscalationCount:
		action, setting = p.DataEscalation, "DataErrorEscalationPolicy"
	case !data && p.EscalationCount > 0 && failed > p.EscalationCount:
		action, setting = p.Escalation, "ApplyErrorEscalationPolicy"
	}
	switch action {
	case fullload.SuspendTable:
		return fmt.Errorf("%w by %s SUSPEND_TABLE: %w", errSuspend, setting, c.reason)
	case fullload.StopTask:
		return fmt.Errorf("%w (%s STOP_TASK): %w", fullload.ErrStopped, setting, c.reason)
	default:
		return nil
	}
}
