package task

import (
	"context"
	"errors"
	"fmt"
)

// Release gives the migration up: the source need keep no changes for it any more (slot, publication, triggers), and the
// target forgets how far it had come. The rows stay. Releasing twice is no error.
func (t *Task) Release(ctx context.Context, p *Plan) error {
	if !t.follows() {
		return nil
	}
	r := &run{Task: t, plan: p}
	source := t.streamer.Release(ctx, r.streamRequest())
	if source != nil {
		source = fmt.Errorf("release the source: %w", source)
		if !t.Settings.FailTaskWhenCleanTaskResourceFailed {
			t.Log.Warn("something is left at the source", "error", source)
			source = nil
		}
	}
	target := t.applier.Forget(ctx, p.Run)
	if target != nil {
		target = fmt.Errorf("remove the checkpoint from the target: %w", target)
	}
	return errors.Join(source, target)
}
