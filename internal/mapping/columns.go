package mapping

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// columnRules returns the transformations of columns that are about a table.
func (p *planner) columnRules(table catalog.Name) []*Transformation {
	var out []*Transformation
	for _, t := range p.rules.Transformations {
		if t.Target == ColumnTarget && t.matchesTable(table) {
			out = append(out, t)
		}
	}
	return out
}

// columns plans the columns that come from the source.
func (p *planner) columns(tp *TablePlan, rules []*Transformation) {
	listed := false // an include-column rule drops every column that no such rule lists
	for _, t := range rules {
		listed = listed || t.Action == IncludeColumn
	}
	for _, c := range tp.Source.Columns {
		matches := func(t *Transformation) bool {
			return t.Column.Match(c.Name) && (t.DataType == datatype.Invalid || t.DataType == c.Type.Kind)
		}
		presence := p.winner(rules, presenceFacet, matches)
		if presence == nil && listed || presence != nil && presence.Action == RemoveColumn {
			p.markDropped(rules, matches)
			continue
		}
		cp := ColumnPlan{Name: c.Name, Source: c}
		change := p.winner(rules, typeFacet, matches)
		if change != nil && change.Type != nil {
			cp.Type = change.Type
		}
		if p.options.WithoutLOBs && cp.valueType().Kind.IsLOB() {
			p.markDropped(rules, matches)
			p.plan.LeftBehind = append(p.plan.LeftBehind, fmt.Sprintf("column %s.%s (%s): a large object, and SupportLobs is false", tp.Source.Name, c.Name, c.NativeType))
			continue
		}
		if t := p.winner(rules, nameFacet, matches); t != nil {
			cp.Name = p.rename(t, c.Name, columnPlaceholders(tp.Source.Name, c))
		}
		cp.Name = p.options.folded(cp.Name)
		if mask := p.winner(rules, maskFacet, matches); mask != nil {
			p.mask(tp, &cp, mask, change)
		}
		tp.Columns = append(tp.Columns, cp)
	}
	if len(tp.Columns) == 0 && len(tp.Source.Columns) > 0 && !adds(rules) {
		p.errs = append(p.errs, fmt.Errorf("table %s: no column of it is left; exclude the table or keep a column", tp.Source.Name))
	}
}

// columnPlaceholders are the names an expression that renames a column may use.
func columnPlaceholders(table catalog.Name, c *catalog.Column) map[string]string {
	return map[string]string{
		"AR_M_SOURCE_SCHEMA": table.Schema, "AR_M_SOURCE_TABLE_NAME": table.Name,
		"AR_M_SOURCE_COLUMN_NAME": c.Name, "AR_M_SOURCE_COLUMN_DATATYPE": c.Type.Kind.String(),
	}
}

// markDropped marks the rules about a column that is left behind as matching, so that they are not reported as idle
// for a name that does not exist.
func (p *planner) markDropped(rules []*Transformation, matches func(*Transformation) bool) {
	for _, t := range rules {
		if t.Action != AddColumn && t.Action != AddBeforeImage && matches(t) {
			p.matched[t.ID] = true
		}
	}
}

func adds(rules []*Transformation) bool {
	for _, t := range rules {
		if t.Action == AddColumn {
			return true
		}
	}
	return false
}

// added plans the columns that add-column rules add, after those of the source.
func (p *planner) added(tp *TablePlan, rules []*Transformation) {
	first := map[string]bool{}
	for _, t := range rules {
		if t.Action != AddColumn {
			continue
		}
		p.matched[t.ID] = true
		if first[t.Value] {
			continue
		}
		first[t.Value], p.effective[t.ID] = true, true
		cp := ColumnPlan{Name: p.options.folded(t.Value), Type: t.Type, Expression: t.Expression}
		mask := p.winner(rules, maskFacet, func(m *Transformation) bool {
			return m.Column.Match(t.Value) && (m.DataType == datatype.Invalid || t.Type != nil && m.DataType == t.Type.Kind)
		})
		if mask != nil {
			p.mask(tp, &cp, mask, nil)
		}
		tp.Columns = append(tp.Columns, cp)
	}
}

// sameNames reports two columns of one table that would have one name.
func (p *planner) sameNames(tp *TablePlan) {
	taken := map[string]string{}
	for _, c := range tp.Columns {
		origin := "an added column"
		if c.Source != nil {
			origin = fmt.Sprintf("column %q", c.Source.Name)
		}
		if other, ok := taken[c.Name]; ok {
			p.errs = append(p.errs, fmt.Errorf("table %s: %s and %s would both be column %q of %s; give one another name or remove it",
				tp.Source.Name, other, origin, c.Name, tp.Target))
			continue
		}
		taken[c.Name] = origin
	}
}
