package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// move brings a task to another instance: that one takes over its log and statistics, then the record says so, then the
// old one forgets it (see leave).
func (c *controller) move(ctx context.Context, t *Task) error {
	if t.Leaving != "" {
		return nil // an earlier move comes to its end first, which brings us back
	}
	if t.Runs > 0 {
		within, cancel := context.WithTimeout(ctx, c.times.call)
		defer cancel()
		err := c.Host.Client(t.MovingTo).Adopt(within, t.ID, t.Instance)
		if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
			return c.failMove(ctx, t, refusal.Message)
		}
		if err != nil && (errors.Is(err, instance.ErrDown) || ctx.Err() != nil || c.work.tries(tasks.arn+"/"+t.ID) < patience) {
			return fmt.Errorf("move task %s: %w", t.ID, err)
		}
		if err != nil {
			c.Log.Warn("a task could not be moved", "task", t.ID, "error", err)
			return c.failMove(ctx, t, "The target replication instance could not take over the log and the statistics of the task. Its log says why.")
		}
	}
	return c.change(ctx, t, func(tx store.Tx, now *Task) {
		unrefer(tx, instances, now.Instance, tasks, now.ID)
		if now.Runs > 0 {
			now.Leaving = now.Instance
		}
		now.Instance, now.MovingTo = now.MovingTo, ""
		now.Status, now.Before, now.Unmoved = now.rested(), "", nil
		c.happened(tx, c.Now(), sourceTask, now.Name, categoryConfiguration, "Replication task moved.")
	})
}

func (c *controller) failMove(ctx context.Context, t *Task, why string) error {
	return c.change(ctx, t, func(tx store.Tx, now *Task) {
		unrefer(tx, instances, now.MovingTo, tasks, now.ID)
		now.Unmoved = &Unmoved{Before: now.rested(), Failure: why}
		now.Status, now.Before, now.MovingTo = taskFailedMove, "", ""
		c.happened(tx, c.Now(), sourceTask, now.Name, categoryFailure, "Replication task could not be moved. "+why)
	})
}

// rested is the status of a task that is being moved as it was before that, and before earlier moves that failed.
func (t *Task) rested() string {
	if t.Unmoved != nil {
		return t.Unmoved.Before
	}
	return t.Before
}

// lastFailure is what a person should know first.
func (t *Task) lastFailure() string {
	if t.Unmoved != nil {
		return t.Unmoved.Failure
	}
	return t.Failure
}

// leave has the instance that a task was moved from forget it.
func (c *controller) leave(ctx context.Context, id string) error {
	t, err := current[Task](ctx, c.Service, tasks.keys()+id)
	if err != nil || t == nil || t.Leaving == "" {
		return err
	}
	host, err := current[Instance](ctx, c.Service, instances.keys()+t.Leaving)
	if err != nil {
		return err
	}
	if host != nil && t.Leaving != t.Instance {
		within, cancel := context.WithTimeout(ctx, c.times.call)
		defer cancel()
		if err := c.Host.Client(t.Leaving).Forget(within, id); err != nil {
			refusal, ok := errors.AsType[*instance.Refusal](err)
			if !ok {
				return fmt.Errorf("forget task %s: %w", id, err)
			}
			c.Log.Warn("the log of a moved task stays behind", "task", id, "instance", t.Leaving, "refusal", refusal.Message)
		}
	}
	return c.update(ctx, func(tx store.Tx) error {
		now, err := found[Task](tx, tasks.keys()+id)
		if err != nil || now == nil || now.Leaving != t.Leaving {
			return err
		}
		now.Leaving = ""
		return writeTask(tx, now)
	})
}
