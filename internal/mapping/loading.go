package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// filters plans the filters of the rules that chose a table.
func (p *planner) filters(tp *TablePlan, rules []*Selection) {
	for _, s := range rules {
		for _, f := range s.Filters {
			c := tp.Source.Column(f.Column)
			switch {
			case c == nil:
				p.failf(s.Header, "the filter's column %q is not in %s; its columns are %s", f.Column, tp.Source.Name, columnNames(tp.Source))
			case c.Type.Kind.IsLOB():
				p.failf(s.Header, "the filter's column %q of %s is %s (%s); filters on large objects do not exist", f.Column, tp.Source.Name, c.NativeType, c.Type.Kind)
			default:
				tp.Where = append(tp.Where, f)
			}
		}
	}
}

func columnNames(t *catalog.Table) string {
	const most = 30
	names := make([]string, 0, len(t.Columns))
	for _, c := range t.Columns[:min(most, len(t.Columns))] {
		names = append(names, c.Name)
	}
	if len(t.Columns) > most {
		names = append(names, "…")
	}
	return list(names)
}

// key plans a define-primary-key rule. Its columns may be written as the source names them or as the target does;
// the source's name comes first. A partition leaves the key's name to its engine, for the root has it.
func (p *planner) key(tp *TablePlan, top catalog.Name) {
	t := p.winner(p.rules.Transformations, keyFacet, func(t *Transformation) bool { return t.exactTable() == top })
	if t == nil {
		return
	}
	k := &KeyPlan{Name: t.Key.Name, UniqueIndex: t.Key.UniqueIndex}
	if top != tp.Source.Name {
		k.Name = ""
	}
	for _, name := range t.Key.Columns {
		target, found := tp.TargetColumn(name)
		if !found {
			target = name
			found = slices.ContainsFunc(tp.Columns, func(c ColumnPlan) bool { return c.Name == name })
		}
		switch {
		case !found && tp.Source.Column(name) != nil:
			p.failf(t.Header, "column %q of %s is in the key and left behind by another rule", name, tp.Source.Name)
		case !found:
			p.failf(t.Header, "column %q of the key is not in %s; its columns are %s", name, tp.Source.Name, columnNames(tp.Source))
		case slices.Contains(k.Columns, target):
			p.failf(t.Header, "column %q is in the key twice", target)
		}
		k.Columns = append(k.Columns, target)
	}
	tp.Key = k
}

// loadSettings plans the table-settings rules: a partition's own, else its root's.
func (p *planner) loadSettings(tp *TablePlan, top catalog.Name) {
	for _, name := range []catalog.Name{tp.Source.Name, top} {
		for _, s := range p.rules.TableSettings {
			if s.exactTable() != name {
				continue
			}
			p.matched[s.ID] = true
			if tp.Parallel == nil && s.Parallel != nil {
				tp.Parallel = s.Parallel
				p.checkParallel(s, tp.Source)
			}
			if tp.LOB == nil {
				tp.LOB = s.LOB
			}
		}
	}
}

// unrangeable are the data types by which a table cannot be cut into ranges.
var unrangeable = []datatype.Kind{datatype.Real4, datatype.Real8, datatype.Blob, datatype.Clob, datatype.NClob}

func (p *planner) checkParallel(s *TableSettings, t *catalog.Table) {
	for _, name := range s.Parallel.Columns {
		c := t.Column(name)
		switch {
		case c == nil:
			p.failf(s.Header, "the range column %q is not in %s; its columns are %s", name, t.Name, columnNames(t))
		case slices.Contains(unrangeable, c.Type.Kind):
			p.failf(s.Header, "the range column %q of %s is %s (%s); ranges need a column that is neither a floating-point number nor a large object", name, t.Name, c.NativeType, c.Type.Kind)
		}
	}
	if len(t.Partitions) == 0 {
		return
	}
	for _, name := range s.Parallel.Partitions {
		if !slices.Contains(t.Partitions, name) {
			p.failf(s.Header, "partition %q is not in %s; its partitions are %s", name, t.Name, list(t.Partitions))
		}
	}
}
