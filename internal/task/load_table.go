package task

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/transform"
)

// loadTable describes a table to the full load.
func (r *run) loadTable(s *Segmented) (*fullload.Table, error) {
	target := s.Target
	if s.Existing != nil {
		target = s.Existing
	}
	t := &fullload.Table{
		Source: s.Plan.Source, Where: s.Plan.Where, Target: target, Segments: s.Segments, Note: s.Note.String(),
		Keys: s.Script.Keys, Indexes: s.Script.Indexes, Resumed: len(s.Loaded) > 0, Fresh: s.Fresh, LoadOrder: s.Plan.LoadOrder,
	}
	if s.TakenUp {
		for _, l := range s.Loaded {
			if l.Done {
				t.EarlierRows += l.Counts.Rows
			}
		}
	}
	if s.There {
		t.Indexes = s.IndexesLeft
	}
	if s.Made && !s.There && !s.needsTableFirst(r.plan) {
		t.Create = s.Script.Create
	}
	written := r.writable(s.TablePlan, target)
	for _, c := range written.Columns {
		t.TargetColumns = append(t.TargetColumns, target.Column(c.Name))
	}
	o := r.transformOptions(s.Plan)
	t.Columns = transform.ReadColumns(written)
	t.Native = r.native(written, target, t.Columns, o)
	r.addHistory(t, s, written, target, o)
	if !transform.Needed(written, o) {
		return t, nil
	}
	t.NewTransform = func(read []change.Layout) (fullload.Transform, error) { return transform.New(written, read, o) }
	if _, err := t.NewTransform(r.layouts(t)); err != nil {
		return nil, fmt.Errorf("transformation: %w", err)
	}
	return t, nil
}

// writable leaves out the columns that the target computes by itself, names the others as the target does, and tells masks how much room there
// is; SQLite has as much as is needed, whatever a column's type says.
func (t *Task) writable(s *TablePlan, target *catalog.Table) *mapping.TablePlan {
	w := *s.Plan
	w.Columns = nil
	for i, c := range s.Plan.Columns {
		c.Name = s.Columns[i].Name
		there := target.Column(c.Name)
		if there.Generated != "" {
			continue
		}
		if len(c.Masks) > 0 && there.Type.Kind.IsText() && t.targetEngine.Family != catalog.SQLite {
			c.Masks = slices.Clone(c.Masks)
			for k := range c.Masks {
				c.Masks[k].Room = there.Type.Length
			}
		}
		w.Columns = append(w.Columns, c)
	}
	return &w
}

// native says which of the columns read may travel as the family's own bytes: those that nothing looks into and that
// go into columns of the same type.
func (r *run) native(p *mapping.TablePlan, target *catalog.Table, columns []*catalog.Column, o transform.Options) []bool {
	out := make([]bool, len(columns))
	for i, c := range columns {
		out[i] = r.like() && transform.MayBeNative(p, c, o) && sameType(p, target, c) && !(r.follows() && filtered(p, c))
	}
	return out
}

// filtered reports whether a source filter asks for a column. Changes are filtered here, where its values must be known.
func filtered(p *mapping.TablePlan, c *catalog.Column) bool {
	return slices.ContainsFunc(p.Where, func(w catalog.Predicate) bool { return w.Column == c.Name })
}

func sameType(p *mapping.TablePlan, target *catalog.Table, source *catalog.Column) bool {
	for i := range p.Columns {
		if c := &p.Columns[i]; c.Source == source && target.Column(c.Name).NativeType != source.NativeType {
			return false
		}
	}
	return true
}

func (r *run) layouts(t *fullload.Table) []change.Layout {
	out := make([]change.Layout, len(t.Columns))
	for i, c := range t.Columns {
		if out[i] = r.snapshot.Layout(c); t.Native[i] {
			out[i] = change.Native
		}
	}
	return out
}
