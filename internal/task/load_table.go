package task

import (
	"fmt"

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
	if s.Made && !s.needsTableFirst(r.plan) {
		t.Create = s.Script.Create
	}
	written := writable(s, target)
	for _, c := range written.Columns {
		t.TargetColumns = append(t.TargetColumns, target.Column(c.Name))
	}
	o := r.transformOptions(s.Plan)
	if written.Untouched() && o.IsZero() {
		for _, c := range written.Columns {
			t.Columns = append(t.Columns, c.Source)
		}
		t.Native = r.native(written, target, t.Columns)
		return t, nil
	}
	var err error
	if t.Columns, err = transform.ReadColumns(written); err != nil {
		return nil, err
	}
	t.Native = r.native(written, target, t.Columns)
	t.NewTransform = func(read []change.Layout) (fullload.Transform, error) { return transform.New(written, read, o) }
	if _, err := t.NewTransform(r.layouts(t.Columns)); err != nil {
		return nil, fmt.Errorf("transformation: %w", err)
	}
	return t, nil
}

// writable leaves out the columns that the target computes by itself, and names the others as the target does.
func writable(s *Segmented, target *catalog.Table) *mapping.TablePlan {
	w := *s.Plan
	w.Columns = nil
	for i, c := range s.Plan.Columns {
		c.Name = s.Columns[i].Name
		if target.Column(c.Name).Generated == "" {
			w.Columns = append(w.Columns, c)
		}
	}
	return &w
}

// native says which of the columns read may travel as the family's own bytes: those that go unchanged from a column to
// one of the same type, and that no expression looks at.
func (r *run) native(p *mapping.TablePlan, target *catalog.Table, columns []*catalog.Column) []bool {
	out := make([]bool, len(columns))
	if !r.like() || hasExpression(p) || r.Settings.CharacterSetSettings != nil {
		return out
	}
	for i, c := range columns {
		out[i] = goesUnchanged(p, target, c)
	}
	return out
}

func hasExpression(p *mapping.TablePlan) bool {
	for _, c := range p.Columns {
		if c.Expression != "" {
			return true
		}
	}
	return false
}

func goesUnchanged(p *mapping.TablePlan, target *catalog.Table, source *catalog.Column) bool {
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.Source != source {
			continue
		}
		if !c.Untouched() || target.Column(c.Name).NativeType != source.NativeType {
			return false
		}
	}
	return true
}

func (r *run) layouts(columns []*catalog.Column) []change.Layout {
	out := make([]change.Layout, len(columns))
	for i, c := range columns {
		out[i] = r.snapshot.Layout(c)
	}
	return out
}
