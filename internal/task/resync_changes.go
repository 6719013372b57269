package task

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// resyncByTheClock makes rows that differ right again whenever ResyncSchedule opens a window, while changes are followed.
func (r *run) resyncByTheClock(ctx context.Context, w *validate.Watch, e *cdc.Errands) {
	log := r.log(tasklog.DataResync)
	schedule, err := settings.ParseSchedule(r.Settings.ResyncSettings.ResyncSchedule)
	if err != nil { // checked when the settings were read
		log.Error("there is no resync", "error", err)
		return
	}
	for _, name := range w.Tables() {
		r.resynced(name, validate.Resync{State: validate.ResyncWaits})
	}
	clock := r.Clock
	if clock == nil {
		clock = time.Now
	}
	for {
		now := clock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(schedule.Next(now).Sub(now)):
		}
		if err := r.resyncWindow(ctx, w, e); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "the resync is not whole, the next one goes on", "error", err)
		}
	}
}

// resyncWindow resyncs once.
func (r *run) resyncWindow(ctx context.Context, w *validate.Watch, e *cdc.Errands) error {
	log := r.log(tasklog.DataResync)
	m := validate.Mending{
		Halt: func(ctx context.Context, f func(context.Context) error) error {
			return e.Do(ctx, func(ctx context.Context, _ *cdc.Halt) error { return f(ctx) })
		},
		Session: func(ctx context.Context) (connector.ApplySession, error) {
			return r.applier.Apply(ctx, connector.ApplyOptions{Run: "validate"})
		},
		Until: time.Now().Add(time.Duration(r.Settings.ResyncSettings.MaxResyncTime) * time.Minute),
		Told:  r.resynced,
		Done: func(ctx context.Context, o validate.Outcome) error {
			log.InfoContext(ctx, "table resynced", "table", o.Source.String(), "mended", len(o.Mended), "failed", len(o.Failed))
			for _, f := range o.Failed {
				log.WarnContext(ctx, "a row could not be resynced", "table", o.Source.String(), "reason", f.Resynced.Why)
			}
			return nil
		},
	}
	log.DebugContext(ctx, "a resync begins")
	if id := r.Settings.ResyncSettings.ValidationTaskId; id != "" {
		return r.resyncOthers(ctx, w, m, id)
	}
	return w.Resync(ctx, m)
}

// resyncOthers mends what a validation-only task has found, and writes into its failures what has come of it.
func (r *run) resyncOthers(ctx context.Context, w *validate.Watch, m validate.Mending, name string) error {
	defer w.Forget()
	found, err := r.failuresOf(ctx, name)
	if err != nil || len(found.tables) == 0 {
		return err
	}
	told := m.Done
	m.Done = func(ctx context.Context, o validate.Outcome) error {
		if err := told(ctx, o); err != nil {
			return err
		}
		return r.recordResync(ctx, found, o.Target, append(o.Mended, o.Failed...))
	}
	for target, failures := range found.tables {
		var gone, strange []validate.Failure
		err := r.patiently(ctx, "look for the rows of another task's failures", func() (err error) {
			gone, strange, err = w.Adopt(ctx, target, failures)
			return err
		})
		if err != nil {
			return fmt.Errorf("table %s: %w", target, err)
		}
		now := time.Now().UTC()
		for i := range gone {
			gone[i].Resynced = &validate.Resynced{At: now, Deleted: true}
		}
		for i := range strange {
			strange[i].Resynced.At = now
			r.log(tasklog.DataResync).WarnContext(ctx, "a row could not be resynced", "table", target.String(), "reason", strange[i].Resynced.Why)
		}
		if err := r.recordResync(ctx, found, target, append(gone, strange...)); err != nil {
			return err
		}
	}
	return w.Resync(ctx, m)
}
