package typemap

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const (
	// The bytes the columns of a row may take together, whatever the storage engine; a text or blob counts as its
	// pointer only.
	mysqlRowBytes  = 65535
	mysqlTextBytes = 12
	// InnoDB's record of a DYNAMIC row keeps 20 bytes of each long value in the page and must fit half a page;
	// narrower columns count in full.
	mysqlRowReserve = 1024
)

// MySQLRow spells the columns of one table for MySQL. Where they exceed the size of a row together, the widest of the
// varchars and varbinaries become text and blob, which hold the same values outside the row. Key parts stay.
func MySQLRow(types []datatype.Type, uses []Use) []string {
	names := make([]string, len(types))
	widths := make([]int, len(types))
	order := make([]int, len(types))
	total := mysqlRowReserve
	for i, t := range types {
		names[i] = ToMySQL(t, uses[i])
		widths[i] = mysqlWidth(names[i])
		order[i] = i
		total += widths[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return widths[b] - widths[a] })
	for _, i := range order {
		if total <= mysqlRowBytes || widths[i] <= mysqlTextBytes {
			break
		}
		if wider, ok := outOfRow(types[i]); ok && uses[i].KeyParts == 0 {
			names[i] = wider
			total -= widths[i] - mysqlTextBytes
		}
	}
	return names
}

// mysqlWidth returns the bytes a column takes in a row at most.
func mysqlWidth(native string) int {
	base, o := splitNative(native)
	switch base {
	case "char":
		return o.Length * mysqlCharBytes
	case "varchar":
		return o.Length*mysqlCharBytes + 2
	case "binary":
		return o.Length
	case "varbinary":
		return o.Length + 2
	case "decimal":
		return 32
	}
	return mysqlTextBytes
}

// outOfRow spells a sized string as a text or a blob.
func outOfRow(t datatype.Type) (string, bool) {
	switch {
	case t.Kind == datatype.String || t.Kind == datatype.WString:
		t.Kind, t.Hint = datatype.NClob, datatype.NoHint
		return ToMySQL(t, Use{}), true
	case t.Kind == datatype.Bytes:
		t.Kind, t.Hint = datatype.Blob, datatype.NoHint
		return ToMySQL(t, Use{}), true
	}
	return "", false
}
