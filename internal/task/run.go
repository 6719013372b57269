package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Run carries the plan out. The report is never nil; the error says why the run ended early. When it is not nil, the
// same migration may be run again and goes on where this one ended.
func (t *Task) Run(ctx context.Context, p *Plan) (*Report, error) {
	r := &run{Task: t, plan: p, report: &Report{Started: time.Now(), Resumed: p.Resumed, Source: t.source.Identity(), Target: t.target.Identity()}}
	err := r.all(ctx)
	r.report.Ended = time.Now()
	r.report.Tables = t.Stats.Tables()
	r.report.Notes = append(r.report.Notes, p.Schema.Report...)
	r.report.Unmatched, r.report.Overruled, r.report.LeftBehind = p.Mapping.Unmatched, p.Mapping.Overruled, p.Mapping.LeftBehind
	if err == nil {
		return r.report, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return r.report, err
}

// run is a plan being carried out.
type run struct {
	*Task
	plan     *Plan
	report   *Report
	snapshot connector.Snapshot
	tables   []*Segmented
}

func (r *run) all(ctx context.Context) (err error) {
	if r.snapshot, err = r.source.Snapshot(ctx, r.workers()); err != nil {
		return fmt.Errorf("take a snapshot of the source: %w", err)
	}
	defer func() { err = errors.Join(err, r.snapshot.Close()) }()
	r.report.Position = r.snapshot.Position()
	if r.tables, err = r.split(ctx, r.snapshot, r.plan); err != nil {
		return err
	}
	if err := r.before(ctx); err != nil {
		return err
	}
	if err := r.load(ctx); err != nil {
		return err
	}
	if err := r.after(ctx); err != nil {
		return err
	}
	if r.report.failedTables(r.Stats) > 0 {
		return nil // the journal stays, so that running again loads those tables alone
	}
	if err := r.target.Journal().Close(ctx, r.plan.Run); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

func (r *run) workers() int { return max(1, r.Settings.FullLoadSettings.MaxFullLoadSubTasks) }

// before makes what rows need: schemas, types, tables. The journal knows of a table before the table exists, so that
// whatever is found after a crash is known to be ours.
func (r *run) before(ctx context.Context) error {
	d := r.dialect
	for _, s := range r.plan.Schema.Schemas {
		if err := r.make(ctx, d.CreateSchema(s)); err != nil {
			return fmt.Errorf("create schema %s: %w", s.Name, err)
		}
	}
	if err := r.objects(ctx, catalog.BeforeTables); err != nil {
		return err
	}
	for _, s := range r.plan.Schema.Sequences {
		if err := r.make(ctx, d.CreateSequence(s)); err != nil {
			return fmt.Errorf("create sequence %s: %w", s.Name, err)
		}
	}
	if err := r.journal(ctx); err != nil {
		return err
	}
	for _, s := range inOrder(r.tables) {
		if err := r.beforeTable(ctx, s); err != nil {
			return fmt.Errorf("prepare table %s: %w", s.Target.Name, err)
		}
	}
	return r.objects(ctx, catalog.AfterTables)
}

// journal plans the segments of every table that is not taken up from an earlier run.
func (r *run) journal(ctx context.Context) error {
	var marks []connector.Mark
	for _, s := range r.tables {
		if len(s.Loaded) > 0 && !s.Restart && len(s.Segments) < len(s.Loaded) {
			continue
		}
		for _, segment := range s.Segments {
			marks = append(marks, connector.Mark{Run: r.plan.Run, Table: s.Target.Name, Segment: segment, Witness: s.Note.String()})
		}
	}
	if len(marks) == 0 {
		return nil
	}
	if err := r.target.Journal().Plan(ctx, marks); err != nil {
		return fmt.Errorf("write the target's journal: %w", err)
	}
	return nil
}

func (r *run) beforeTable(ctx context.Context, s *Segmented) error {
	prepare := s.Prepare
	if s.Restart {
		prepare = append(prepare, r.dialect.Truncate(s.Target.Name))
	}
	if err := r.target.Exec(ctx, prepare); err != nil {
		return err
	}
	if s.Made && s.needsTableFirst(r.plan) {
		return r.make(ctx, s.Script.Create)
	}
	return nil
}

// make runs statements, leaving out those whose result exists.
func (r *run) make(ctx context.Context, ss []catalog.Statement) error {
	for _, s := range ss {
		if s.Makes.Kind != catalog.NoRef {
			there, err := r.target.Exists(ctx, s.Makes)
			if err != nil {
				return fmt.Errorf("look for %s %s: %w", s.Makes.Kind, s.Makes.Name, err)
			}
			if there {
				continue
			}
		}
		if err := r.target.Exec(ctx, []catalog.Statement{s}); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) load(ctx context.Context) error {
	c := fullload.Config{
		Run: r.plan.Run, Task: r.Name, Snapshot: r.snapshot, Target: r.target, Workers: r.workers(),
		BatchRows: r.Settings.FullLoadSettings.CommitRate, Policy: policy(r.Settings), Retry: retry(r.Settings),
		RowsPerSecond: r.RowsPerSecond, BytesPerSecond: r.BytesPerSecond, Stats: r.Stats, Log: r.Log,
	}
	for _, s := range r.tables {
		lt, err := r.loadTable(s)
		if err != nil {
			return fmt.Errorf("table %s: %w", s.Plan.Source.Name, err)
		}
		c.Tables = append(c.Tables, lt)
	}
	return fullload.Run(ctx, c)
}
