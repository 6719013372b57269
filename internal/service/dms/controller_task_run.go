package dms

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// send tells the instance to begin an attempt. That it may have been told stands in the record before it is.
func (c *controller) send(ctx context.Context, t *Task) error {
	if c.live.of(t.Instance) == nil {
		return nil // its first report brings us back
	}
	if wait := c.breather(t); wait > 0 {
		c.work.addAfter(tasks.arn+"/"+t.ID, wait)
		return nil
	}
	what, why, err := c.taskFor(ctx, t)
	if err != nil {
		return err
	}
	if why != "" {
		return c.fail(ctx, t, why)
	}
	sent := false
	written, err := c.changed(ctx, t, func(_ store.Tx, now *Task) { sent, now.Sent = !now.Sent, true })
	if err != nil || !written || !sent {
		return err // it is to stop by now, or another worker of ours has told the instance
	}
	within, cancel := context.WithTimeout(ctx, c.times.call)
	defer cancel()
	err = c.Host.Client(t.Instance).Start(within, what)
	tries := c.noteSent(t)
	if refusal, ok := errors.AsType[*instance.Refusal](err); ok {
		return c.fail(ctx, t, refusal.Message)
	}
	if errors.Is(err, instance.ErrNoRoom) {
		return c.awaitsRoom(ctx, t, err)
	}
	if err != nil && tries >= patience && t.Status == taskStarting && ctx.Err() == nil && !errors.Is(err, instance.ErrDown) {
		c.Log.Error("a task could not be started", "task", t.ID, "error", err)
		_ = c.Host.Client(t.Instance).Stop(within, t.ID) // should an answer alone have been lost
		return c.fail(ctx, t, "The replication instance could not start the task. The log of the server says why.")
	}
	if err != nil {
		return fmt.Errorf("start task %s: %w", t.ID, err) // whether it runs is in the next report
	}
	return c.runs(ctx, t, nil)
}

// noteSent answers how many attempts have been made in a row that were in vain.
func (c *controller) noteSent(t *Task) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.note(t.ID)
	if n.run != t.Runs || c.Now().Sub(n.sent) > healthy {
		n.flaps = 0
	}
	n.run = t.Runs
	n.flaps++
	n.noRoom = false
	n.attempt, n.returned, n.sent = t.Attempt, c.clock.Add(1), c.Now()
	return n.flaps
}

// healthy is how long an attempt lasts that was not in vain; longestBreather the longest wait between two that were.
const (
	healthy         = 5 * time.Minute
	longestBreather = time.Minute
)

// breather is how long to wait before the next attempt: a task that ends its process each time must not do so without
// pause. One that waits for room is tried as often as room is looked for, however long it has waited.
func (c *controller) breather(t *Task) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.note(t.ID)
	if n.noRoom {
		return c.times.room - c.Now().Sub(n.sent)
	}
	if n.run != t.Runs || n.flaps < 2 || c.Now().Sub(n.sent) > healthy {
		return 0
	}
	pause := min(c.times.renew<<min(n.flaps-2, 10), longestBreather)
	return pause - c.Now().Sub(n.sent)
}

// taskFor is what the instance is to run; why is what is wrong with an endpoint.
func (s *Service) taskFor(ctx context.Context, t *Task) (what instance.Task, why string, err error) {
	host, err := current[Instance](ctx, s, instances.keys()+t.Instance)
	if err != nil {
		return what, "", err
	}
	if host == nil {
		return what, "The replication instance is gone.", nil
	}
	var ends [2]instance.Endpoint
	for i, id := range []string{t.Source, t.Target} {
		e, err := current[Endpoint](ctx, s, endpoints.keys()+id)
		if err != nil {
			return what, "", err
		}
		if e == nil {
			return what, "An endpoint of the task is gone.", nil
		}
		if ends[i], err = s.reachEndpoint(ctx, e, host.Groups); err == nil {
			err = s.letReadBack(ctx, t, e)
		}
		if err != nil {
			why, err = told(err)
			return what, why, err
		}
	}
	document, err := t.effectiveSettings()
	if err != nil {
		return what, "", err
	}
	if document, why, err = s.namingValidationTask(ctx, t, document); why != "" || err != nil {
		return what, why, err
	}
	return instance.Task{
		ID: t.ID, Name: t.Name, Run: t.run(), Attempt: t.Attempt, Mode: t.Mode, Type: t.MigrationType,
		Source: ends[0], Target: ends[1], Settings: document, Mappings: t.Mappings,
		StartTime: t.StartTime, StartPosition: t.StartPosition, StopPosition: t.StopPosition, Cutover: t.Cutover == cutoverUnderWay, Trace: t.Trace,
	}, "", nil
}

// run names the migration in the databases: another task with the same ARN, made after this one was deleted, is another.
func (t *Task) run() string {
	sum := sha256.Sum256([]byte(t.ID + " " + t.Created.UTC().Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:16])
}

// begun reports whether an attempt has touched the target.
func begun(p *instance.Progress) bool {
	return p.LoadStarted != nil || p.Following || p.Position != "" || p.Rows > 0 || p.Changes > 0
}

// runs makes a starting task a running one.
func (c *controller) runs(ctx context.Context, t *Task, p *instance.Progress) error {
	return c.change(ctx, t, func(tx store.Tx, now *Task) {
		if p != nil {
			now.Progress, now.Begun = p, now.Begun || begun(p)
		}
		now.Failure = "" // what it waited for has come
		if now.Status != taskStarting {
			return
		}
		now.Status = taskRunning
		c.happened(tx, c.Now(), sourceTask, now.Name, categoryState, "Replication task started, with flag = "+flags[now.Wish])
	})
}

var flags = map[Wish]string{WishFresh: "fresh start", WishResume: "resume", WishReload: "reload"}

// goesOn takes a report of a running task in: its numbers now and then, what matters at once.
func (c *controller) goesOn(ctx context.Context, t *Task, state instance.TaskState) error {
	c.mu.Lock()
	n := c.note(t.ID)
	due := c.Now().Sub(n.saved) >= c.times.save
	if due {
		n.saved = c.Now()
	}
	c.mu.Unlock()
	changed := due && !same(t.Progress, &state.Progress)
	if t.Status == taskRunning && !changed && t.Begun == (t.Begun || begun(&state.Progress)) {
		return nil
	}
	return c.runs(ctx, t, &state.Progress)
}

// same compares what would be written.
func same(a, b *instance.Progress) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// renew begins an attempt once more that was interrupted by the end of its process. One that has touched the target goes on
// as another attempt. One that may not have come to forgetting what was there before begins again under its own number,
// by which the instance knows how far it had come.
func (c *controller) renew(ctx context.Context, t *Task, state instance.TaskState) error {
	c.Log.Warn("a task goes on after its process has ended", "task", t.ID, "attempt", t.Attempt)
	return c.change(ctx, t, func(tx store.Tx, now *Task) {
		known := state.Attempt == now.Attempt
		now.Begun = now.Begun || known && begun(&state.Progress)
		if now.Begun || now.Wish == WishFresh && now.Runs == 1 {
			now.Mode = instance.Resume // a first run has nothing before it that would have to be forgotten
		}
		if now.Mode == instance.Resume || known || state.Attempt > now.Attempt {
			now.Attempt = max(now.Attempt, state.Attempt) + 1
		}
		now.Sent = false
		if now.Cutover == cutoverAsked {
			now.Cutover = cutoverUnderWay
			return
		}
		if now.Status == taskRunning {
			c.happened(tx, c.Now(), sourceTask, now.Name, categoryState, "Replication task resumed after its replication instance was restarted.")
		}
	})
}
