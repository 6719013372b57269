package task

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// streamRequest names what is followed. Columns are left out: nothing is delivered yet.
func (r *run) streamRequest() connector.StreamRequest {
	q := connector.StreamRequest{Run: r.plan.Run, Aside: r.isAside, Loopback: r.loopback(), Selected: r.selected()}
	for _, tp := range r.plan.Tables {
		if r.followable(tp) {
			q.Tables = append(q.Tables, connector.Followed{Number: len(q.Tables), Table: tp.Plan.Source, Whole: asksBefore(tp.Plan)})
		}
	}
	return q
}

// asksBefore reports whether expressions ask for values before a change that are not those of the primary key, which every log tells.
func asksBefore(p *mapping.TablePlan) bool {
	read := transform.ReadColumns(p)
	return slices.ContainsFunc(transform.BeforeColumns(p), func(at int) bool {
		return p.Source.PrimaryKey == nil || !slices.Contains(p.Source.PrimaryKey.Columns, read[at].Name)
	})
}

// followable reports whether a table has changes of its own: a view has none, those of a partitioned table may be its partitions', and what
// goes to another server has come there already.
func (r *run) followable(tp *TablePlan) bool {
	return tp.Plan.View == nil && !tp.Plan.Parted() && !(r.like() && tp.Plan.Source.Elsewhere == catalog.OnServer)
}

// capture makes the source keep its changes and takes the snapshot at which they begin.
func (r *run) capture(ctx context.Context) (connector.Snapshot, error) {
	q := r.streamRequest()
	if err := r.obstacles(ctx, q); err != nil {
		return nil, err
	}
	if err := r.loadingStatus(ctx); err != nil {
		return nil, err
	}
	return r.streamer.Capture(ctx, q, r.workers()+r.extraWorkers())
}

// obstacles fails with everything that keeps the source from being followed, and warns of the rest.
func (r *run) obstacles(ctx context.Context, q connector.StreamRequest) error {
	if err := r.markable(); err != nil {
		return err
	}
	found, err := r.streamer.Obstacles(ctx, q)
	if err != nil {
		return fmt.Errorf("check whether the source can be followed: %w", err)
	}
	var fatal []error
	for _, o := range found {
		what := o.What
		if o.Table != (catalog.Name{}) {
			what = fmt.Sprintf("table %s: %s", o.Table, what)
		}
		if o.Fatal {
			fatal = append(fatal, &connector.Error{Class: connector.Invalid, Err: errors.New(what), Remedy: o.Remedy})
			continue
		}
		r.log(tasklog.SourceCapture).Warn("changes may not be captured whole", "what", what, "remedy", o.Remedy)
	}
	if len(fatal) > 0 {
		return fmt.Errorf("the source's changes cannot be followed: %w", errors.Join(fatal...))
	}
	return nil
}

// markable fails when rows that are deleted are to stay where they cannot.
func (r *run) markable() error {
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) || !transform.MarksDeleted(tp.Plan) {
			continue
		}
		if _, err := r.followTable(0, tp); err != nil {
			return fmt.Errorf("table %s: %w", tp.Plan.Source.Name, err)
		}
	}
	return nil
}

// handOver ends the load and begins the changes, in one transaction of the target: from then on a run that goes on does so
// with the changes.
func (r *run) handOver(ctx context.Context) error {
	start := r.snapshot.Position()
	for _, s := range r.tables {
		if !r.followable(s.TablePlan) {
			continue
		}
		order, err := r.streamer.Compare(s.Note.Position, start)
		if err != nil {
			return fmt.Errorf("compare positions of the source: %w", err)
		}
		if order < 0 {
			start = s.Note.Position
		}
	}
	r.plan.since = map[catalog.Name]string{}
	for _, s := range r.tables {
		if s.Note.Position != start {
			r.plan.since[s.Plan.Source.Name] = s.Note.Position
		}
	}
	if err := r.patiently(ctx, "begin with the changes", func() error { return r.writeStart(ctx, start) }); err != nil {
		return fmt.Errorf("write the first checkpoint: %w", err)
	}
	return nil
}

// writeStart writes the first checkpoint, and what the run must remember.
func (r *run) writeStart(ctx context.Context, position string) error {
	session, err := r.applier.Apply(ctx, connector.ApplyOptions{Run: r.plan.Run})
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := session.Begin(ctx); err != nil {
		return err
	}
	failed := r.failures()
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) {
			continue
		}
		name := tp.Plan.Source.Name
		if err := session.Note(ctx, cdc.TableNote(name), cdc.NoteOf(tp.Plan.Source, r.plan.since[name])); err != nil {
			return err
		}
		if why := failed[name]; why != nil {
			if err := session.Note(ctx, cdc.SuspendedNote(name), why.Error()); err != nil {
				return err
			}
		}
	}
	if r.RunName != "" {
		shape, err := r.changesShape()
		if err != nil {
			return err
		}
		if err := session.Note(ctx, shapeNote, shape); err != nil {
			return err
		}
	}
	if err := session.Note(ctx, schemaNote, r.targetSchema(r.plan.Mapping)); err != nil {
		return err
	}
	if err := r.noteStop(ctx, session); err != nil {
		return err
	}
	c := connector.Checkpoint{Run: r.plan.Run, Server: hostname(), Position: position, At: time.Now().UTC()}
	if err := session.Commit(ctx, c); err != nil {
		return err
	}
	r.plan.Checkpoint = &c
	return session.Sync(ctx)
}

// failures are the tables that could not be loaded.
func (r *run) failures() map[catalog.Name]error {
	out := map[catalog.Name]error{}
	for _, c := range r.Stats.Tables() {
		if c.State == fullload.Failed {
			out[c.Source] = c.Err
		}
	}
	return out
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// startFollowing begins with changes alone: tables that are missing are made, empty.
func (r *run) startFollowing(ctx context.Context) error {
	q := r.streamRequest()
	if err := r.obstacles(ctx, q); err != nil {
		return err
	}
	position, err := r.streamer.Start(ctx, q, r.Start)
	if err != nil {
		return fmt.Errorf("find where the changes begin: %w", err)
	}
	if err := r.makeMissing(ctx); err != nil {
		return err
	}
	if err := r.patiently(ctx, "begin with the changes", func() error { return r.writeStart(ctx, position) }); err != nil {
		return fmt.Errorf("write the first checkpoint: %w", err)
	}
	return nil
}

func (r *run) makeMissing(ctx context.Context) error {
	made := false
	var tables []*Segmented
	for _, tp := range r.plan.Tables {
		made = made || tp.Made
		tables = append(tables, &Segmented{TablePlan: tp})
	}
	if !made {
		return nil
	}
	if err := r.schemas(ctx); err != nil {
		return err
	}
	if err := r.objects(ctx, catalog.BeforeTables); err != nil {
		return err
	}
	for _, s := range r.plan.Schema.Sequences {
		if err := r.make(ctx, r.dialect.CreateSequence(s)); err != nil {
			return fmt.Errorf("create sequence %s: %w", s.Name, err)
		}
	}
	for _, s := range inOrder(tables) {
		for _, ss := range [][]catalog.Statement{s.Script.Create, s.Script.Keys, s.Script.Indexes} {
			if err := r.make(ctx, ss); err != nil {
				return fmt.Errorf("make table %s: %w", s.Target.Name, err)
			}
		}
	}
	return nil
}
