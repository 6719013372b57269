package fullload

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// maxHeldRejects bounds the rejected rows a segment holds in memory before it parks them.
const maxHeldRejects = 1000

// rejects gathers what one attempt at a segment could not move. Rows are parked before the segment commits, so that a
// crash in between parks a row twice rather than losing it.
type rejects struct {
	ctx     context.Context
	load    *load
	table   *tableState
	held    []connector.Parked
	dropped int64 // rows that did not go
	changed int64 // rows that went with a changed value
	late    int64 // rows dropped by the loader, after they were counted as written
	parked  *parkedRows
}

func (r *rejects) take(j change.Reject) error {
	if j.Kept {
		r.changed++
	} else {
		r.dropped++
	}
	r.load.log(tasklog.Transformation).DebugContext(r.ctx, "row rejected", "table", r.table.Target.Name.String(), "column", j.Column, "kept", j.Kept)
	action, err := r.load.Policy.decide(j, r.table.stats.rejected.Load()+r.dropped+r.changed)
	if action != IgnoreRecord {
		r.held = append(r.held, r.describe(j))
	}
	if err != nil {
		return err
	}
	if len(r.held) >= maxHeldRejects {
		return r.park()
	}
	return nil
}

// takeLate takes a row from the loader.
func (r *rejects) takeLate(j change.Reject) error {
	if !j.Kept {
		r.late++
	}
	return r.take(j)
}

// join adds what another goroutine of the same attempt gathered.
func (r *rejects) join(o *rejects) {
	r.held = append(r.held, o.held...)
	r.dropped += o.dropped
	r.changed += o.changed
}

func (r *rejects) describe(j change.Reject) connector.Parked {
	name := r.table.Target.Name
	statement := fmt.Sprintf("INSERT INTO %s (row with key %s)", name, j.Key)
	if j.Kept {
		statement = fmt.Sprintf("INSERT INTO %s (row with key %s, value of %s changed)", name, j.Key, j.Column)
	}
	return connector.Parked{
		Task: r.load.Task, Table: name, Time: time.Now().UTC(), Statement: statement, Reason: j.Error(),
	}
}

func (r *rejects) park() error {
	rows := r.parked.unparked(r.held)
	r.held = r.held[:0]
	if len(rows) == 0 {
		return nil
	}
	if err := r.load.Target.Park(r.ctx, rows); err != nil {
		return fmt.Errorf("write awsdms_apply_exceptions: %w", err)
	}
	r.parked.add(rows)
	return nil
}
