package apply

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// record hands the changes of a work over as they are, to a target that keeps changes and not rows.
func (a *Applier) record(ctx context.Context, to connector.Recorder, w *Work) error {
	tables := make([]*connector.Recorded, len(w.Tables))
	for i, t := range w.Tables {
		if t != nil && t.Suspended() == "" {
			tables[i] = &connector.Recorded{Table: t.Target, Columns: t.Columns}
		}
	}
	reject := func(i, index int, r change.Reject) error {
		s := step{w.Tables[i], w.Group.Tables[i], index}
		if s.table.Suspended() != "" {
			a.uncount(s)
			return nil
		}
		return a.leaveOut(ctx, s, a.Policy.forFault(r))
	}
	if err := to.Record(ctx, w.Group, tables, reject); err != nil {
		return fmt.Errorf("record changes: %w", err)
	}
	return nil
}
