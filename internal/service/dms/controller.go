package dms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// A controller brings what is wanted about. Followers of the store and reports of instances put the keys of records into
// its queues; workers look at one record each and take it one step on. What they know beside the records is a help and no
// more: a controller that begins anew comes to the same end.
type controller struct {
	*Service
	role string
	// work is for tasks and instances; probes for connections and schemas, which wait for databases.
	work, probes *queue
	clock        atomic.Int64 // counts: what has happened before what

	mu struct {
		sync.Mutex
		tasks     map[string]*Task
		instances map[string]*Instance
		waiting   map[string]string // keys of connections and schemas under way, to the instance they wait for
		following map[string]context.CancelFunc
		notes     map[string]*note
		deaths    map[string]int64
		results   map[string]int // of runs of assessments, how many the instance has answered
	}
	reporters sync.WaitGroup
	life      context.Context // of the reporters, which begin with their instances
}

// times are waits that tests shorten.
type times struct {
	save  time.Duration // between two writes of a task's numbers
	poll  time.Duration // at least between two questions to an instance
	call  time.Duration // for an instance's answer
	probe time.Duration // for a database's
	renew time.Duration // first wait before an attempt of a task that was interrupted right after its start
	role  time.Duration // how long a server that died keeps the others waiting
	room  time.Duration // between two looks at the disks of instances
}

func usualTimes() times {
	return times{save: 5 * time.Second, poll: 100 * time.Millisecond, call: 30 * time.Second, probe: time.Minute, renew: time.Second, role: 10 * time.Second, room: 5 * time.Second}
}

// How many records are worked on at the same time. Most of that time they wait: for an instance, for a database.
const (
	workers = 24
	probers = 16
)

func newController(s *Service, role string) *controller {
	c := &controller{Service: s, role: role, work: newQueue(), probes: newQueue()}
	c.mu.tasks, c.mu.instances = map[string]*Task{}, map[string]*Instance{}
	c.mu.waiting, c.mu.following = map[string]string{}, map[string]context.CancelFunc{}
	c.mu.notes, c.mu.deaths = map[string]*note{}, map[string]int64{}
	c.mu.results = map[string]int{}
	return c
}

// run works until the context ends.
func (c *controller) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer func() {
		cancel()
		c.work.close()
		c.probes.close()
		running.Wait()
		c.reporters.Wait()
		c.live.forget()
	}()
	c.life = ctx
	if err := c.followRecords(ctx); err != nil {
		return err
	}
	running.Go(func() { c.followHost(ctx) })
	running.Go(func() { c.housekeep(ctx) })
	running.Go(func() { c.watchRoom(ctx) })
	for range workers {
		running.Go(func() { c.serve(ctx, c.work) })
	}
	for range probers {
		running.Go(func() { c.serve(ctx, c.probes) })
	}
	<-ctx.Done()
	return nil
}

// housekeeping is how often is looked for what the time of day brings.
const housekeeping = time.Minute

// housekeep applies what waits for maintenance windows and forgets old events.
func (c *controller) housekeep(ctx context.Context) {
	turn := time.NewTicker(housekeeping)
	defer turn.Stop()
	for {
		if err := errors.Join(c.maintain(ctx, c.Now()), c.trimEvents(ctx, c.Now())); err != nil && ctx.Err() == nil {
			c.Log.Error("maintenance and events were not seen to", "error", err)
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return
		}
	}
}

// serve is a worker.
func (c *controller) serve(ctx context.Context, q *queue) {
	for {
		key, ok := q.take(ctx)
		if !ok {
			return
		}
		err := c.step(ctx, key)
		if ctx.Err() != nil || errors.Is(err, errRoleLost) {
			q.done(key, false)
			continue
		}
		if tries := q.done(key, err != nil); err != nil {
			c.Log.Log(ctx, level(err, tries), "a step of a controller is done again", "record", key, "tries", tries, "error", err)
		}
	}
}

// level is loud for what does not pass by itself soon.
func level(err error, tries int) slog.Level {
	if errors.Is(err, instance.ErrDown) && tries < 5 {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// step takes one record on. A key is that of the record without Prefix, or the name of a chore and the record's ID.
func (c *controller) step(ctx context.Context, key string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a controller panicked: %v", r)
		}
	}()
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case instances.arn:
		return c.instance(ctx, id)
	case tasks.arn:
		return c.task(ctx, id)
	case "connection":
		return c.connection(ctx, key)
	case "schemas":
		return c.schemas(ctx, key)
	case assessmentRuns.arn:
		return c.assessment(ctx, id)
	case leaving:
		return c.leave(ctx, id)
	case clearing:
		return c.clearLog(ctx, id)
	case logging:
		return c.relog(ctx, id)
	}
	return fmt.Errorf("no controller for %s", key)
}

// The chores beside the records' own.
const (
	leaving  = "leave"
	logging  = "log"
	clearing = "clearlog"
)

// current reads a record as it is now; nil if it is not there.
func current[T any](ctx context.Context, s *Service, key string) (*T, error) {
	v, err := store.Read[T](s.outside(ctx), key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return &v, nil
}
