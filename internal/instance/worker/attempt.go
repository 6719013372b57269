package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/instance/keep"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// run is an attempt from its beginning to its end. Whatever happens in it stays in it.
func (j *job) run(ctx context.Context, t instance.Task) {
	a := &attempt{job: j, task: t, scrub: newScrubber(t.Source, t.Target)}
	j.mu.Lock()
	j.mu.scrub = a.scrub
	j.mu.Unlock()
	ctx, s := j.w.Tracer.Begin(ctx, "task", t.Trace, trace.SpanKindInternal, attribute.String("whimbrel.task", t.Name), attribute.Int64("whimbrel.attempt", t.Attempt),
		attribute.String("whimbrel.migration_type", t.Type), attribute.String("whimbrel.mode", string(t.Mode)))
	var end ending
	err := rescue.Run(func() (err error) {
		end, err = a.run(ctx)
		return err
	})
	if fault := rescue.In(context.Cause(ctx)); fault != nil { // of what watched the attempt
		err = fault
	}
	if err != nil {
		end = endingOf(ctx, err, a.scrub)
	}
	a.tell(end, err)
	s.SetAttributes(attribute.String("whimbrel.stop_reason", end.reason))
	span.End(s, err)
	if a.closeLog != nil {
		a.closeLog()
	}
	j.finish(ctx, end)
	j.w.bump()
}

// attempt is a task that is under way.
type attempt struct {
	*job
	task     instance.Task
	scrub    scrubber
	log      *slog.Logger
	closeLog func()
	opened   bool // both ends have been reached
	followed bool // changes were followed
}

func (a *attempt) run(ctx context.Context) (ending, error) {
	c, err := a.prepare()
	if err != nil {
		return ending{}, err
	}
	share := a.w.budget.take(need(c.Type, c.Settings))
	defer a.w.budget.give(share)
	fit(c.Settings, share)
	c.Largest = largest(a.w.Class, a.w.Memory)
	a.mu.Lock()
	a.mu.share, a.mu.source, a.mu.target = share, c.Source.Held, c.Target.Held
	a.mu.Unlock()
	tasklog.Of(a.log, tasklog.TaskManager).Info("task begins", "task", a.task.Name, "attempt", a.task.Attempt, "type", string(c.Type), "mode", string(a.task.Mode),
		"segmentsAtOnce", c.Settings.FullLoadSettings.MaxFullLoadSubTasks, "memory", share)
	moved := int64(0)
	for try := 1; ; try++ {
		end, err := a.once(ctx, c)
		if err == nil || ctx.Err() != nil {
			return end, err
		}
		if now := a.moved(); now != moved {
			try, moved = 1, now
		}
		wait, again := a.again(c, err, try)
		if !again {
			return end, err
		}
		a.warn(a.scrub.text("waiting for the databases: " + oneLine(err.Error())))
		tasklog.Of(a.log, tasklog.TaskManager).Warn("task is tried again", "try", try, "after", wait, "error", err)
		select {
		case <-ctx.Done():
			return ending{}, context.Cause(ctx)
		case <-time.After(wait):
		}
		a.warn("")
	}
}

// prepare opens the log and makes the engine's configuration.
func (a *attempt) prepare() (task.Config, error) {
	file, err := a.w.dir.OpenLog(a.id)
	if err != nil {
		return task.Config{}, err
	}
	a.closeLog = func() { _ = file.Close() } // what counts has been written
	lines := newLineHandler(a.scrub.writer(file))
	s, err := parseSettings(a.task.Settings)
	live := newLiveHandler(lines, lines)
	if err == nil {
		live.replace(task.LogHandler(lines, s, false))
	}
	a.mu.Lock()
	a.mu.log, a.mu.file = live, file
	a.mu.Unlock()
	a.log = slog.New(live)
	if err != nil {
		return task.Config{}, err
	}
	return a.w.config(a.task, s, a.log)
}

