package transform

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// ReadColumns lists the source columns a plan needs: those of the target columns in their order, then those that only
// expressions refer to. What an expression refers to in vain is left to New to report.
func ReadColumns(plan *mapping.TablePlan) []*catalog.Column {
	var read []*catalog.Column
	add := func(c *catalog.Column) {
		if c != nil && !slices.Contains(read, c) {
			read = append(read, c)
		}
	}
	for _, c := range plan.Columns {
		add(c.Source)
	}
	for _, name := range referenced(plan) {
		add(plan.Source.Column(name))
	}
	return read
}

// referenced lists the column names that the plan's expressions use.
func referenced(plan *mapping.TablePlan) []string {
	var names []string
	for i := range plan.Columns {
		names = append(names, expressionColumns(&plan.Columns[i])...)
	}
	return names
}

// expressionColumns lists the source columns that a column's expression uses.
func expressionColumns(c *mapping.ColumnPlan) []string {
	if c.Expression == "" {
		return nil
	}
	p, err := expr.Compile(c.Expression)
	if err != nil {
		return nil
	}
	return p.Columns()
}

// OfChanges lists the target columns whose expressions ask what made a row, or when: an older row of the same key holds another
// value there.
func OfChanges(plan *mapping.TablePlan) (columns []int) {
	for i := range plan.Columns {
		p, err := expr.Compile(plan.Columns[i].Expression)
		if err == nil && slices.ContainsFunc(p.Uses(), func(name string) bool { return strings.HasPrefix(name, "$AR_H_") }) {
			columns = append(columns, i)
		}
	}
	return columns
}

// Sources tells, for each target column, from which of ReadColumns its values are made.
func Sources(plan *mapping.TablePlan) [][]int {
	read := ReadColumns(plan)
	out := make([][]int, len(plan.Columns))
	for i := range plan.Columns {
		c := &plan.Columns[i]
		used := expressionColumns(c)
		for at, r := range read {
			if r == c.Source && c.Expression == "" || slices.Contains(used, r.Name) {
				out[i] = append(out[i], at)
			}
		}
	}
	return out
}

// Needed reports whether rows of the table must pass through a Transformer at all.
func Needed(plan *mapping.TablePlan, o Options) bool {
	if !plan.Untouched() {
		return true
	}
	return slices.ContainsFunc(ReadColumns(plan), func(c *catalog.Column) bool { return !MayBeNative(plan, c, o) })
}

// MayBeNative reports whether a column of ReadColumns may travel in the Native layout: nothing looks into it.
func MayBeNative(plan *mapping.TablePlan, c *catalog.Column, o Options) bool {
	switch {
	case c.Type.Kind.IsLOB() && o.lobLimit(plan) > 0:
		return false
	case o.Characters != nil && (c.Type.Kind == datatype.String || c.Type.Kind == datatype.WString):
		return false
	case slices.Contains(referenced(plan), c.Name):
		return false
	}
	for i := range plan.Columns {
		if p := &plan.Columns[i]; p.Source == c && !p.Untouched() {
			return false
		}
	}
	return true
}
