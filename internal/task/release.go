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
		return nil
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
	return errors.Join(aside, source, target)
}
