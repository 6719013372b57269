package task

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
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
	out, now, err := r.settle(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if r.report.Cutover = out; !out.Equal() || !r.report.Valid() {
		return nil // what was held back would act on the changes that are still to come
	}
	if err := r.release(ctx, now, out); err != nil || back == nil {
		return err
	}
	if way.Position, err = back.Begin(ctx); err != nil {
		return fmt.Errorf("begin the way back: %w", err)
	}
	out.WayBack = way
	return nil
}

// settle waits until the source is written to no more, sets sequences and compares both sides, and begins again when something
// was written while it did so.
func (r *run) settle(ctx context.Context) (*Cutover, *convert.Result, error) {
	for {
		if err := r.untilQuiet(ctx); err != nil || ctx.Err() != nil {
			return nil, nil, err
		}
		out := &Cutover{Position: r.ChangeStats.Counts().Position}
		now, err := r.setSequences(ctx, out)
		if err != nil {
			return nil, nil, err
		}
		if err := r.compareBoth(ctx, out); err != nil {
			return nil, nil, err
		}
		late, err := r.followOnce(ctx)
		if err != nil || ctx.Err() != nil {
			return nil, nil, err
		}
		if late == 0 {
			return out, now, nil
		}
		r.stillWritten(late)
	}
}

// compareBoth counts the rows of both sides, and compares them where the task validates.
func (r *run) compareBoth(ctx context.Context, out *Cutover) error {
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
	if !r.validates() {
		return nil
	}
	r.report.Validation = nil // the source is quiet: every row of both sides, not their number alone
	return r.validateOnly(ctx)
}

// untilQuiet follows the source until nothing has been written to it for a while.
func (r *run) untilQuiet(ctx context.Context) error {
	r.Stop.CaughtUp = true
	for first := true; ; first = false {
		seen, err := r.followOnce(ctx)
		switch {
		case err != nil || ctx.Err() != nil:
			return err
		case !first && seen == 0:
			return nil
		case !first:
			r.stillWritten(seen)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(quietFor):
		}
	}
}

// followOnce applies what the source has now, and says how much that was.
func (r *run) followOnce(ctx context.Context) (applied int64, err error) {
	before := r.ChangeStats.Counts().Applied
	err = r.follow(ctx)
	return r.ChangeStats.Counts().Applied - before, err
}

func (r *run) stillWritten(changes int64) {
	r.log(tasklog.TaskManager).Info("the source is still written to: stop its writers", "changes", changes)
}

// setSequences looks at the source as it is now, and sets what its rows' last values have moved. It returns what the
// target is to have then.
func (r *run) setSequences(ctx context.Context, out *Cutover) (*convert.Result, error) {
	secondary := r.Settings.WhimbrelSettings.SecondaryObjects
	source, err := r.inspectSource(ctx, connector.InspectOptions{Objects: secondary && r.like()})
	if err != nil {
		return nil, fmt.Errorf("inspect the source: %w", err)
	}
	typedAsThen(source, r.plan.Catalog)
	plan, err := r.mapTables(source)
	if err != nil {
		return nil, err
	}
	now, err := r.convert(source, plan)
	if err != nil {
		return nil, fmt.Errorf("convert the schema: %w", err)
	}
	if !secondary {
		return now, nil
	}
	for _, s := range now.Sequences {
		if err := r.tolerate(ctx, "sequence", s.Name, r.dialect.CreateSequence(s)); err != nil {
			return nil, err
		}
		out.Sequences++
	}
	for _, t := range now.Tables {
		for _, statement := range r.dialect.Script(t.Target, false).Finish {
			if err := r.tolerate(ctx, "attribute of table", t.Target.Name, []catalog.Statement{statement}); err != nil {
				return nil, err
			}
			out.Sequences++
		}
	}
	return now, nil
}

// release makes what tables have got meanwhile, and the objects that would have acted on the changes.
func (r *run) release(ctx context.Context, now *convert.Result, out *Cutover) error {
	if err := r.addLate(ctx, now, out); err != nil {
		return err
	}
	if err := r.nameDifferences(ctx, now); err != nil {
		return err
	}
	if err := r.addLateObjects(ctx, now, out); err != nil {
		return err
	}
	for _, o := range now.Objects {
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
