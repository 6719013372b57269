package dms

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// note is what a controller remembers of a task beside its record.
type note struct {
	attempt  int64     // that was sent last
	returned int64     // when that call came back, by the controller's clock
	sent     time.Time // when it was made
	run      int64     // of which start by a person that attempt was
	flaps    int       // how many attempts were interrupted soon after their start, in a row
	noRoom   bool      // whether it was refused for want of room on a disk
	saved    time.Time // when the numbers were written
	stopping int64     // the attempt that was asked to stop,
	stopped  time.Time // and when
}

func (c *controller) note(id string) *note {
	n := c.mu.notes[id]
	if n == nil {
		n = &note{}
		c.mu.notes[id] = n
	}
	return n
}

// listenTo follows the reports of an instance until it is deleted. One goroutine does, and begins once.
func (c *controller) listenTo(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.following[id] != nil || c.life.Err() != nil {
		return
	}
	ctx, cancel := context.WithCancel(c.life)
	c.mu.following[id] = cancel
	c.reporters.Go(func() {
		defer cancel()
		c.listen(ctx, id)
	})
}

// deafTo ends that.
func (c *controller) deafTo(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel := c.mu.following[id]; cancel != nil {
		cancel()
		delete(c.mu.following, id)
	}
}

func (c *controller) listen(ctx context.Context, id string) {
	wait := firstWait
	for ctx.Err() == nil {
		changed := c.Host.Changed()
		if c.Host.State(id).Phase != instance.Up {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		begun := c.Now()
		err := c.reports(ctx, id)
		c.live.put(id, nil)
		if ctx.Err() != nil {
			return
		}
		c.Log.Debug("the reports of a replication instance ended", "instance", id, "error", err)
		if c.Now().Sub(begun) > longestWait {
			wait = firstWait
		}
		select {
		case <-time.After(wait):
		case <-changed:
		case <-ctx.Done():
		}
		wait = min(2*wait, longestWait/10)
	}
}

// reports asks the instance for its tasks until it does not answer.
func (c *controller) reports(ctx context.Context, id string) error {
	client := c.Host.Client(id)
	pause := time.NewTicker(c.times.poll)
	defer pause.Stop()
	for revision := int64(0); ; {
		asked := c.clock.Add(1)
		states, next, err := client.Tasks(ctx, revision)
		if err != nil {
			return err
		}
		revision = next
		r := &report{asked: asked, tasks: make(map[string]instance.TaskState, len(states))}
		for _, state := range states {
			r.tasks[state.ID] = state
		}
		first := c.live.of(id) == nil
		c.live.put(id, r)
		c.told(id, r, first)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// told has the tasks looked at of which a report says something new.
func (c *controller) told(id string, r *report, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.mu.tasks {
		if t.Instance != id && t.MovingTo != id {
			continue
		}
		switch {
		case t.Status == taskMoving, t.Status == taskDeleting:
			if first { // they wait for an instance that answers
				c.work.add(tasks.arn + "/" + t.ID)
			}
		case t.active() && c.news(t, r):
			c.work.add(tasks.arn + "/" + t.ID)
		}
	}
}

// news reports whether a report says more of a task than other numbers, or its numbers are due to be written.
func (c *controller) news(t *Task, r *report) bool {
	state, known := r.tasks[t.ID]
	return !known || state.Attempt != t.Attempt || !state.Running || t.Status != taskRunning || !t.Sent ||
		begun(&state.Progress) != t.Begun && !t.Begun || c.Now().Sub(c.note(t.ID).saved) >= c.times.save
}