// once is one try: with both ends newly opened.
func (a *attempt) once(ctx context.Context, c task.Config) (ending, error) {
	c.Stats, c.ChangeStats, c.ValidationStats = &fullload.Stats{}, &cdc.Stats{}, &validate.Stats{}
	t, err := task.Open(ctx, c)
	if err != nil {
		return ending{}, err
	}
	defer func() { _ = t.Close() }()
	a.opened = true
	if err := a.gate(ctx, t); err != nil {
		return ending{}, err
	}
	if err := a.forget(ctx, t); err != nil {
		return ending{}, err
	}
	plan, err := t.Plan(ctx)
	if err != nil {
		return ending{}, err
	}
	a.mu.Lock()
	a.mu.tables.plan(plan, c.Type, c.Settings.ValidationSettings.EnableValidation)
	a.mu.load, a.mu.changes, a.mu.compare, a.mu.running, a.mu.dirty = c.Stats, c.ChangeStats, c.ValidationStats, t, true
	a.mu.Unlock()
	a.job.keep()
	defer a.settle()
	report, err := t.Run(ctx, plan)
	a.followed = c.ChangeStats.Counts().State != cdc.NotFollowing
	if err != nil {
		return ending{}, err
	}
	a.report(report)
	if why := unequal(report.Cutover); why != "" {
		return ending{fatal, why}, nil
	}
	return ending{reason: reasonOf(report, c.Type)}, nil
}

// gate makes the assessments that the task's settings ask for, unless it goes on.
func (a *attempt) gate(ctx context.Context, t *task.Task) error {
	a.mu.Lock()
	begun := a.mu.kept.Begun || a.task.Mode == instance.Resume
	a.mu.Unlock()
	if begun {
		return nil
	}
	return assess.Gate(ctx, t, tasklog.Of(a.log, tasklog.TaskManager))
}

// forget gives up what earlier attempts have left, once in an attempt that begins anew, whatever number of processes it
// takes.
func (a *attempt) forget(ctx context.Context, t *task.Task) error {
	a.mu.Lock()
	begun := a.mu.kept.Begun || a.task.Mode == instance.Resume
	a.mu.Unlock()
	if begun {
		return nil
	}
	if err := t.Forget(ctx); err != nil {
		return err
	}
	a.disk.Lock()
	defer a.disk.Unlock()
	a.mu.Lock()
	a.mu.kept.Begun, a.mu.kept.Earlier = true, 0
	a.mu.kept.Progress = instance.Progress{Started: a.mu.kept.Progress.Started}
	a.mu.tables = newTables(nil)
	kept := a.mu.kept
	a.mu.Unlock()
	if err := a.w.dir.WriteTables(a.id, nil); err != nil {
		return err
	}
	return a.w.dir.WriteState(a.id, kept, true)
}

// settle takes what a try has counted into what holds from now on.
func (j *job) settle() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.look()
	j.mu.tables.fold()
	j.mu.kept.Earlier = j.mu.kept.Progress.Changes
	changes := j.mu.changes.Counts()
	j.mu.counted.add(j.mu.load.Tables(), &changes)
	j.mu.counted.validated = plus(j.mu.counted.validated, j.mu.compare.Meter().Read())
	j.mu.load, j.mu.changes, j.mu.compare, j.mu.running = nil, nil, nil, nil
}

// again decides whether the task is tried again after an error, as RecoverableErrorCount and its companions say. A database
// that cannot be reached the first time fails the task at once: it is more likely that its endpoint is wrong. Following
// changes has its own tries, which are over when its error comes here; so has a table, whose policy stops the task after them.
func (a *attempt) again(c task.Config, err error, try int) (time.Duration, bool) {
	class := connector.ClassOf(err)
	if class != connector.Lost && class != connector.Busy || rescue.In(err) != nil {
		return 0, false
	}
	if a.followed || exhausted(err) || class == connector.Lost && !a.opened && a.task.Mode != instance.Resume {
		return 0, false
	}
	return task.Retry(c.Settings).Next(&connector.Error{Class: class, Err: err}, try)
}

