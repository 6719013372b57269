package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/quiet"
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

// Logs takes what tasks write into the files of their logs to the store, from outside: a task does not notice. It is of one
// goroutine.
type Logs struct {
	LogConfig
	permits map[string]permit // by instance
	taken   map[string]string // by task: the fingerprint of its files when all was taken
	known   []instance.Monitored
	listed  time.Time
	quiet   quiet.Log
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
	return &Logs{LogConfig: c, permits: map[string]permit{}, taken: map[string]string{}}
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
		switch err := l.Gather(ctx); {
		case err == nil:
			l.quiet.Over(ctx, l.Log, "logs", "the logs of tasks are gathered again")
		case ctx.Err() == nil:
			l.quiet.Trouble(ctx, l.Log, slog.LevelError, l.Now(), "logs", "the logs of tasks were not gathered", "error", err)
		}
	}
}

// Gather takes what is new.
func (l *Logs) Gather(ctx context.Context) error {
	if err := l.list(ctx); err != nil {
		return err
	}
	var problems []error
	for i := range l.known {
		of := &l.known[i]
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

// list finds out now and then which instances and tasks there are, and forgets those that are gone.
func (l *Logs) list(ctx context.Context) error {
	now := l.Now()
	if now.Sub(l.listed) < listEvery {
		return nil
	}
	known, err := l.Inventory.Monitored(ctx)
	if err != nil {
		return err
	}
	l.known, l.listed = known, now
	instances, tasks := map[string]bool{}, map[string]bool{}
	for i := range known {
		instances[known[i].ID] = true
		for _, t := range known[i].Tasks {
			tasks[sourceOf(&known[i], t)] = true
		}
	}
	maps.DeleteFunc(l.permits, func(id string, _ permit) bool { return !instances[id] })
	maps.DeleteFunc(l.taken, func(source, _ string) bool { return !tasks[source] })
	return nil
}

// sourceOf names a task's log.
func sourceOf(of *instance.Monitored, t instance.MonitoredTask) string { return of.ID + "/" + t.ID }

// take takes what is new of one task.
func (l *Logs) take(ctx context.Context, of *instance.Monitored, dir keep.Dir, t instance.MonitoredTask) error {
	files := filesOf(dir.LogFiles(t.ID))
	fingerprint := files.fingerprint()
	source := sourceOf(of, t)
	if l.taken[source] == fingerprint || len(files) == 0 {
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
	if there, err := files.readHeads(); err != nil || !there { // if not, the next look finds them
		return err
	}
	at := parsePlace(place)
	if files.lost(at) {
		if at, err = l.noteLoss(ctx, files, group, stream, source); err != nil {
			return err
		}
	}
	if err := l.takeFiles(ctx, files, at, group, stream, source); err != nil {
		return err
	}
	l.taken[source] = fingerprint
	return nil
}

// noteLoss says where lines are missing, and answers the place that is taken from: the oldest line that is left.
func (l *Logs) noteLoss(ctx context.Context, files logFiles, group, stream, source string) (filePlace, error) {
	at := filePlace{inode: files[0].inode, head: files[0].head}
	now := l.Now().UTC()
	text := now.Format(lineForm) + now.Format(".000000")
	text = strings.Replace(text, ".", ":", 1) + " [COMMON          ]W:  lines of this log are lost: the task has written more than its files hold since it was last read"
	l.Log.Warn("lines of a task's log are lost: it has written more than its files hold since it was last read", "group", group, "stream", stream)
	return at, l.append(ctx, group, stream, []logstore.Line{{At: now.UnixMilli(), Message: text}}, logstore.Source{Name: source, Place: at.String()})
}

// takeFiles appends what files hold behind a place.
func (l *Logs) takeFiles(ctx context.Context, files logFiles, at filePlace, group, stream, source string) error {
	for _, f := range files.from(at) {
		offset := int64(0)
		if f.holds(at) && f.size >= at.offset { // else it is another file with the number of one that has gone
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
			if err := l.append(ctx, group, stream, lines, logstore.Source{Name: source, Place: filePlace{f.inode, next, f.head}.String()}); err != nil {
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
	last, asked := l.permits[of.ID]
	if asked && l.Now().Sub(last.at) < permitEvery {
		return last.why == nil
	}
	why := l.Permit(ctx, group, stream)
	if why != nil && (!asked || last.why == nil) {
		l.Log.Warn("the logs of tasks are not taken to CloudWatch Logs", "instance", of.Name, "reason", why)
	}
	l.permits[of.ID] = permit{l.Now(), why}
	return why == nil
}
