package connector

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Filter applies predicates to rows where no server does it: to changes, and to rows of files. Values are compared as what they
// are, texts by their bytes.
type Filter struct{ predicates []predicate }

// predicate is true when any of its comparisons is.
type predicate struct {
	column      int // of the rows read
	comparisons []comparison
}

type comparison struct {
	operator catalog.Operator
	// bounds holds the value, or low and high.
	bounds change.Vector
}

// NewFilter returns nil when there is nothing to filter.
func NewFilter(where []catalog.Predicate, read []ReadColumn) (*Filter, error) {
	if len(where) == 0 {
		return nil, nil
	}
	f := &Filter{}
	for _, w := range where {
		at := slices.IndexFunc(read, func(r ReadColumn) bool { return r.Column.Name == w.Column })
		if at < 0 {
			return nil, fmt.Errorf("column %q is not among those that move; include it, so that changes can be filtered by it", w.Column)
		}
		p := predicate{column: at}
		for _, c := range w.Any {
			cmp, err := newComparison(c, read[at])
			if err != nil {
				return nil, fmt.Errorf("column %q: %w", w.Column, err)
			}
			p.comparisons = append(p.comparisons, cmp)
		}
		f.predicates = append(f.predicates, p)
	}
	return f, nil
}

func newComparison(c catalog.Comparison, r ReadColumn) (comparison, error) {
	out := comparison{operator: c.Operator}
	var literals change.Vector
	literals.Reset(change.Text)
	switch c.Operator {
	case catalog.IsNull, catalog.IsNotNull:
		return out, nil
	case catalog.Between, catalog.NotBetween:
		literals.AppendString(c.Low)
		literals.AppendString(c.High)
	default:
		literals.AppendString(c.Value)
	}
	if r.Layout == change.Text { // as it is: a text has no longest form in a comparison
		out.bounds.CopyFrom(&literals)
		return out, nil
	}
	converter, err := change.NewConverter(change.Text, datatype.Type{Kind: datatype.WString}, r.Column.ReadType())
	if err != nil {
		return out, err
	}
	misfit := func(_ int, _ change.Fault, reason string) (bool, error) {
		return false, fmt.Errorf("the filter's value is no %s: %s", r.Column.Type, reason)
	}
	if err := converter.Convert(&out.bounds, &literals, misfit); err != nil {
		return out, err
	}
	if out.bounds.Layout != r.Layout {
		return out, fmt.Errorf("values that travel as %s cannot be filtered", r.Layout)
	}
	return out, nil
}

// Verdict is what a filter says of a row.
type Verdict uint8

// The verdicts.
const (
	Matches Verdict = iota
	Fails
	Unsaid // a value it asks for was not sent, because it has not changed
)

// Match looks at a row.
func (f *Filter) Match(b *change.Batch, row int) Verdict {
	out := Matches
	for i := range f.predicates {
		p := &f.predicates[i]
		v := &b.Columns[p.column]
		switch {
		case v.IsAbsent(row):
			out = Unsaid
		case !p.holds(v, row):
			return Fails
		}
	}
	return out
}

func (p *predicate) holds(v *change.Vector, row int) bool {
	for i := range p.comparisons {
		if p.comparisons[i].holds(v, row) {
			return true
		}
	}
	return false
}

// holds is false for a null, as in SQL, unless nulls are asked for.
func (c *comparison) holds(v *change.Vector, row int) bool {
	switch null := v.IsNull(row); {
	case c.operator == catalog.IsNull:
		return null
	case null:
		return false
	case c.operator == catalog.IsNotNull:
		return true
	}
	first := change.Compare(v, row, &c.bounds, 0)
	switch c.operator {
	case catalog.Equal:
		return first == 0
	case catalog.NotEqual:
		return first != 0
	case catalog.GreaterOrEqual:
		return first >= 0
	case catalog.LessOrEqual:
		return first <= 0
	}
	inside := first >= 0 && change.Compare(v, row, &c.bounds, 1) <= 0
	return inside == (c.operator == catalog.Between)
}
