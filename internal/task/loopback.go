package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// loopbackTable marks transactions that replication has made.
const loopbackTable = "awsdms_loopback_prevention"

// loops reports whether another task replicates in the opposite direction.
func (t *Task) loops() bool {
	l := t.Settings.LoopbackPreventionSettings
	return t.follows() && l != nil && l.EnableLoopbackPrevention
}

// loopback is the source's table of marks; its zero value says that there is none to look for.
func (t *Task) loopback() catalog.Name {
	if !t.loops() {
		return catalog.Name{}
	}
	return catalog.Name{Schema: t.Settings.LoopbackPreventionSettings.SourceSchema, Name: loopbackTable}
}

// markTable makes the target's table of marks; nil when there is to be none.
func (r *run) markTable(ctx context.Context) (*cdc.ControlTable, error) {
	if !r.loops() {
		return nil, nil
	}
	name := catalog.Name{Schema: r.Settings.LoopbackPreventionSettings.TargetSchema, Name: loopbackTable}
	t, err := r.ownTable(ctx, name, []ledgerColumn{{"task_name", ledgerName, true}, {"mark", ledgerSize, false}})
	if err != nil {
		return nil, fmt.Errorf("make the table %s: %w", name, err)
	}
	return t, nil
}
