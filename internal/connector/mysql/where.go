package mysql

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// predicate writes a filter of the mapping.
func predicate(t *catalog.Table, p catalog.Predicate) (string, error) {
	c := t.Column(p.Column)
	if c == nil {
		return "", invalid(fmt.Errorf("filter on %s: table %s has no such column", p.Column, t.Name), "")
	}
	var any []string
	for _, cmp := range p.Any {
		s, err := comparison(c, cmp)
		if err != nil {
			return "", fmt.Errorf("filter on %s.%s: %w", t.Name, p.Column, err)
		}
		any = append(any, s)
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

var operators = map[catalog.Operator]string{
	catalog.Equal: " = ", catalog.NotEqual: " <> ", catalog.GreaterOrEqual: " >= ", catalog.LessOrEqual: " <= ",
}

func comparison(c *catalog.Column, cmp catalog.Comparison) (string, error) {
	name := quoteIdent(c.Name)
	switch cmp.Operator {
	case catalog.IsNull:
		return name + " IS NULL", nil
	case catalog.IsNotNull:
		return name + " IS NOT NULL", nil
	case catalog.Between, catalog.NotBetween:
		low, err := valueLiteral(c, cmp.Low)
		if err != nil {
			return "", err
		}
		high, err := valueLiteral(c, cmp.High)
		if err != nil {
			return "", err
		}
		not := ""
		if cmp.Operator == catalog.NotBetween {
			not = " NOT"
		}
		return name + not + " BETWEEN " + low + " AND " + high, nil
	}
	op, ok := operators[cmp.Operator]
	if !ok {
		return "", invalid(fmt.Errorf("unknown operator %q", cmp.Operator), "")
	}
	value, err := valueLiteral(c, cmp.Value)
	if err != nil {
		return "", err
	}
	return name + op + value, nil
}

// bound is one end of a key range: the columns compared and their literals.
type bound struct{ columns, values []string }

// atLeast is true where the columns, in order, are equal to or after the bound. It is written out because the
// servers do not use an index for comparisons of rows.
func (b bound) atLeast() string { return b.compare(" > ", " >= ") }

// below is true where the columns are before the bound.
func (b bound) below() string { return b.compare(" < ", " < ") }

func (b bound) compare(strict, last string) string {
	var terms []string
	prefix := ""
	for i, c := range b.columns {
		op := strict
		if i == len(b.columns)-1 {
			op = last
		}
		terms = append(terms, prefix+c+op+b.values[i])
		prefix += c + " = " + b.values[i] + " AND "
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return "((" + strings.Join(terms, ") OR (") + "))"
}

// unknown is true where below is neither true nor false: a column is null and those before it equal the bound's.
func (b bound) unknown(nullable []bool) string {
	var terms []string
	prefix := ""
	for i, c := range b.columns {
		if nullable[i] {
			terms = append(terms, "("+prefix+c+" IS NULL)")
		}
		prefix += c + " = " + b.values[i] + " AND "
	}
	return strings.Join(terms, " OR ")
}
