package dms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// task takes a replication task one step on.
func (c *controller) task(ctx context.Context, id string) error {
	t, err := current[Task](ctx, c.Service, tasks.keys()+id)
	if err != nil || t == nil {
		return err
	}
	switch t.Status {
	case taskCreating:
		return c.change(ctx, t, func(_ store.Tx, now *Task) { now.Status = taskReady })
	case taskModifying:
		return c.change(ctx, t, func(_ store.Tx, now *Task) { now.Status, now.Before = now.Before, "" })
	case taskStarting, taskRunning:
		return c.drive(ctx, t)
	case taskStopping:
		return c.halt(ctx, t)
	case taskMoving:
		return c.move(ctx, t)
	case taskDeleting:
		return c.remove(ctx, t)
	}
	return nil
}

// change writes if the task is still where it was seen: in the same status, at the same attempt.
func (c *controller) change(ctx context.Context, seen *Task, change func(store.Tx, *Task)) error {
	_, err := c.changed(ctx, seen, change)
	return err
}

// changed is change, and reports whether it has written. What change notes outside of the record holds only then: when somebody else
// writes meanwhile, all is done anew, and change is not called again if the task is elsewhere by then.
func (c *controller) changed(ctx context.Context, seen *Task, change func(store.Tx, *Task)) (written bool, err error) {
	err = c.update(ctx, func(tx store.Tx) error {
		written = false
		now, err := found[Task](tx, tasks.keys()+seen.ID)
		if err != nil || now == nil || now.Status != seen.Status || now.Attempt != seen.Attempt {
			return err
		}
		change(tx, now)
		written = true
		return writeTask(tx, now)
	})
	return written && err == nil, err
}

// drive keeps a task running that is to run.
func (c *controller) drive(ctx context.Context, t *Task) error {
	if !t.Sent {
		return c.send(ctx, t)
	}
	state, standing := c.standing(t)
	switch standing {
	case running:
		if t.Cutover == cutoverAsked {
			return c.askToStop(ctx, t)
		}
		return c.goesOn(ctx, t, state)
	case ended:
		if t.Status == taskStarting {
			return c.runs(ctx, t, &state.Progress) // it has run; that shows before its end does
		}
		if state.StopReason == asked { // by nobody: the process was about to end
			return c.renew(ctx, t, state)
		}
		return c.finish(ctx, t, state)
	case lost:
		return c.renew(ctx, t, state)
	}
	return nil
}

// asked is the reason of a task that was asked to stop.
const asked = "NORMAL"

// halt brings a task to its end that is to stop.
func (c *controller) halt(ctx context.Context, t *Task) error {
	state, standing := c.standing(t)
	switch {
	case !t.Sent, standing == lost: // it went with its process, and was not begun again
		return c.finish(ctx, t, instance.TaskState{StopReason: asked, Progress: value(t.Progress)})
	case standing == ended:
		return c.finish(ctx, t, state)
	case standing == unknown:
		return nil
	}
	return c.askToStop(ctx, t)
}

// askToStop asks a task to stop, unless it was asked lately.
func (c *controller) askToStop(ctx context.Context, t *Task) error {
	if c.stopAsked(t) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	err := c.Host.Client(t.Instance).Stop(ctx, t.ID)
	if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
		c.Log.Warn("a task that was asked to stop does not", "task", t.ID, "refusal", refusal.Message)
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask task %s to stop: %w", t.ID, err)
	}
	return nil
}

// stopAgain is how long a task that was asked to stop is left alone.
const stopAgain = 5 * time.Second

// stopAsked reports whether that was lately, and notes that it is now.
func (c *controller) stopAsked(t *Task) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.note(t.ID)
	if n.stopping == t.Attempt && c.Now().Sub(n.stopped) < stopAgain {
		return true
	}
	n.stopping, n.stopped = t.Attempt, c.Now()
	c.work.addAfter(tasks.arn+"/"+t.ID, stopAgain+time.Second)
	return false
}

// standing is how an attempt is, as far as the instance has said.
type standing int

const (
	unknown standing = iota // the instance has not answered since
	running
	ended
	lost // the process knows nothing of it: it is another one than that which was told to run it
)

func (c *controller) standing(t *Task) (instance.TaskState, standing) {
	r := c.live.of(t.Instance)
	if r == nil {
		return instance.TaskState{}, unknown
	}
	state, known := r.tasks[t.ID]
	c.mu.Lock()
	n := *c.note(t.ID)
	c.mu.Unlock()
	switch {
	case known && state.Attempt == t.Attempt && state.Running:
		return state, running
	case known && state.Attempt == t.Attempt:
		return state, ended
	case n.attempt == t.Attempt && r.asked <= n.returned:
		return state, unknown // asked before the instance was told of this attempt
	}
	return state, lost
}
