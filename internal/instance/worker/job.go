package worker

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// errAsked is why a task ends that was asked to stop.
var errAsked = errors.New("the task was asked to stop")

// job is a task as this instance knows it: at most one attempt of it runs.
type job struct {
	w  *Worker
	id string
	// disk is held while files are written, so that what is older does not come last.
	disk sync.Mutex

	mu struct {
		sync.Mutex
		kept    keep.State // as on disk, but for the progress of a running attempt
		live    bool       // an attempt runs in this process
		cancel  context.CancelCauseFunc
		log     *liveHandler
		file    *keep.LogFile // what log writes to
		running *task.Task    // while its rows or changes move
		tables  *tables
		load    *fullload.Stats
		changes *cdc.Stats
		compare *validate.Stats
		warning string
		scrub   scrubber
		kind    string // DMS's MigrationType of the attempt
		share   int64  // of the memory, bytes
		source  *connector.Held
		target  *connector.Held
		counted counted // by the tries before the present one, in this process
		dirty   bool    // the tables are not yet as on disk
	}
}

// remember takes up what is kept of a task.
func (w *Worker) remember(id string) (*job, error) {
	j := &job{w: w, id: id}
	var err error
	if j.mu.kept, _, err = w.dir.State(id); err != nil {
		return nil, err
	}
	rows, err := w.dir.Tables(id)
	if err != nil {
		return nil, err
	}
	j.mu.tables = newTables(rows)
	return j, nil
}

