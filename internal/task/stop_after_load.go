package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// stopNote is there from the end of a load until the run has stopped as it is to (StopTaskCachedChangesNotApplied,
// StopTaskCachedChangesApplied): one that is interrupted in between stops when it goes on, and one that has stopped follows.
const stopNote = "stop after load"

// noteStop remembers, with the first checkpoint, that the run is to stop.
func (r *run) noteStop(ctx context.Context, session connector.ApplySession) error {
	load := r.Settings.FullLoadSettings
	if !r.loads() || !load.StopTaskCachedChangesNotApplied && !load.StopTaskCachedChangesApplied {
		return nil
	}
	r.plan.stops = true
	return session.Note(ctx, stopNote, "due")
}

// afterLoad goes on with the changes, unless the run is to stop before or after those that came during the load.
func (r *run) afterLoad(ctx context.Context) error {
	load := r.Settings.FullLoadSettings
	if r.plan.stops && load.StopTaskCachedChangesNotApplied {
		r.report.Reason = cdc.AfterLoad
		return r.explain(r.stopped(ctx))
	}
	due := r.plan.stops && load.StopTaskCachedChangesApplied
	r.Stop.CaughtUp = r.Stop.CaughtUp || due
	if r.Cutover {
		return r.explain(r.cutOver(ctx))
	}
	err := r.follow(ctx)
	if err == nil && due && r.report.Reason == cdc.CaughtUp {
		err = r.stopped(ctx)
	}
	return r.explain(err)
}

// stopped forgets that the run is to stop, because it does.
func (r *run) stopped(ctx context.Context) error {
	const what = "note that the task has stopped after the load"
	err := r.patiently(ctx, what, func() error {
		session, err := r.applier.Apply(ctx, connector.ApplyOptions{Run: r.plan.Run})
		if err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
		return writeNotes(ctx, session, r.plan.Run, map[string]string{stopNote: ""})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
