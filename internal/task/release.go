package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// ErrUnknownRun is in the chain when neither side knows of the migration.
var ErrUnknownRun = errors.New("neither the source nor the target knows of such a migration that follows changes")

// Known makes sure that one side knows of the migration: the target has a checkpoint, notes or a journal of it, or the source
// keeps something for it. It changes nothing.
func (t *Task) Known(ctx context.Context) error {
	run, err := t.changesRunID()
	if err != nil {
		return err
	}
	for _, known := range []func(context.Context, string) (bool, error){t.knownToTarget, t.knownToSource} {
		if ok, err := known(ctx, run); err != nil || ok {
			return err
		}
	}
	return &connector.Error{
		Class: connector.Missing, Err: ErrUnknownRun,
		Remedy: "give the same source, target and flags as to migrate; nothing was changed",
	}
}

func (t *Task) knownToTarget(ctx context.Context, run string) (bool, error) {
	_, ok, err := t.applier.Checkpoint(ctx, run)
	if err != nil {
		return false, fmt.Errorf("read the target's checkpoint: %w", err)
	}
	if ok {
		return true, nil
	}
	notes, err := t.applier.Notes(ctx, run)
	if err != nil || len(notes) > 0 {
		return err == nil, err
	}
	marks, err := t.target.Journal().Read(ctx, run)
	if err != nil {
		return false, fmt.Errorf("read the target's journal: %w", err)
	}
	return len(marks) > 0, nil
}

func (t *Task) knownToSource(ctx context.Context, run string) (bool, error) {
	k, ok := t.streamer.(connector.Keeper)
	if !ok {
		return false, nil
	}
	kept, err := k.Keeps(ctx, run)
	if err != nil {
		return false, fmt.Errorf("look what the source keeps: %w", err)
	}
	return kept, nil
}

// Leaves says what Release will leave at the source, because the user has named it, and how to remove it.
func (t *Task) Leaves(ctx context.Context) ([]string, error) {
	l, ok := t.streamer.(connector.Leaver)
	if !ok || !t.follows() {
		return nil, nil
	}
	run, err := t.changesRunID()
	if err != nil {
		return nil, err
	}
	c, _, err := t.applier.Checkpoint(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("read the target's checkpoint: %w", err)
	}
	left, err := l.Leaves(ctx, connector.StreamRequest{Run: run}, c.Position)
	if err != nil {
		return nil, fmt.Errorf("look what the source keeps: %w", err)
	}
	return left, nil
}

// Release gives the migration up: the source need keep no changes for it any more (slot, publication, triggers), and the
// target forgets how far it had come. The rows stay. Releasing twice is no error.
func (t *Task) Release(ctx context.Context) error {
	if !t.follows() {
		return t.closeJournal(ctx)
	}
	run, err := t.changesRunID()
	if err != nil {
		return err
	}
	aside := t.releaseAside(ctx, asideOf(run))
	source := t.streamer.Release(ctx, connector.StreamRequest{Run: run})
	if source != nil {
		source = fmt.Errorf("release the source: %w", source)
	}
	target := t.applier.Forget(ctx, run)
	if target != nil {
		target = fmt.Errorf("remove the checkpoint from the target: %w", target)
	}
	return errors.Join(aside, source, target, t.closeJournal(ctx))
}

// closeJournal removes the journal of a run that is named from outside.
func (t *Task) closeJournal(ctx context.Context) error {
	if t.RunName == "" {
		return nil
	}
	if err := t.target.Journal().Close(ctx, t.RunName); err != nil {
		return fmt.Errorf("remove the run from the target's journal: %w", err)
	}
	return nil
}

// Forget is Release while no other process runs the migration, so that the next run of the same name begins anew.
func (t *Task) Forget(ctx context.Context) error {
	if target, ok := t.target.(connector.Exclusive); ok && t.RunName != "" {
		release, err := target.Claim(ctx, t.RunName)
		if err != nil {
			return fmt.Errorf("target: %w", err)
		}
		defer release()
	}
	left, err := t.Leaves(ctx)
	for _, what := range left {
		t.log(tasklog.SourceCapture).Warn("the source keeps what its user has named", "what", what)
	}
	return errors.Join(err, t.Release(ctx))
}
