package datatype

import "fmt"

// Hint says what a value means beyond its DMS type. A target that knows the meaning uses it, any other ignores it.
type Hint uint8

// The hints.
const (
	NoHint     Hint = iota
	UUID            // 36 characters, lower case, with dashes
	JSON            // a JSON document, kept as written
	JSONB           // a JSON document whose spelling does not matter
	WithZone        // a DATETIME that is an instant (held in UTC)
	Enum            // one of Type.Values
	Set             // a comma-separated subset of Type.Values
	Bit             // a bit string of '0' and '1'
	Year            // a calendar year
	Interval        // a span of time in the engine's own text form
	Spatial         // a geometry as well-known binary, or as the engine's text form when the kind is text
	FixedWidth      // a blank-padded CHAR or a zero-padded BINARY
	Unbounded       // a NUMERIC without precision: any number of digits on both sides
)

// Type is a DMS intermediate type with its size.
type Type struct {
	Kind Kind
	// Length is in characters for text and in bytes for BYTES and BLOB; 0 means without a bound.
	Length int
	// Precision and Scale size a NUMERIC. Scale is also the number of fractional digits (0 to 9) of TIME and DATETIME.
	Precision, Scale int
	Hint             Hint
	// Values lists the members of an Enum or a Set.
	Values []string
}

// String spells the type as DMS does: NUMERIC(12,2), WSTRING(40), DATETIME(6).
func (t Type) String() string {
	switch {
	case t.Kind == Numeric && t.Precision > 0:
		return fmt.Sprintf("NUMERIC(%d,%d)", t.Precision, t.Scale)
	case (t.Kind == DateTime || t.Kind == Time) && t.Scale > 0:
		return fmt.Sprintf("%s(%d)", t.Kind, t.Scale)
	case t.Length > 0:
		return fmt.Sprintf("%s(%d)", t.Kind, t.Length)
	}
	return t.Kind.String()
}
