package change

import "fmt"

// Layout is the physical form of the values of one Vector.
type Layout uint8

// The layouts, with the Vector field that holds the values.
const (
	NoLayout  Layout = iota
	Bool             // Ints: 0 or 1
	Int64            // Ints
	Uint64           // Ints: the bits of a uint64
	Float32          // Floats: each exactly representable in 32 bits
	Float64          // Floats
	Decimal          // Data: ASCII, [-]digits[.digits], or NaN, Infinity, -Infinity; never an exponent
	Text             // Data: UTF-8
	Bytes            // Data
	Date             // Ints: see Day
	Time             // Ints: microseconds, may be negative or beyond 24 hours
	Timestamp        // Ints: see Moment, without a zone
	Instant          // Ints: see Moment, in UTC
	Native           // Data: the engine family's own encoding; only ends of one family may exchange it
)

var layoutNames = [...]string{
	"none", "bool", "int64", "uint64", "float32", "float64", "decimal", "text", "bytes", "date", "time", "timestamp", "instant", "native",
}

// String names the layout.
func (l Layout) String() string {
	if int(l) < len(layoutNames) {
		return layoutNames[l]
	}
	return fmt.Sprintf("Layout(%d)", uint8(l))
}

// Holds tells which field of a Vector carries the values of the layout.
func (l Layout) Holds() Storage {
	switch l {
	case Bool, Int64, Uint64, Date, Time, Timestamp, Instant:
		return InInts
	case Float32, Float64:
		return InFloats
	default:
		return InData
	}
}

// Storage names a field of Vector.
type Storage uint8

// The storages.
const (
	InInts Storage = iota
	InFloats
	InData
)
