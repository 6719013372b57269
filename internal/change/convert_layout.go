package change

import "github.com/whimbreldb/whimbrel/internal/datatype"

// LayoutOf is how values of a DMS type are held when they are not Native.
func LayoutOf(t datatype.Type) Layout {
	switch t.Kind {
	case datatype.Boolean:
		return Bool
	case datatype.UInt8:
		return Uint64
	case datatype.Real4:
		return Float32
	case datatype.Real8:
		return Float64
	case datatype.Numeric:
		return Decimal
	case datatype.Date:
		return Date
	case datatype.Time:
		return Time
	case datatype.DateTime:
		if t.Hint == datatype.WithZone {
			return Instant
		}
		return Timestamp
	case datatype.Bytes, datatype.Blob:
		return Bytes
	}
	if t.Kind.IsInteger() {
		return Int64
	}
	return Text
}
