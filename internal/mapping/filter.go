package mapping

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// filterOperators are the words of filter-operator. DMS has two words for "at most".
var filterOperators = map[string]catalog.Operator{
	"eq": catalog.Equal, "noteq": catalog.NotEqual, "gte": catalog.GreaterOrEqual, "lte": catalog.LessOrEqual,
	"ste": catalog.LessOrEqual, "between": catalog.Between, "notbetween": catalog.NotBetween,
	"null": catalog.IsNull, "notnull": catalog.IsNotNull,
}

// filters reads the source filters of a selection rule: all of them must hold, each by any of its conditions.
func filters(r *document.Reader) []catalog.Predicate {
	items, _ := r.Array("filters")
	var out []catalog.Predicate
	for _, item := range items {
		fr, ok := item.Read(r.Subject, r.Problems)
		if !ok {
			continue
		}
		word(fr, "filter-type", "source")
		p := catalog.Predicate{Column: text(fr, "column-name", "the name of a column")}
		conditions, ok := fr.Array("filter-conditions")
		if ok && len(conditions) == 0 || !ok && fr.Take("filter-conditions") == nil {
			fr.Missing("filter-conditions", "at least one condition")
		}
		for _, c := range conditions {
			if cr, ok := c.Read(r.Subject, r.Problems); ok {
				p.Any = append(p.Any, condition(cr))
				cr.Done()
			}
		}
		fr.Done()
		out = append(out, p)
	}
	return out
}

func condition(r *document.Reader) catalog.Comparison {
	var c catalog.Comparison
	n := r.Take("filter-operator")
	if n == nil {
		r.Missing("filter-operator", "one of "+oneOf(filterOperators))
		r.Ignore("value", "start-value", "end-value")
		return c
	}
	operator, ok := filterOperators[n.Text]
	if n.Kind != document.String || !ok {
		r.Failf(n, "is %s; want one of %s", n.Show(), oneOf(filterOperators))
		r.Ignore("value", "start-value", "end-value")
		return c
	}
	c.Operator = operator
	switch operator {
	case catalog.IsNull, catalog.IsNotNull:
	case catalog.Between, catalog.NotBetween:
		c.Low = operand(r, "start-value")
		c.High = operand(r, "end-value")
	default:
		c.Value = operand(r, "value")
	}
	ignoreNulls(r, "value", "start-value", "end-value")
	return c
}

// operand reads a literal, which may be written as a string, a number or a truth value.
func operand(r *document.Reader, key string) string {
	n := r.Take(key)
	if n == nil {
		r.Missing(key, "a string or a number")
		return ""
	}
	if !slices.Contains([]document.Kind{document.String, document.Number, document.Bool}, n.Kind) {
		r.Failf(n, "is %s; want a string or a number", n.Show())
	}
	return n.Text
}

// ignoreNulls lets keys be present with null.
func ignoreNulls(r *document.Reader, keys ...string) {
	for _, key := range keys {
		if n := r.Peek(key); n != nil && n.Kind == document.Null {
			r.Ignore(key)
		}
	}
}
