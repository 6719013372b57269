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

// referenced lists the column names that the plan's expressions use, as they are and as they were before a change.
func referenced(plan *mapping.TablePlan) []string {
	var names []string
	for i := range plan.Columns {
		now, before := expressionColumns(plan, &plan.Columns[i])
		names = append(append(names, now...), before...)
	}
	return names
}

// expressionColumns lists the source columns that a column's expression uses, and those whose values before the change it uses.
func expressionColumns(plan *mapping.TablePlan, c *mapping.ColumnPlan) (now, before []string) {
	if c.Expression == "" {
		return nil, nil
	}
	p, err := expr.Compile(c.Expression)
	if err != nil {
		return nil, nil
	}
	for _, name := range p.Columns() {
		if of, ok := beforeOf(plan, name); ok {
			before = append(before, of)
		} else {
			now = append(now, name)
		}
	}
	return now, before
}

// beforePrefix begins the names under which expressions know columns as they were before a change.
const beforePrefix = "BI_"

// beforeOf finds the source column that ${BI_name} is about. A column that is called so itself goes before.
func beforeOf(plan *mapping.TablePlan, name string) (string, bool) {
	of, ok := strings.CutPrefix(name, beforePrefix)
	return of, ok && plan.Source.Column(name) == nil && plan.Source.Column(of) != nil
}

// BeforeColumns lists the places in ReadColumns of those whose values before a change the plan's expressions use.
func BeforeColumns(plan *mapping.TablePlan) (columns []int) {
	read := ReadColumns(plan)
	for i := range plan.Columns {
		_, before := expressionColumns(plan, &plan.Columns[i])
		for at, c := range read {
			if slices.Contains(before, c.Name) && !slices.Contains(columns, at) {
				columns = append(columns, at)
			}
		}
	}
	return columns
}

// marking is DMS's function that has rows stay which are deleted.
const marking = "operation_indicator"

// OfChanges lists the target columns whose expressions ask what made a row, or when, or what it was before: an older row of the same
// key holds another value there. Those in told tell of a deletion too.
func OfChanges(plan *mapping.TablePlan) (columns, told []int) {
	for i := range plan.Columns {
		c := &plan.Columns[i]
		p, err := expr.Compile(c.Expression)
		if err != nil {
			continue
		}
		_, before := expressionColumns(plan, c)
		asks := slices.ContainsFunc(p.Uses(), func(name string) bool { return strings.HasPrefix(name, "$AR_H_") || name == marking })
		if asks || len(before) > 0 {
			columns = append(columns, i)
		}
		if asks && len(before) == 0 {
			told = append(told, i)
		}
	}
	return columns, told
}

// Steady reports whether a column has the same value for a row whenever that is read, and whatever change it came by.
func Steady(plan *mapping.TablePlan, c *mapping.ColumnPlan) bool {
	if c.Expression == "" {
		return true
	}
	p, err := expr.Compile(c.Expression)
	if err != nil {
		return true // whoever evaluates it says so
	}
	_, before := expressionColumns(plan, c)
	return p.Steady() && len(before) == 0
}

// Names of placeholders that cost something to fill.
const (
	Place  = "$AR_H_STREAM_POSITION"
	Number = "$AR_H_CHANGE_SEQ"
)

// Asks reports whether an expression of the plan uses a placeholder.
func Asks(plan *mapping.TablePlan, placeholder string) bool {
	return slices.ContainsFunc(plan.Columns, func(c mapping.ColumnPlan) bool {
		p, err := expr.Compile(c.Expression)
		return err == nil && slices.Contains(p.Uses(), placeholder)
	})
}

// MarksDeleted reports whether rows that are deleted stay, marked: an expression uses operation_indicator.
func MarksDeleted(plan *mapping.TablePlan) bool { return Asks(plan, marking) }

// Sources tells, for each target column, from which of ReadColumns its values are made.
func Sources(plan *mapping.TablePlan) [][]int {
	read := ReadColumns(plan)
	out := make([][]int, len(plan.Columns))
	for i := range plan.Columns {
		c := &plan.Columns[i]
		used, _ := expressionColumns(plan, c)
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
