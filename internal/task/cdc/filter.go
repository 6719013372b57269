package cdc

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// filter applies the source filters of a table mapping to changes. In a full load the source's own SQL does it; here
// values are compared as what they are, texts by their bytes.
type filter struct{ predicates []predicate }

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

// newFilter returns nil when there is nothing to filter.
func newFilter(where []catalog.Predicate, read []connector.ReadColumn) (*filter, error) {
	if len(where) == 0 {
		return nil, nil
	}
	f := &filter{}
	for _, w := range where {
		at := slices.IndexFunc(read, func(r connector.ReadColumn) bool { return r.Column.Name == w.Column })
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

func newComparison(c catalog.Comparison, r connector.ReadColumn) (comparison, error) {
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
	converter, err := change.NewConverter(change.Text, datatype.Type{Kind: datatype.WString}, r.Column.Type)
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

// verdict is what a filter says of a row.
type verdict uint8

const (
	matches verdict = iota
	fails
	unsaid // a value it asks for was not sent, because it has not changed
)

func (f *filter) match(b *change.Batch, row int) verdict {
	out := matches
	for i := range f.predicates {
		p := &f.predicates[i]
		v := &b.Columns[p.column]
		switch {
		case v.IsAbsent(row):
			out = unsaid
		case !p.holds(v, row):
			return fails
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

// apply leaves out the changes of rows that are not selected. An update that takes a row out of the selection becomes a
// delete.
func (f *filter) apply(t *Table, c *change.Changes) {
	c.Keep(func(i int) bool {
		row := c.After[i]
		if row == change.None {
			return true // a delete, of a row that may be there
		}
		if f.match(&c.New, int(row)) != fails {
			return true
		}
		if c.Ops[i] == change.Insert {
			return false
		}
		c.Ops[i] = change.Delete
		c.After[i] = change.None
		if c.Before[i] == change.None {
			c.Before[i] = t.keyAsOld(c, int(row))
		}
		return true
	})
}

// keyAsOld makes a row of Old from the key of a row of New.
func (t *Table) keyAsOld(c *change.Changes, row int) int32 {
	key := map[int]bool{}
	for _, k := range t.Key {
		for _, s := range t.sources[k] {
			key[s] = true
		}
	}
	for i := range c.Old.Columns {
		if key[i] {
			c.Old.Columns[i].AppendFrom(&c.New.Columns[i], row)
		} else {
			c.Old.Columns[i].AppendAbsent()
		}
	}
	c.Old.EndRow()
	return int32(c.Old.Rows() - 1)
}
