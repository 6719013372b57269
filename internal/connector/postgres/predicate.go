package postgres

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// condition writes a predicate; literals are cast to the column's own type, so that indexes serve it.
func condition(a *attribute, p catalog.Predicate) (string, error) {
	var any []string
	for _, c := range p.Any {
		s, err := comparison(a, c)
		if err != nil {
			return "", err
		}
		any = append(any, s)
	}
	if len(any) == 0 {
		return "", fmt.Errorf("has no condition")
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

func comparison(a *attribute, c catalog.Comparison) (string, error) {
	column := quote(a.name)
	value := func(s string) string { return quoteLiteral(s) + "::" + a.typeName }
	switch c.Operator {
	case catalog.Equal:
		return column + " = " + value(c.Value), nil
	case catalog.NotEqual:
		return column + " <> " + value(c.Value), nil
	case catalog.GreaterOrEqual:
		return column + " >= " + value(c.Value), nil
	case catalog.LessOrEqual:
		return column + " <= " + value(c.Value), nil
	case catalog.Between:
		return column + " BETWEEN " + value(c.Low) + " AND " + value(c.High), nil
	case catalog.NotBetween:
		return column + " NOT BETWEEN " + value(c.Low) + " AND " + value(c.High), nil
	case catalog.IsNull:
		return column + " IS NULL", nil
	case catalog.IsNotNull:
		return column + " IS NOT NULL", nil
	}
	return "", fmt.Errorf("unknown operator %q", c.Operator)
}
