package sqlite

import (
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// comparisons are the one-sided operators in SQL.
var comparisons = map[catalog.Operator]string{
	catalog.Equal: "=", catalog.NotEqual: "<>", catalog.GreaterOrEqual: ">=", catalog.LessOrEqual: "<=",
}

// conditions turns predicates into SQL with parameters. The literals get their column's storage class, since a text
// and a number are never equal in a column without affinity.
func conditions(t *catalog.Table, ps []catalog.Predicate) (where []string, args []any, err error) {
	for _, p := range ps {
		col := t.Column(p.Column)
		if col == nil {
			return nil, nil, invalid("", "filter of table %s: no column %q", t.Name, p.Column)
		}
		var any []string
		for _, cmp := range p.Any {
			sql, literals, err := condition(col, cmp)
			if err != nil {
				return nil, nil, err
			}
			any = append(any, sql)
			args = append(args, literals...)
		}
		where = append(where, "("+strings.Join(any, " OR ")+")")
	}
	return where, args, nil
}

func condition(col *catalog.Column, cmp catalog.Comparison) (string, []any, error) {
	name, mark := ident(col.Name), "?"
	if isNumber(col.Type.Kind) {
		mark = "CAST(? AS NUMERIC)"
	}
	literal := func(s string) any {
		if col.Type.Kind == datatype.Boolean {
			if b, err := strconv.ParseBool(strings.ToLower(s)); err == nil && b {
				return 1
			} else if err == nil {
				return 0
			}
		}
		return s
	}
	switch cmp.Operator {
	case catalog.IsNull:
		return name + " IS NULL", nil, nil
	case catalog.IsNotNull:
		return name + " IS NOT NULL", nil, nil
	case catalog.Between, catalog.NotBetween:
		not := ""
		if cmp.Operator == catalog.NotBetween {
			not = "NOT "
		}
		return name + " " + not + "BETWEEN " + mark + " AND " + mark, []any{literal(cmp.Low), literal(cmp.High)}, nil
	}
	op, ok := comparisons[cmp.Operator]
	if !ok {
		return "", nil, invalid("", "filter on column %q: unknown operator %q", col.Name, cmp.Operator)
	}
	return name + " " + op + " " + mark, []any{literal(cmp.Value)}, nil
}

func isNumber(k datatype.Kind) bool {
	return k.IsInteger() || k == datatype.Numeric || k == datatype.Real4 || k == datatype.Real8
}
