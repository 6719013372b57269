package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// show writes a plan for people to review.
func show(p *Plan) string {
	var b strings.Builder
	schemas := make([]string, 0, len(p.Schemas))
	for from, to := range p.Schemas {
		schemas = append(schemas, from+" -> "+to)
	}
	slices.Sort(schemas)
	fmt.Fprintf(&b, "schemas: %s\n", strings.Join(schemas, ", "))
	for _, t := range p.Tables {
		kind := "table"
		if t.View != nil {
			kind = "view"
		}
		fmt.Fprintf(&b, "%s %s -> %s", kind, t.Source.Name, t.Target)
		if t.LoadOrder != 0 {
			fmt.Fprintf(&b, ", load order %d", t.LoadOrder)
		}
		if t.Source.PartitionOf != nil {
			fmt.Fprintf(&b, ", partition of %s", t.Source.PartitionOf)
		}
		fmt.Fprintf(&b, ", untouched %t\n", t.Untouched())
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "  %s\n", showColumn(c))
		}
		if t.Key != nil {
			fmt.Fprintf(&b, "  key %+v\n", *t.Key)
		}
		for _, w := range t.Where {
			fmt.Fprintf(&b, "  where %+v\n", w)
		}
		if t.Parallel != nil {
			fmt.Fprintf(&b, "  parallel %+v\n", *t.Parallel)
		}
		if t.LOB != nil {
			fmt.Fprintf(&b, "  lob %+v\n", *t.LOB)
		}
	}
	for _, u := range p.Unmatched {
		fmt.Fprintf(&b, "unmatched: %s\n", u)
	}
	for _, u := range p.Overruled {
		fmt.Fprintf(&b, "overruled: %s\n", u)
	}
	for _, c := range p.LeftBehind {
		fmt.Fprintf(&b, "left behind: %s\n", c)
	}
	return b.String()
}

func showColumn(c ColumnPlan) string {
	s := "(added)"
	if c.Source != nil {
		s = c.Source.Name
	}
	s += " -> " + c.Name
	if c.Type != nil {
		s += " " + c.Type.String()
		if c.Type.Hint != datatype.NoHint {
			s += fmt.Sprintf(" hint %d", c.Type.Hint)
		}
	}
	if c.Expression != "" {
		s += " = " + c.Expression
	}
	for _, m := range c.Masks {
		s += " " + string(m.Method)
		if m.Char != 0 {
			s += " " + string(rune(m.Char))
		}
	}
	return s
}
