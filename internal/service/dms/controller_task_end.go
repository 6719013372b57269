package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// finish writes how a task has ended.
func (c *controller) finish(ctx context.Context, t *Task, state instance.TaskState) error {
	return c.change(ctx, t, func(tx store.Tx, now *Task) {
		p := state.Progress
		at := c.Now().UTC()
		if p.Ended == nil {
			p.Ended = &at
		}
		now.Progress, now.StopReason, now.Failure = &p, state.StopReason, state.Failure
		if state.StopReason == "FATAL_ERROR" || state.StopReason == "RECOVERABLE_ERROR" || state.StopReason == "" {
			c.failed(tx, now)
			return
		}
		now.Status = taskStopped
		over := now.Cutover == cutoverUnderWay && state.StopReason != asked
		now.Cutover = cutoverNone
		if over {
			now.Cutover = cutoverDone
			c.happened(tx, at, sourceTask, now.Name, categoryState, "Replication task has cut over: the target has taken over.")
		}
		c.happened(tx, at, sourceTask, now.Name, categoryState, "Replication task stopped. "+stopPrefix+state.StopReason)
	})
}

// fail ends a task that could not be begun.
func (c *controller) fail(ctx context.Context, t *Task, why string) error {
	return c.change(ctx, t, func(tx store.Tx, now *Task) {
		p := value(now.Progress)
		p.Ended = new(c.Now().UTC())
		now.Progress, now.Failure = &p, why
		c.failed(tx, now)
	})
}

func (c *controller) failed(tx store.Tx, t *Task) {
	t.Status, t.Cutover = taskFailed, cutoverNone
	if t.StopReason == "" {
		t.StopReason = "FATAL_ERROR"
	}
	if t.Failure == "" {
		t.Failure = "The task has failed without a reason that its instance could tell."
	}
	c.happened(tx, c.Now(), sourceTask, t.Name, categoryFailure, "Replication task has failed. "+t.Failure)
}
