package task

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// Task is a migration with both ends open.
type Task struct {
	Config
	sourceEngine, targetEngine *connector.Engine
	source                     connector.Source
	target                     connector.Target
	dialect                    connector.Dialect // the target's
	// streamer and applier are the ends of a task that follows changes.
	streamer connector.Streamer
	applier  connector.Applier
	// running are the tables of the run that is under way, by their names in the source and on the target; woken wakes it
	// when some are to be loaded anew.
	running *atomic.Pointer[map[catalog.Name]catalog.Name]
	woken   chan struct{}
	// watching compares rows that change, while that is asked for.
	watching *atomic.Pointer[validate.Watch]
	// settled is the target schema that an earlier run has settled on.
	settled *string
	// whole names the source's partitioned tables that go into the target's as one; wholeSettled says that an earlier run has settled it.
	whole        map[catalog.Name]bool
	wholeSettled bool
}

// Open connects to both ends and changes nothing.
func Open(ctx context.Context, c Config) (*Task, error) {
	ctx, s := span.Start(ctx, "open")
	t, err := open(ctx, c)
	span.End(s, err)
	return t, err
}

func open(ctx context.Context, c Config) (*Task, error) {
	c.Source.Log, c.Target.Log = tasklog.Of(c.Log, tasklog.SourceUnload), tasklog.Of(c.Log, tasklog.TargetLoad)
	if err := errors.Join(c.checkResync(), c.checkExpressions()); err != nil {
		return nil, err
	}
	t := &Task{Config: c, running: &atomic.Pointer[map[catalog.Name]catalog.Name]{}, watching: &atomic.Pointer[validate.Watch]{}, woken: make(chan struct{}, 1)}
	var err error
	if t.sourceEngine, err = c.Engines.ForURL(c.Source.URL); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	if t.targetEngine, err = c.Engines.ForURL(c.Target.URL); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	if t.source, err = t.sourceEngine.OpenSource(ctx, c.Source); err != nil {
		return nil, fmt.Errorf("open the source: %w", err)
	}
	if t.target, err = t.targetEngine.OpenTarget(ctx, c.Target); err != nil {
		_ = t.source.Close()
		return nil, fmt.Errorf("open the target: %w", err)
	}
	t.dialect = t.targetEngine.Dialect
	if d, ok := t.target.(connector.Dialected); ok {
		t.dialect = d.Dialect()
	}
	if t.source.Identity() == t.target.Identity() {
		_ = t.Close()
		return nil, fmt.Errorf("source and target are the same database: %s", t.source.Identity())
	}
	if err := errors.Join(t.name(), t.checkFiles(), t.findFollowers()); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

// findFollowers makes sure that both ends can do what a task with changes asks of them.
func (t *Task) findFollowers() error {
	if !t.follows() {
		return nil
	}
	var ok bool
	if t.streamer, ok = t.source.(connector.Streamer); !ok {
		return fmt.Errorf("the changes of a %s source cannot be followed; use migration type full-load", t.sourceEngine.Name)
	}
	if err := t.checkCutover(); err != nil {
		return err
	}
	if t.sourceEngine.Family == catalog.Lake && t.Settings.ValidationSettings.EnableValidation {
		return &connector.Error{
			Class: connector.Invalid, Err: errors.New("files of changes do not tell what a row is now, so that rows cannot be compared while they change"),
			Remedy: "turn EnableValidation off, or use migration type full-load",
		}
	}
	if t.applier, ok = t.target.(connector.Applier); !ok {
		return fmt.Errorf("a %s target does not take changes; use migration type full-load", t.targetEngine.Name)
	}
	if t.compares() {
		if t.loads() {
			return errors.New("ValidationSettings.ValidationOnly goes with migration type full-load or cdc, not full-load-and-cdc: nothing is loaded")
		}
		t.applier = comparing{t.applier}
	}
	return nil
}

// checkCutover refuses a cutover that could not compare counts at its end.
func (t *Task) checkCutover() error {
	_, ok := t.source.(connector.Counter)
	_, too := t.target.(connector.Counter)
	if !t.Cutover || ok && too {
		return nil
	}
	return &connector.Error{
		Class: connector.Invalid, Err: fmt.Errorf("a cutover compares counts of rows, and those of a %s source and a %s target cannot be had", t.sourceEngine.Name, t.targetEngine.Name),
		Remedy: "leave --cutover out, and interrupt the migration once it has caught up",
	}
}

// Close closes both ends.
func (t *Task) Close() error { return errors.Join(t.source.Close(), t.target.Close()) }

// like reports whether both ends are of one family, whose own bytes may travel. Files have none.
func (t *Task) like() bool {
	return t.sourceEngine.Family == t.targetEngine.Family && t.sourceEngine.Family != catalog.Lake
}
