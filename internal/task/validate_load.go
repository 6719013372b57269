package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// validates reports whether the task compares what it moves.
func (c *Config) validates() bool {
	return c.Settings != nil && c.Settings.ValidationSettings.EnableValidation
}

// compares reports whether the task compares and moves nothing.
func (c *Config) compares() bool {
	return c.validates() && c.Settings.ValidationSettings.ValidationOnly
}

// validateLoad compares what was loaded with the snapshot it was loaded from: no change can come between. That it fails does not undo
// the load.
func (r *run) validateLoad(ctx context.Context) error {
	if !r.validates() || r.compares() || r.isAside {
		return nil
	}
	tables, err := r.loadedTables(ctx)
	if err != nil {
		return err
	}
	failed := r.failures()
	var sound []*TablePlan
	for _, tp := range tables {
		if why := failed[tp.Plan.Source.Name]; why != nil {
			r.notValidated(tp, fmt.Errorf("the table was not loaded: %w", why))
			continue
		}
		if r.follows() && !r.loadedNow(tp) {
			continue // it is of an earlier snapshot: compared when its changes have caught up
		}
		sound = append(sound, tp)
	}
	if r.resyncsLoad() {
		for _, tp := range sound {
			r.resynced(tp.Plan.Source.Name, validate.Resync{State: validate.ResyncWaits})
		}
	}
	results, err := r.compareWith(ctx, r.snapshot, sound)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		r.log(tasklog.Validator).Error("what was loaded could not be compared", "error", err)
		for _, tp := range sound {
			r.notValidated(tp, err)
		}
		return nil
	}
	if r.resyncsLoad() {
		if results, err = r.resync(ctx, sound, results); err != nil {
			if ctx.Err() != nil {
				return err
			}
			r.log(tasklog.DataResync).Error("rows that differ could not be copied again", "error", err)
		}
	}
	r.exact = map[catalog.Name]bool{}
	for _, v := range results {
		r.exact[v.Source] = v.Given == ""
	}
	r.report.Validation = append(r.report.Validation, results...)
	return r.writeFailures(ctx, results)
}

// loadedNow reports whether all of a table was loaded from the snapshot that is open.
func (r *run) loadedNow(tp *TablePlan) bool {
	for _, s := range r.tables {
		if s.Plan.Source.Name == tp.Plan.Source.Name {
			return s.Note.Position == r.snapshot.Position()
		}
	}
	return false
}

// notValidated notes that a table could not be compared.
func (r *run) notValidated(tp *TablePlan, why error) {
	v := &validate.Result{Source: tp.Plan.Source.Name, Target: tp.Target.Name, State: validate.Failed, Reason: why.Error()}
	r.report.Validation = append(r.report.Validation, v)
	r.ValidationStats.Update(v.Source, func(c *validate.Counts) { c.Target, c.State, c.Reason = v.Target, v.State, v.Reason })
}

// loadedTables are the plan's tables as the target has them now.
func (r *run) loadedTables(ctx context.Context) ([]*TablePlan, error) {
	names := targetNames(r.plan.Tables)
	var there map[catalog.Name]*connector.Existing
	err := r.patiently(ctx, "look at the target's tables", func() (err error) {
		there, err = r.target.Describe(ctx, names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look at the target's tables: %w", err)
	}
	out := make([]*TablePlan, len(r.plan.Tables))
	for i, tp := range r.plan.Tables {
		now := *tp
		if now.Existing = nil; there[tp.Target.Name] != nil {
			now.Existing = there[tp.Target.Name].Table
		}
		out[i] = &now
	}
	return out, nil
}

// compareWith compares tables of a snapshot of the source with the target as it is now.
func (r *run) compareWith(ctx context.Context, source connector.Snapshot, tables []*TablePlan) (_ []*validate.Result, err error) {
	c, left, err := r.validation(tables)
	if err != nil {
		return nil, err
	}
	c.Stats, c.Keep = r.ValidationStats, r.resyncsLoad()
	end, err := r.readTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end.Close()) }()
	target, err := connector.OpenSnapshot(ctx, end, c.Threads, targetNames(tables))
	if err != nil {
		return nil, fmt.Errorf("take a snapshot of the target: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	c.Source, c.Target = source, target
	found, err := validate.Run(ctx, *c)
	for _, v := range left {
		c.Stats.Update(v.Source, func(n *validate.Counts) { n.Target, n.State, n.Reason = v.Target, v.State, v.Reason })
	}
	return append(found, left...), err
}

// validateOnly compares and moves nothing: one pass over all tables, whose failures are reported at once (ValidationOnly).
func (r *run) validateOnly(ctx context.Context) error {
	tables, err := r.loadedTables(ctx)
	if err != nil {
		return err
	}
	snapshot, err := connector.OpenSnapshot(ctx, r.source, max(r.Settings.ValidationSettings.ThreadCount, 1), sourceNames(tables))
	if err != nil {
		return fmt.Errorf("take a snapshot of the source: %w", &fullload.SourceError{Err: err})
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	if r.report.Position == "" {
		r.report.Position = snapshot.Position()
	}
	results, err := r.compareWith(ctx, snapshot, tables)
	if err != nil {
		return err
	}
	r.report.Validation = append(r.report.Validation, results...)
	return r.writeFailures(ctx, results)
}
