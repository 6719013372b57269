package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// latePart is an index or constraint that a table may have got while it was followed.
type latePart struct {
	kind  catalog.RefKind
	name  string
	part  string                 // as it is noted
	alone func(t *catalog.Table) // gives the table this part alone
}

func partsOf(t *catalog.Table) (all []latePart) {
	for _, k := range t.Uniques {
		all = append(all, latePart{catalog.ConstraintRef, k.Name, k.Name, func(t *catalog.Table) { t.Uniques = []*catalog.Key{k} }})
	}
	for _, x := range t.Indexes {
		all = append(all, latePart{catalog.IndexRef, x.Name, x.Name, func(t *catalog.Table) { t.Indexes = []*catalog.Index{x} }})
	}
	for _, c := range t.Checks {
		all = append(all, latePart{catalog.ConstraintRef, c.Name, c.Name, func(t *catalog.Table) { t.Checks = []*catalog.Check{c} }})
	}
	for _, k := range t.ForeignKeys {
		all = append(all, latePart{catalog.ConstraintRef, k.Name, cdc.ForeignKeyPart(k.Name), func(t *catalog.Table) { t.ForeignKeys = []*catalog.ForeignKey{k} }})
	}
	return all
}

// addLate makes what tables have got since their changes began to be followed, of those that joined since everything that waits for
// other tables: first what keys may refer to, then the keys. What cannot be added to a table that is there is reported by name.
func (r *run) addLate(ctx context.Context, now *convert.Result, out *Cutover) error {
	if !r.Settings.WhimbrelSettings.SecondaryObjects {
		return nil
	}
	for _, attached := range []bool{false, true} {
		for _, t := range now.Tables {
			if t.Folded || t.Plan.View != nil {
				continue
			}
			for _, p := range r.lateParts(t) {
				if err := r.addPart(ctx, t.Target, p, attached, out); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lateParts are the parts that were not there when the table began to be followed.
func (r *run) lateParts(t *convert.Table) []latePart {
	all := partsOf(t.Target)
	then, late := r.plan.Catalog.Table(t.Plan.Source.Name), r.plan.late[t.Plan.Source.Name]
	if then == nil || late[""] {
		return all
	}
	were := cdc.PartsOf(then)
	return slices.DeleteFunc(all, func(p latePart) bool { return slices.Contains(were, p.part) && !late[p.part] })
}

// addPart makes one part, with the others that wait for all tables if it does.
func (r *run) addPart(ctx context.Context, t *catalog.Table, p latePart, attached bool, out *Cutover) error {
	bare := *t
	bare.PrimaryKey, bare.Uniques, bare.Indexes, bare.Checks, bare.ForeignKeys, bare.Native = nil, nil, nil, nil, nil, nil
	p.alone(&bare)
	script := r.dialect.Script(&bare, false)
	early, late := named(slices.Concat(script.Keys, script.Indexes)), named(script.Attach)
	ss := early
	if attached {
		ss = late
	}
	for _, s := range ss {
		there, err := r.target.Exists(ctx, s.Makes)
		if err != nil {
			return fmt.Errorf("look for %s %s on the target: %w", s.Makes.Kind, s.Makes.Name, err)
		}
		if there {
			continue
		}
		if err := r.tolerate(ctx, string(s.Makes.Kind), s.Makes.Name, []catalog.Statement{s}); err != nil {
			return err
		}
		out.Objects++
	}
	if attached && len(early)+len(late) == 0 && !r.joined(t) {
		name := catalog.Name{Schema: t.Name.Schema, Name: p.name}
		r.report.Notes = append(r.report.Notes, convert.Note{
			Kind: string(p.kind), Name: name, Outcome: convert.NotCarried,
			Text: fmt.Sprintf("The %s %s, which table %s has got while it was followed, is not made: a table of the target takes it only when it is made.", p.kind, p.name, t.Name),
		})
	}
	return nil
}

// joined reports whether a target table was made while changes were followed, with all that such a table has from its beginning.
func (r *run) joined(target *catalog.Table) bool {
	for _, tp := range r.plan.Tables {
		if tp.Target.Name == target.Name {
			return r.plan.late[tp.Plan.Source.Name][""]
		}
	}
	return true
}

// named are the statements that make something by name.
func named(ss []catalog.Statement) []catalog.Statement {
	return slices.DeleteFunc(ss, func(s catalog.Statement) bool { return s.Makes.Kind == catalog.NoRef })
}
