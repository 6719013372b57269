package convert

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// ImplicitDefault is the value MySQL gives the rows that are there when a column that must not be null is added without a
// default: zero for numbers, the empty string for texts (MySQL manual, "Data Type Default Values"). It is nil for types
// whose value has no form that every engine takes.
func ImplicitDefault(c *catalog.Column) *string {
	zero, empty := "0", "''"
	switch k := c.Type.Kind; {
	case k.IsInteger(), k == datatype.Numeric, k == datatype.Real4, k == datatype.Real8:
		return &zero
	case k == datatype.String, k == datatype.WString:
		return &empty
	default:
		return nil
	}
}

// ConstantDefault is the value that the rows which are there have in a column added with a constant default, for a target that is given
// no defaults otherwise (see leftBecause). It is nil where the default is no constant, or has no form that is the same on the target:
// Redshift reads a backslash in a text as the beginning of an escape.
func ConstantDefault(from, to catalog.Family, source, target *catalog.Column) *string {
	if source == nil || source.Default == nil || strings.EqualFold(target.NativeType, "super") {
		return nil
	}
	n, err := parseExpression(from, *source.Default)
	for err == nil && n.kind == castNode {
		n = n.args[0]
	}
	if err != nil || n.kind != numberNode && n.kind != textNode && n.kind != boolNode {
		return nil
	}
	text, err := defaultWriter{c: &converter{from: from, to: to}, source: source, col: target}.literal(n)
	if err != nil || strings.Contains(text, `\`) {
		return nil
	}
	return &text
}
