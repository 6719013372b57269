package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/logstore"
)

// The names of a task's log.
const (
	groupPrefix  = "dms-tasks-"
	streamPrefix = "dms-task-"
)

// gatherEvery is how often the logs of tasks are looked at, listEvery how often for new tasks, permitEvery how long an answer
// about the role holds.
const (
	gatherEvery = time.Second
	listEvery   = 5 * time.Second
	permitEvery = 15 * time.Second
)

// LogConfig is what a gatherer of logs works with.
type LogConfig struct {
	Inventory Inventory
	Host      Host
	Store     *logstore.Store
	// Permit answers why the log of a task may not be written, or nil: DMS needs a role for it.
	Permit func(ctx context.Context, group, stream string) error
	Log    *slog.Logger
	Now    func() time.Time
}

// Logs takes what tasks write into the files of their logs to the store, from outside: a task does not notice.
type Logs struct {
	LogConfig
	mu struct {
		sync.Mutex
		permits map[string]permit // by instance
		files   map[string]string // by task: how its files looked when all was taken
		known   []instance.Monitored
		listed  time.Time
	}
}

type permit struct {
	at  time.Time
	why error
}

// NewLogs makes a gatherer.
func NewLogs(c LogConfig) *Logs {
	if c.Now == nil {
		c.Now = time.Now
	}
	l := &Logs{LogConfig: c}
	l.mu.permits, l.mu.files = map[string]permit{}, map[string]string{}
	return l
}

// Run gathers until the context ends.
func (l *Logs) Run(ctx context.Context) {
	turn := time.NewTicker(gatherEvery)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		if err := l.Gather(ctx); err != nil && ctx.Err() == nil {
			l.Log.Error("the logs of tasks were not gathered", "error", err)
		}
	}
}

// Gather takes what is new.
func (l *Logs) Gather(ctx context.Context) error {
	known, err := l.known(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for i := range known {
		of := &known[i]
		dir := keep.Dir(l.Host.Path(of.ID))
		for _, t := range of.Tasks {
			if !t.Logs {
				continue
			}
			if err := l.take(ctx, of, dir, t); err != nil {
				problems = append(problems, fmt.Errorf("task %s: %w", t.ID, err))
			}
		}
	}
	return errors.Join(problems...)
}

// known are the instances and their tasks, as they were a moment ago.
func (l *Logs) known(ctx context.Context) ([]instance.Monitored, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.Now(); now.Sub(l.mu.listed) >= listEvery {
		known, err := l.Inventory.Monitored(ctx)
		if err != nil {
			return nil, err
		}
		l.mu.known, l.mu.listed = known, now
	}
	return l.mu.known, nil
}

// take takes what is new of one task.
func (l *Logs) take(ctx context.Context, of *instance.Monitored, dir keep.Dir, t instance.MonitoredTask) error {
	files := filesOf(dir.LogFiles(t.ID))
	look := files.look()
	source := of.ID + "/" + t.ID
	l.mu.Lock()
	same := l.mu.files[source] == look
	l.mu.Unlock()
	if same || len(files) == 0 {
		return nil
	}
	group, stream := groupPrefix+of.Name, streamPrefix+t.ID
	if !l.permitted(ctx, of, group, stream) {
		return nil
	}
	place, err := l.Store.Place(ctx, source)
	if err != nil {
		return err
	}
	if err := l.takeFiles(ctx, files, parsePlace(place), group, stream, source); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.files[source] = look
	return nil
}

// takeFiles appends what files hold behind a place.
func (l *Logs) takeFiles(ctx context.Context, files logFiles, at filePlace, group, stream, source string) error {
	for _, f := range files.from(at) {
		offset := int64(0)
		if f.inode == at.inode {
			offset = at.offset
		}
		for {
			lines, next, err := f.read(offset, l.Now().UnixMilli())
			if err != nil {
				return err
			}
			if len(lines) == 0 {
				break
			}
			if err := l.append(ctx, group, stream, lines, logstore.Source{Name: source, Place: filePlace{f.inode, next}.String()}); err != nil {
				return err
			}
			offset = next
		}
	}
	return nil
}

// append appends lines, and makes the group and the stream if they are not there (any more).
func (l *Logs) append(ctx context.Context, group, stream string, lines []logstore.Line, from logstore.Source) error {
	err := l.Store.Append(ctx, group, stream, lines, &from)
	if errors.Is(err, logstore.ErrNoGroup) {
		if err = l.Store.CreateGroup(ctx, logstore.Group{Name: group}); err != nil && !errors.Is(err, logstore.ErrExists) {
			return err
		}
		err = logstore.ErrNoStream
	}
	if errors.Is(err, logstore.ErrNoStream) {
		if err = l.Store.CreateStream(ctx, group, stream); err != nil && !errors.Is(err, logstore.ErrExists) {
			return err
		}
		err = l.Store.Append(ctx, group, stream, lines, &from)
	}
	return err
}

// permitted asks now and then whether DMS may write logs. What it may not is not lost: it is taken later, from what the
// files still hold.
func (l *Logs) permitted(ctx context.Context, of *instance.Monitored, group, stream string) bool {
	if l.Permit == nil {
		return true
	}
	l.mu.Lock()
	last, asked := l.mu.permits[of.ID]
	l.mu.Unlock()
	if asked && l.Now().Sub(last.at) < permitEvery {
		return last.why == nil
	}
	why := l.Permit(ctx, group, stream)
	if why != nil && (!asked || last.why == nil) {
		l.Log.Warn("the logs of tasks are not taken to CloudWatch Logs", "instance", of.Name, "reason", why)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.permits[of.ID] = permit{l.Now(), why}
	return why == nil
}
