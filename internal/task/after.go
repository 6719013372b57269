package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// after makes what needs the rows. What cannot be made is reported and does not stop the rest: the rows are safe.
func (r *run) after(ctx context.Context) error {
	if err := r.objects(ctx, catalog.AfterLoad); err != nil {
		return err
	}
	d := r.dialect
	for _, v := range r.plan.Schema.Views {
		kind := "view"
		if v.Materialized {
			kind = "materialized view"
		}
		if err := r.tolerate(ctx, kind, v.Name, d.CreateView(v)); err != nil {
			return err
		}
	}
	for _, s := range r.loaded() {
		for _, statement := range s.Script.Attach {
			if err := r.tolerate(ctx, string(statement.Makes.Kind), statement.Makes.Name, []catalog.Statement{statement}); err != nil {
				return err
			}
		}
	}
	if err := r.objects(ctx, catalog.AtEnd); err != nil {
		return err
	}
	for _, s := range r.loaded() {
		for _, statement := range s.Script.Finish {
			if err := r.tolerate(ctx, "attribute of table", s.Target.Name, []catalog.Statement{statement}); err != nil {
				return err
			}
		}
	}
	return nil
}

// loaded returns the tables whose rows are all in.
func (r *run) loaded() []*Segmented {
	failed := map[catalog.Name]bool{}
	for _, c := range r.Stats.Tables() {
		if c.State == fullload.Failed {
			failed[c.Target] = true
		}
	}
	var out []*Segmented
	for _, s := range r.tables {
		if !failed[s.Target.Name] {
			out = append(out, s)
		}
	}
	return out
}

// objects makes the objects of one stage.
func (r *run) objects(ctx context.Context, stage catalog.Stage) error {
	for _, o := range r.plan.Schema.Objects {
		if o.Stage != stage || r.heldBack(o) {
			continue
		}
		var ss []catalog.Statement
		for _, sql := range o.DDL {
			ss = append(ss, catalog.Statement{SQL: sql})
		}
		// In one call: the statements of an object set the session for each other.
		if err := r.tolerated(ctx, o.Kind, o.Name, r.target.Exec(ctx, ss)); err != nil {
			return err
		}
	}
	return nil
}

// tolerate runs statements and turns a failure into a note of the report. Only the end of the context is an error.
func (r *run) tolerate(ctx context.Context, kind string, name catalog.Name, ss []catalog.Statement) error {
	return r.tolerated(ctx, kind, name, r.make(ctx, ss))
}

func (r *run) tolerated(ctx context.Context, kind string, name catalog.Name, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch connector.ClassOf(err) {
	case connector.Lost, connector.Full, connector.Busy:
		// Nothing the target has against the object: a run that is repeated will make it.
		return fmt.Errorf("make %s %s: %w", kind, name, err)
	case connector.Present:
		if !r.plan.Resumed { // else it is probably the interrupted run's own
			r.report.Notes = append(r.report.Notes, convert.Note{
				Kind: kind, Name: name, Outcome: convert.NotCarried, Text: fmt.Sprintf("The target has %s %s already; it was left as it is.", kind, name),
			})
		}
		return nil
	}
	r.log(tasklog.MetadataManager).WarnContext(ctx, "not carried over", "kind", kind, "name", name.String(), "error", err)
	r.report.Failed = append(r.report.Failed, convert.Note{
		Kind: kind, Name: name, Outcome: convert.NotCarried, Text: fmt.Sprintf("The target refused to make %s %s: %v.", kind, name, err),
	})
	return nil
}
