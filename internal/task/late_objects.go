package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
)

// routines are kinds of objects that the engines find by name, whatever else they are made of.
var routines = []string{"function", "procedure", "aggregate", "package", "package body"}

// addLateObjects makes what a source of the same engine has got beside tables since its changes began to be followed: views and what they
// call. Anything else is reported by name.
func (r *run) addLateObjects(ctx context.Context, now *convert.Result, out *Cutover) error {
	if !r.Settings.WhimbrelSettings.SecondaryObjects || !r.like() {
		return nil
	}
	for _, o := range now.Objects {
		if o.Stage != catalog.AtEnd {
			if err := r.addObject(ctx, o, out); err != nil {
				return err
			}
		}
	}
	for _, v := range now.Views {
		there, err := r.target.Exists(ctx, catalog.Ref{Kind: catalog.ViewRef, Name: v.Name})
		if err != nil {
			return fmt.Errorf("look for view %s on the target: %w", v.Name, err)
		}
		if there {
			continue
		}
		if err := r.tolerate(ctx, "view", v.Name, r.dialect.CreateView(v)); err != nil {
			return err
		}
		out.Objects++
	}
	for _, o := range now.Objects {
		if o.Stage == catalog.AtEnd {
			if err := r.addObject(ctx, o, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) addObject(ctx context.Context, o catalog.Object, out *Cutover) error {
	if r.heldBack(o) {
		return nil
	}
	there, err := r.target.Exists(ctx, catalog.Ref{Kind: catalog.ObjectRef, Name: o.Name, Table: o.Table})
	if err != nil {
		return fmt.Errorf("look for %s %s on the target: %w", o.Kind, o.Name, err)
	}
	switch {
	case there:
		return nil
	case !slices.Contains(routines, o.Kind):
		if !slices.ContainsFunc(r.plan.Schema.Objects, func(p catalog.Object) bool { return p.Kind == o.Kind && p.Name == o.Name && p.Table == o.Table }) {
			r.report.Notes = append(r.report.Notes, convert.Note{
				Kind: o.Kind, Name: o.Name, Outcome: convert.NotCarried,
				Text: fmt.Sprintf("The %s %s, which the source has got while it was followed, is not made: make it by hand.", o.Kind, o.Name),
			})
		}
		return nil
	}
	var ss []catalog.Statement
	for _, sql := range o.DDL {
		ss = append(ss, catalog.Statement{SQL: sql})
	}
	out.Objects++
	return r.tolerated(ctx, o.Kind, o.Name, r.target.Exec(ctx, ss))
}
