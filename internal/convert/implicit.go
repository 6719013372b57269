package convert

import (
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
