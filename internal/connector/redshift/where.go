package redshift

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// condition writes a predicate of validation: some values of a key, or a range of them. Redshift takes texts for equal that have more or
// fewer blanks at their end, so that it may let more rows through.
func condition(t *catalog.Table, p catalog.Predicate) (string, error) {
	c := t.Column(p.Column)
	if c == nil {
		return "", fmt.Errorf("table %s has no column %q", t.Name, p.Column)
	}
	var equal, any []string
	for _, one := range p.Any {
		switch one.Operator {
		case catalog.Equal:
			equal = append(equal, constant(c, one.Value))
		case catalog.Between:
			any = append(any, quote(c.Name)+" BETWEEN "+constant(c, one.Low)+" AND "+constant(c, one.High))
		default:
			return "", fmt.Errorf("column %q of table %s is not compared by %q", c.Name, t.Name, one.Operator)
		}
	}
	if len(equal) > 0 {
		any = append(any, quote(c.Name)+" IN ("+strings.Join(equal, ", ")+")")
	}
	if len(any) == 0 {
		return "", fmt.Errorf("column %q of table %s has no condition", c.Name, t.Name)
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

// constant writes a value to compare a column with: a number as it is, since a text would be made one of the column's type, which may not
// hold it.
func constant(c *catalog.Column, value string) string {
	number, ok := change.AppendDecimal(nil, []byte(value))
	if ok && (c.Type.Kind.IsInteger() || c.BaseType == "numeric") && !strings.ContainsAny(string(number), "NI") { // NaN, Infinity
		return string(number)
	}
	return literal(value)
}