// exhausted reports whether a policy has stopped the task for a table that the target did not take, as often as it was tried. One that could not be
// read was tried once: its snapshot went with the connection.
func exhausted(err error) bool {
	_, reading := errors.AsType[*fullload.SourceError](err)
	return errors.Is(err, fullload.ErrStopped) && !reading
}

// moved is a number that grows with what the task gets done.
func (j *job) moved() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mu.kept.Progress.Rows + j.mu.kept.Progress.Changes + j.mu.kept.Progress.Loaded
}

func (j *job) warn(text string) {
	j.mu.Lock()
	j.mu.warning = text
	j.mu.kept.Progress.Warning = text
	j.mu.Unlock()
	j.w.bump()
}

// tell writes the end into the task's log, and a fault with its stack.
func (a *attempt) tell(end ending, err error) {
	if a.log == nil {
		a.w.log.Error("a task has failed before it had a log", "task", a.id, "error", end.failure)
		return
	}
	log := tasklog.Of(a.log, tasklog.TaskManager)
	if end.failure == "" {
		log.Info("task ends", "task", a.task.Name, "attempt", a.task.Attempt, "reason", end.reason)
		return
	}
	log.Error("task failed", "task", a.task.Name, "attempt", a.task.Attempt, "reason", end.reason, "error", end.failure)
	if p := rescue.In(err); p != nil {
		for line := range strings.Lines(string(p.Stack)) {
			log.Error("stack", "line", strings.TrimSpace(line))
		}
	}
}

// finish writes down how the attempt has ended, and then shows it. One that ends with its process has not ended: it is to
// go on.
func (j *job) finish(ctx context.Context, end ending) {
	interrupted := context.Cause(ctx) == errEnding && end.reason == asked //nolint:errorlint // the cause itself, which nobody wraps
	j.disk.Lock()
	defer j.disk.Unlock()
	kept, rows := j.conclusion(end, interrupted)
	if err := errors.Join(j.w.dir.WriteTables(j.id, rows), j.w.dir.WriteState(j.id, kept, true)); err != nil {
		j.w.log.Error("how a task has ended was not written", "task", j.id, "error", err)
	}
	j.rest(kept)
}

// conclusion is what is to be kept of an attempt that has ended.
func (j *job) conclusion(end ending, interrupted bool) (keep.State, []instance.Table) {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.mu.kept
	kept.Progress.Following, kept.Progress.Warning = false, ""
	if !interrupted {
		at := time.Now().UTC()
		kept.Running, kept.StopReason, kept.Failure = false, end.reason, end.failure
		kept.Progress.Ended = &at
		j.mu.tables.end(end.failure, at)
		kept.Progress = j.mu.tables.count(kept.Progress)
	}
	return kept, j.mu.tables.rows()
}

// rest shows that no attempt is under way.
func (j *job) rest(kept keep.State) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mu.kept = kept
	j.mu.live, j.mu.log, j.mu.file, j.mu.cancel, j.mu.dirty = false, nil, nil, nil, false
}

// abandon ends an attempt whose end had a fault itself, with as little as possible.
func (j *job) abandon(err error) {
	j.mu.Lock()
	kept, secrets := j.mu.kept, j.mu.scrub
	j.mu.Unlock()
	at := time.Now().UTC()
	kept.Progress.Following, kept.Progress.Warning, kept.Progress.Ended = false, "", &at
	kept.Running, kept.StopReason, kept.Failure = false, fatal, secrets.reason(err.Error())
	j.w.log.Error("a task has ended in a fault", "task", j.id, "error", kept.Failure, "stack", secrets.text(string(rescue.In(err).Stack)))
	j.disk.Lock()
	defer j.disk.Unlock()
	if err := j.w.dir.WriteState(j.id, kept, true); err != nil {
		j.w.log.Error("how a task has ended was not written", "task", j.id, "error", err)
	}
	j.rest(kept)
	j.w.bump()
}

// fail ends the attempt that is under way, because of a fault in what watches it.
func (j *job) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.live {
		j.mu.cancel(err)
	}
}
