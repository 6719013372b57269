package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

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
	return t.Release(ctx)
}
