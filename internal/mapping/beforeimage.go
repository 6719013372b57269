package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/document"
)

// BeforeImage is what add-before-image-columns says.
type BeforeImage struct {
	Prefix, Suffix string
	Columns        string // pk-only, non-lob, all
}

func beforeImage(r *document.Reader) *BeforeImage {
	n := r.Take("before-image-def")
	if n == nil {
		r.Missing("before-image-def", `an object such as {"column-prefix": "BI_", "column-filter": "pk-only"}`)
		return nil
	}
	br, ok := n.Read(r.Subject, r.Problems)
	if !ok {
		return nil
	}
	defer br.Done()
	b := &BeforeImage{Prefix: "BI_", Columns: "pk-only"}
	if br.Take("column-prefix") != nil {
		b.Prefix, _ = br.Text("column-prefix")
	}
	b.Suffix, _ = br.Text("column-suffix")
	if br.Take("column-filter") != nil {
		b.Columns = word(br, "column-filter", "pk-only", "non-lob", "all")
	}
	if b.Prefix == "" && b.Suffix == "" {
		br.Failf(n, "column-prefix and column-suffix are both empty; give one, so that the new columns have names of their own")
	}
	return b
}

// beforeImages plans the columns that hold what others were before the last change of their row, after all others. They are masked as
// those are.
func (p *planner) beforeImages(tp *TablePlan, rules []*Transformation) {
	rule := p.winner(rules, beforeImageFacet, func(*Transformation) bool { return true })
	if rule == nil {
		return
	}
	def := rule.BeforeImage
	for _, c := range slices.Clone(tp.Columns) {
		if c.Source == nil || def.Columns == "pk-only" && !tp.inKey(c.Source.Name) || def.Columns == "non-lob" && c.valueType().Kind.IsLOB() {
			continue
		}
		kind := c.valueType()
		tp.Columns = append(tp.Columns, ColumnPlan{
			Name: def.Prefix + c.Name + def.Suffix, Type: &kind, Expression: "${BI_" + c.Source.Name + "}", Masks: c.Masks,
		})
	}
}

func (p *TablePlan) inKey(column string) bool {
	return p.Source.PrimaryKey != nil && slices.Contains(p.Source.PrimaryKey.Columns, column)
}
