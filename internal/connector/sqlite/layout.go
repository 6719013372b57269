package sqlite

import (
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// layoutOf is how values of a DMS type travel.
func layoutOf(t datatype.Type) change.Layout {
	switch t.Kind {
	case datatype.Boolean:
		return change.Bool
	case datatype.UInt8:
		return change.Uint64
	case datatype.Int1, datatype.Int2, datatype.Int4, datatype.Int8, datatype.UInt1, datatype.UInt2, datatype.UInt4:
		return change.Int64
	case datatype.Real4:
		return change.Float32
	case datatype.Real8:
		return change.Float64
	case datatype.Numeric:
		return change.Decimal
	case datatype.Date:
		return change.Date
	case datatype.Time:
		return change.Time
	case datatype.DateTime:
		if t.Hint == datatype.WithZone {
			return change.Instant
		}
		return change.Timestamp
	case datatype.Bytes, datatype.Blob:
		return change.Bytes
	default:
		return change.Text
	}
}
