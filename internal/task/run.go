package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// Run carries the plan out. The report is never nil; the error says why the run ended early. When it is not nil, the
// same migration may be run again and goes on where this one ended.
func (t *Task) Run(ctx context.Context, p *Plan) (*Report, error) {
	r := &run{Task: t, plan: p, report: &Report{Started: time.Now(), Resumed: p.Resumed, Source: t.source.Identity(), Target: t.target.Identity()}}
	err := r.exclusively(ctx)
	t.running.Store(nil)
	r.report.Ended = time.Now()
	r.report.Tables = t.Stats.Tables()
	if t.follows() {
		r.report.Changes = t.ChangeStats.Counts()
	}
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
	// exact are the tables whose rows were compared with the snapshot after which their changes are followed.
	exact map[catalog.Name]bool
	// isAside says that the run loads tables anew beside another one, drops that it drops them before.
	isAside, drops bool
	// lateNames are those of the indexes of tables that have joined meanwhile, with the table of each.
	lateNames map[catalog.Name]catalog.Name
}

// exclusively runs everything while no other process runs the same, and gives up when one of the ends is gone.
func (r *run) exclusively(ctx context.Context) error {
	release, err := r.claim(ctx, r.plan)
	if err != nil {
		return err
	}
	defer release()
	r.report.Resumed = r.plan.Resumed
	if r.plan.Checkpoint == nil {
		if err := r.watched(ctx, r.begin); err != nil {
			return err
		}
	}
	if !r.follows() {
		return nil
	}
	return r.afterLoad(ctx)
}

// watched runs something that ends when one of the ends is silent.
func (r *run) watched(ctx context.Context, f func(context.Context) error) error {
	watched, stop := r.watch(ctx)
	defer stop()
	err := f(watched)
	if err != nil && watched.Err() != nil {
		return context.Cause(watched)
	}
	return r.explain(err)
}

// begin does all that comes before changes.
func (r *run) begin(ctx context.Context) error {
	if r.compares() && !r.follows() {
		return r.validateOnly(ctx)
	}
	if r.loads() {
		return r.all(ctx)
	}
	return r.startFollowing(ctx)
}

// explain says which end was lost or is full, and how to go on.
func (r *run) explain(err error) error {
	end, identity := "target", r.target.Identity()
	var reading *fullload.SourceError
	if errors.As(err, &reading) {
		end, identity = "source", r.source.Identity()
	}
	switch connector.ClassOf(err) {
	case connector.Lost:
		return &connector.Error{
			Class: connector.Lost, Err: fmt.Errorf("the %s %s was lost: %w", end, identity, err),
			Remedy: "when the server can be reached again, " + r.again() + ": it goes on where it stopped",
		}
	case connector.Full:
		if errors.Is(err, connector.ErrTemporary) {
			return &connector.Error{
				Class: connector.Full, Err: err,
				Remedy: "make room on the disk of temporary files, or set TMPDIR to a folder on a larger one where this runs, then " + r.again() + ": it goes on where it stopped",
			}
		}
		return &connector.Error{
			Class: connector.Full, Err: fmt.Errorf("the %s %s is full: %w", end, identity, err),
			Remedy: "make room, then " + r.again() + ": it goes on where it stopped",
		}
	}
	return err
}