// Start implements instance.Client.
func (w *Worker) Start(_ context.Context, t instance.Task) error {
	if err := keep.CheckID(t.ID); err != nil {
		return &instance.Refusal{Message: err.Error()}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.stopping {
		return errEnding
	}
	j := w.mu.jobs[t.ID]
	if j == nil {
		var err error
		if j, err = w.remember(t.ID); err != nil {
			return err
		}
		w.mu.jobs[t.ID] = j
	}
	begin, err := j.begin(t)
	if begin {
		w.mu.revision++
	}
	return err
}

// begin begins an attempt unless it has begun already. The caller holds the worker's lock.
func (j *job) begin(t instance.Task) (begun bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	last := j.mu.kept.Attempt
	switch {
	case t.Attempt < last:
		return false, &instance.Refusal{Message: fmt.Sprintf("attempt %d of task %s is past: the last was %d", t.Attempt, t.ID, last)}
	case t.Attempt == last && (j.mu.live || !j.mu.kept.Running && j.mu.kept.ID != ""):
		return false, nil
	case j.mu.live:
		return false, &instance.Refusal{Message: fmt.Sprintf("attempt %d of task %s is still under way", last, t.ID)}
	}
	now := time.Now().UTC()
	next := keep.State{TaskState: instance.TaskState{ID: t.ID, Attempt: t.Attempt, Running: true, Progress: instance.Progress{Started: now}}}
	if t.Mode == instance.Resume || t.Attempt == last {
		// It goes on: what the statistics have counted still holds.
		before := j.mu.kept
		next.Begun, next.Earlier = before.Begun && t.Attempt == last, before.Progress.Changes
		next.Progress = before.Progress
		next.Progress.Started, next.Progress.Ended, next.Progress.Following, next.Progress.Warning = now, nil, false, ""
		next.Progress.SourceLatency, next.Progress.TargetLatency, next.Progress.Waiting = 0, 0, 0
	}
	if err := j.w.dir.Make(t.ID); err != nil {
		return false, err
	}
	if err := j.w.dir.WriteState(t.ID, next, true); err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(j.w.life)
	j.mu.kept, j.mu.live, j.mu.cancel, j.mu.warning = next, true, cancel, ""
	j.mu.kind, j.mu.share = t.Type, 0
	j.w.tasks.Go(rescue.Else(func() {
		defer cancel(nil)
		j.run(ctx, t)
	}, j.abandon))
	return true, nil
}

// Stop implements instance.Client.
func (w *Worker) Stop(_ context.Context, id string) error {
	j, err := w.job(id)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.live {
		j.mu.cancel(errAsked)
	}
	return nil
}

// state is how the last attempt stands; ok is false when it went with an earlier process, and nobody can say.
func (j *job) state() (s instance.TaskState, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s = j.mu.kept.TaskState
	return s, s.ID != "" && (j.mu.live || !s.Running)
}

// observe brings the progress of a running attempt up to date. It reports whether that has changed, and whether the task
// has come a step further than mere numbers.
func (j *job) observe() (changed, step bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.mu.live || j.mu.load == nil {
		return false, false
	}
	before := j.mu.kept.Progress
	j.look()
	now := &j.mu.kept.Progress
	step = now.Following != before.Following || now.Loaded != before.Loaded || now.Errored != before.Errored || now.Queued != before.Queued
	return !reflect.DeepEqual(before, *now), step
}

// read reads the counters of the tables. The caller holds the lock.
func (j *job) read() ([]fullload.TableCounts, cdc.Counts) {
	load, changes := j.mu.load.Tables(), j.mu.changes.Counts()
	if j.mu.tables.see(load, changes, j.mu.compare.Tables(), j.mu.scrub, time.Now().UTC()) {
		j.mu.dirty = true
	}
	return load, changes
}

// look reads the counters, and sums them up. The caller holds the lock.
func (j *job) look() {
	load, changes := j.read()
	p := j.mu.tables.progress(j.mu.kept.Progress, load, changes)
	p.Changes += j.mu.kept.Earlier
	p.Warning = oneLine(j.mu.scrub.text(p.Warning))
	if j.mu.warning != "" {
		p.Warning = j.mu.warning
	}
	j.mu.kept.Progress = p
}

// keep writes down what has changed.
func (j *job) keep() {
	j.disk.Lock()
	defer j.disk.Unlock()
	rows, state, due := j.unwritten()
	if !due {
		return
	}
	if err := errors.Join(j.w.dir.WriteTables(j.id, rows), j.w.dir.WriteState(j.id, state, false)); err != nil {
		j.w.log.Error("the statistics of a task were not written", "task", j.id, "error", err)
	}
}

// unwritten is what is to be written of a running attempt, if anything.
func (j *job) unwritten() (rows []instance.Table, state keep.State, due bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	due = j.mu.dirty && j.mu.live
	j.mu.dirty = false
	return j.mu.tables.sure(), j.mu.kept, due
}

// Tables implements instance.Client. A task that has not come here yet, such as one that is starting, has none.
func (w *Worker) Tables(_ context.Context, id string) ([]instance.Table, error) {
	j, err := w.job(id)
	if err != nil {
		return nil, nil //nolint:nilerr // as its directory would tell: there is nothing of it
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.live && j.mu.load != nil {
		j.read() // and no more: a step forward is for observe to find
	}
	return j.mu.tables.rows(), nil
}

// Log implements instance.Client.
func (w *Worker) Log(_ context.Context, id string) (string, int64, error) { return w.dir.Log(id) }

// Forget implements instance.Client.
func (w *Worker) Forget(_ context.Context, id string) error {
	if err := w.idle(id); err != nil {
		return err
	}
	w.mu.Lock()
	delete(w.mu.jobs, id)
	w.mu.Unlock()
	w.bump()
	return w.dir.Forget(id)
}

// idle refuses what must not be done to a running task.
func (w *Worker) idle(id string) error {
	if err := keep.CheckID(id); err != nil {
		return &instance.Refusal{Message: err.Error()}
	}
	j, err := w.job(id)
	if err != nil {
		return nil // never seen
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.live {
		return &instance.Refusal{Message: fmt.Sprintf("task %s is running on the replication instance", id)}
	}
	return nil
}

// ClearLog implements instance.LogClearer.
func (w *Worker) ClearLog(_ context.Context, id string) error {
	if err := keep.CheckID(id); err != nil {
		return &instance.Refusal{Message: err.Error()}
	}
	j, err := w.job(id)
	if err != nil { // it has never run since this process began
		return w.dir.ClearLog(id)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.file != nil {
		return j.mu.file.Clear()
	}
	return w.dir.ClearLog(id)
}

// SetLogging gives a running task other severities: those of a document of task settings.
func (w *Worker) SetLogging(_ context.Context, id, document string) error {
	j, err := w.job(id)
	if err != nil {
		return err
	}
	s, err := parseSettings(document)
	if err != nil {
		return &instance.Refusal{Message: err.Error()}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.live && j.mu.log != nil {
		j.mu.log.replace(task.LogHandler(j.mu.log.out, s, false))
	}
	return nil
}
