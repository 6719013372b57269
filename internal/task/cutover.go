package task

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// quietFor is how long the source must have been silent before the target may take over.
const quietFor = 2 * time.Second

// Cutover is what a cutover found and did.
type Cutover struct {
	// Tables are the counts of both sides, one for each table.
	Tables []Counted
	// Sequences says how many sequences and counters were set, Objects how many held-back objects were made.
	Sequences, Objects int
	Position           string
	// WayBack is set when KeepWayBack asked for it and the target may take over.
	WayBack *WayBack
}

// Counted compares the rows of one table.
type Counted struct {
	Source, Target         catalog.Name
	SourceRows, TargetRows int64
}

// Equal reports whether both sides have the same number of rows in every table.
func (c *Cutover) Equal() bool {
	for _, t := range c.Tables {
		if t.SourceRows != t.TargetRows {
			return false
		}
	}
	return true
}

// cutOver lets the target take over: it waits until everything is applied and the source is written to no more, makes what was
// held back, sets sequences and compares counts. The capture at the source is kept until Release.
func (r *run) cutOver(ctx context.Context) error {
	var back *Task
	var way *WayBack
	if r.KeepWayBack { // what is in its way is better known before the writers are stopped
		var err error
		if back, way, err = r.wayBack(ctx); err != nil {
			return err
		}
		defer func() { _ = back.Close() }()
	}
	if err := r.untilQuiet(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	out := &Cutover{Position: r.ChangeStats.Counts().Position}
	if err := r.takeOver(ctx, out); err != nil {
		return err
	}
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) {
			continue
		}
		c, err := r.countBoth(ctx, tp)
		if err != nil {
			return err
		}
		out.Tables = append(out.Tables, c)
	}
	r.report.Cutover = out
	if r.validates() { // the source is quiet: every row of both sides, not their number alone
		r.report.Validation = nil
		if err := r.validateOnly(ctx); err != nil {
			return err
		}
	}
	if back == nil || !out.Equal() || !r.report.Valid() {
		return nil
	}
	var err error
	if way.Position, err = back.Begin(ctx); err != nil {
		return fmt.Errorf("begin the way back: %w", err)
	}
	out.WayBack = way
	return nil
}

// untilQuiet follows the source until nothing has been written to it for a while.
func (r *run) untilQuiet(ctx context.Context) error {
	r.Stop.CaughtUp = true
	for first := true; ; first = false {
		before := r.ChangeStats.Counts().Applied
		if err := r.follow(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		seen := r.ChangeStats.Counts().Applied - before
		switch {
		case !first && seen == 0:
			return nil
		case !first:
			r.log(tasklog.TaskManager).Info("the source is still written to: stop its writers", "changes", seen, "within", quietFor.String())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(quietFor):
		}
	}
}

// takeOver looks at the source as it is now, and sets what its rows' last values have moved.
func (r *run) takeOver(ctx context.Context, out *Cutover) error {
	secondary := r.Settings.WhimbrelSettings.SecondaryObjects
	source, err := r.source.Inspect(ctx, connector.InspectOptions{Objects: secondary && r.like()})
	if err != nil {
		return fmt.Errorf("inspect the source: %w", err)
	}
	plan, err := r.mapTables(source)
	if err != nil {
		return err
	}
	now, err := r.convert(source, plan)
	if err != nil {
		return fmt.Errorf("convert the schema: %w", err)
	}
	if secondary {
		for _, s := range now.Sequences {
			if err := r.tolerate(ctx, "sequence", s.Name, r.dialect.CreateSequence(s)); err != nil {
				return err
			}
			out.Sequences++
		}
		for _, t := range now.Tables {
			for _, statement := range r.dialect.Script(t.Target, false).Finish {
				if err := r.tolerate(ctx, "attribute of table", t.Target.Name, []catalog.Statement{statement}); err != nil {
					return err
				}
				out.Sequences++
			}
		}
	}
	return r.release(ctx, now.Objects, out)
}

// release makes the objects that would have acted on the changes.
func (r *run) release(ctx context.Context, objects []catalog.Object, out *Cutover) error {
	for _, o := range objects {
		if !r.heldBack(o) {
			continue
		}
		var ss []catalog.Statement
		for _, sql := range o.DDL {
			ss = append(ss, catalog.Statement{SQL: sql})
		}
		if err := r.tolerated(ctx, o.Kind, o.Name, r.target.Exec(ctx, ss)); err != nil {
			return err
		}
		out.Objects++
	}
	return nil
}

func (r *run) countBoth(ctx context.Context, tp *TablePlan) (c Counted, err error) {
	target := tp.Target
	if tp.Existing != nil {
		target = tp.Existing
	}
	c.Source, c.Target = tp.Plan.Source.Name, target.Name
	source, ok := r.source.(connector.Counter)
	other, too := r.target.(connector.Counter)
	if !ok || !too {
		return c, fmt.Errorf("rows of a %s source and a %s target cannot be counted", r.sourceEngine.Name, r.targetEngine.Name)
	}
	if c.SourceRows, err = source.Count(ctx, tp.Plan.Source, tp.Plan.Where); err != nil {
		return c, fmt.Errorf("count the source's rows: %w", err)
	}
	c.TargetRows, err = other.Count(ctx, target, nil)
	if err != nil {
		return c, fmt.Errorf("count the target's rows: %w", err)
	}
	return c, nil
}