func (r *run) all(ctx context.Context) (err error) {
	if err := r.takeSettledSnapshot(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.snapshot.Close()) }()
	r.report.Position = r.snapshot.Position()
	ctx = tasklog.With(ctx, slog.String("position", r.report.Position))
	r.log(tasklog.TaskManager).DebugContext(ctx, "full load begins", "tables", len(r.plan.Tables), "resumed", r.plan.Resumed)
	if err := r.recount(ctx, r.plan); err != nil {
		return &fullload.SourceError{Err: err}
	}
	if r.tables, err = r.split(ctx, r.snapshot, r.plan); err != nil {
		return &fullload.SourceError{Err: err}
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
	if err := r.validateLoad(ctx); err != nil {
		return err
	}
	if r.follows() {
		if err := r.handOver(ctx); err != nil {
			return err
		}
	} else if r.report.failedTables(r.Stats) > 0 {
		return nil // the journal stays, so that running again loads those tables alone
	}
	if !r.follows() && r.RunName != "" {
		return r.flush(ctx) // the journal stays, so that running again loads nothing twice
	}
	if err := r.patiently(ctx, "close the journal", func() error { return r.target.Journal().Close(ctx, r.plan.Run) }); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// flush makes what was loaded durable, where the target has not done so.
func (r *run) flush(ctx context.Context) error {
	f, ok := r.target.(connector.Flusher)
	if !ok {
		return nil
	}
	if err := r.patiently(ctx, "make the load durable", func() error { return f.Flush(ctx) }); err != nil {
		return fmt.Errorf("make the load durable: %w", err)
	}
	return nil
}

func (r *run) takeSnapshot(ctx context.Context) (connector.Snapshot, error) {
	if r.follows() {
		return r.capture(ctx)
	}
	return connector.OpenSnapshot(ctx, r.source, r.workers()+r.extraWorkers(), sourceNames(r.plan.Tables))
}

func (r *run) workers() int { return max(1, r.Settings.FullLoadSettings.MaxFullLoadSubTasks) }

// extraWorkers is how many more load small tables. Only between PostgreSQL servers do rows pass as a stream.
func (r *run) extraWorkers() int {
	if r.sourceEngine.Family != catalog.PostgreSQL || !r.like() {
		return 0
	}
	return r.ExtraWorkers
}

// schemas makes the schemas. One into which no table goes may be refused as objects may.
func (r *run) schemas(ctx context.Context) error {
	for _, s := range r.plan.Schema.Schemas {
		ss := r.dialect.CreateSchema(s)
		if s.Empty {
			if err := r.tolerate(ctx, "schema", catalog.Name{Name: s.Name}, ss); err != nil {
				return err
			}
			continue
		}
		if err := r.make(ctx, ss); err != nil {
			return fmt.Errorf("create schema %s: %w", s.Name, err)
		}
	}
	return nil
}

// before makes what rows need: schemas, types, tables. The journal knows of a table before the table exists, so that
// whatever is found after a crash is known to be ours.
func (r *run) before(ctx context.Context) error {
	d := r.dialect
	if err := r.schemas(ctx); err != nil {
		return err
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
	if err := r.together(ctx); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	return r.objects(ctx, catalog.AfterTables)
}

// journal plans the segments of every table that is not taken up from an earlier run.
func (r *run) journal(ctx context.Context) error {
	var marks []connector.Mark
	for _, s := range r.tables {
		if s.TakenUp || s.rowless() && len(s.Segments) == 0 {
			continue
		}
		segments := s.Segments
		if len(segments) == 0 {
			segments = []connector.Segment{{Rows: -1, Bytes: -1}} // see rowless
		}
		for _, segment := range segments {
			marks = append(marks, connector.Mark{Run: r.plan.Run, Table: s.Target.Name, Segment: segment, Witness: s.Note.String()})
		}
	}
	if len(marks) == 0 {
		return nil
	}
	if err := r.patiently(ctx, "plan", func() error { return r.target.Journal().Plan(ctx, marks) }); err != nil {
		return fmt.Errorf("write the target's journal: %w", err)
	}
	return nil
}

func (r *run) beforeTable(ctx context.Context, s *Segmented) error {
	ctx = within(ctx, s.Target.Name)
	if err := r.patiently(ctx, "prepare the table", func() error { return r.target.Exec(ctx, s.Prepare) }); err != nil {
		return err
	}
	if s.Made && s.needsTableFirst(r.plan) {
		return r.make(ctx, s.Script.Create)
	}
	return nil
}

// make runs statements, leaving out those whose result exists: another's, what an interrupted run has made, or a try
// whose answer was lost.
func (r *run) make(ctx context.Context, ss []catalog.Statement) error {
	for _, s := range ss {
		err := r.patiently(ctx, "run DDL", func() error {
			if s.Makes.Kind != catalog.NoRef {
				if there, err := r.target.Exists(ctx, s.Makes); there || err != nil {
					return err
				}
			}
			r.log(tasklog.TablesManager).DebugContext(tasklog.With(ctx, slog.String("statement", s.SQL)), "make", "kind", s.Makes.Kind, "name", s.Makes.Name.String())
			return fullload.Make(ctx, r.target, s)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// patiently tries again while the target is lost or busy, as the settings say.
func (r *run) patiently(ctx context.Context, what string, f func() error) error {
	return Retry(r.Settings).Do(ctx, r.log(tasklog.TaskManager), what, f)
}

func (r *run) load(ctx context.Context) error {
	c := fullload.Config{
		Run: r.plan.Run, Task: r.Name, Snapshot: r.snapshot, Target: r.target, Workers: r.workers(), Extra: r.extraWorkers(), PerTable: r.Settings.TargetMetadata.ParallelLoadThreads,
		BatchRows: r.Settings.FullLoadSettings.CommitRate, Policy: policy(r.Settings), Retry: Retry(r.Settings),
		RowsPerSecond: r.RowsPerSecond, BytesPerSecond: r.BytesPerSecond, Largest: r.Largest, Stats: r.Stats, Log: r.Log,
	}
	for _, s := range r.tables {
		lt, err := r.loadTable(s)
		if err != nil {
			return fmt.Errorf("table %s: %w", s.Plan.Source.Name, err)
		}
		c.Tables = append(c.Tables, lt)
	}
	ctx, s := span.Start(ctx, "full load")
	err := fullload.Run(ctx, c)
	span.End(s, err)
	return err
}
