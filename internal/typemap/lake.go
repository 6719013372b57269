package typemap

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/datatype"
)

const withZone = " WITH TIME ZONE"

// ToLake spells a type for files: as DMS does, with a zone where the value is an instant.
func ToLake(t datatype.Type, _ Use) string {
	if t.Kind == datatype.DateTime && t.Hint == datatype.WithZone {
		return t.String() + withZone
	}
	return t.String()
}

// fromLake reads what ToLake has spelled.
func fromLake(native string) (base string, t datatype.Type) {
	name, zoned := strings.CutSuffix(native, withZone)
	name, a, b := splitDeclared(name)
	t.Kind, _ = datatype.ParseKind(name)
	switch {
	case t.Kind == datatype.Numeric:
		t.Precision, t.Scale = a, b
		if a == 0 {
			t.Hint = datatype.Unbounded
		}
	case t.Kind == datatype.DateTime || t.Kind == datatype.Time:
		t.Scale = a
	default:
		t.Length = a
	}
	if zoned {
		t.Hint = datatype.WithZone
	}
	return strings.ToLower(name), t
}
