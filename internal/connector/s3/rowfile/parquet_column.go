package rowfile

import (
	"math"
	"math/bits"

	"github.com/parquet-go/parquet-go"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// parquetColumn is how the values of one column are written (AWS DMS user guide, "Data types" of S3 as a target).
type parquetColumn struct {
	node           parquet.Node
	number, source int // among the file's columns, and among the table's
	// value makes a value of one that is not null, and tells how much memory it takes.
	value func(v *change.Vector, i int, arena *[]byte) (parquet.Value, int)
	// check says why a value cannot be held; nil when all can.
	check func(v *change.Vector, i int) string
}

func (p Parquet) column(c connector.LoadColumn) parquetColumn {
	t := c.Column.Type
	switch c.Layout {
	case change.Bool:
		return parquetColumn{node: parquet.Leaf(parquet.BooleanType), value: boolValue}
	case change.Int64, change.Uint64:
		return integerColumn(t.Kind)
	case change.Float32:
		return parquetColumn{node: parquet.Leaf(parquet.FloatType), value: floatValue}
	case change.Float64:
		return parquetColumn{node: parquet.Leaf(parquet.DoubleType), value: doubleValue}
	case change.Decimal:
		return decimalColumn(t)
	case change.Date:
		return parquetColumn{node: parquet.Date(), value: dateValue, check: checkDate}
	case change.Time:
		return parquetColumn{node: parquet.TimeAdjusted(parquet.Microsecond, false), value: timeValue, check: checkTime}
	case change.Timestamp, change.Instant:
		return p.momentColumn(c.Layout == change.Instant)
	case change.Bytes, change.Native:
		return parquetColumn{node: parquet.Leaf(parquet.ByteArrayType), value: bytesValue}
	default:
		return parquetColumn{node: parquet.String(), value: bytesValue}
	}
}

func boolValue(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.BooleanValue(v.Ints[i] != 0), 1
}

func floatValue(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.FloatValue(float32(v.Floats[i])), 4
}

func doubleValue(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.DoubleValue(v.Floats[i]), 8
}

func bytesValue(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	p := v.Value(i)
	return parquet.ByteArrayValue(p), len(p) + 4
}

func int32Value(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.Int32Value(int32(v.Ints[i])), 4
}

func int64Value(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.Int64Value(v.Ints[i]), 8
}

func integerColumn(k datatype.Kind) parquetColumn {
	switch k {
	case datatype.Int1:
		return parquetColumn{node: parquet.Int(8), value: int32Value}
	case datatype.Int2:
		return parquetColumn{node: parquet.Int(16), value: int32Value}
	case datatype.Int4:
		return parquetColumn{node: parquet.Int(32), value: int32Value}
	case datatype.UInt1:
		return parquetColumn{node: parquet.Uint(8), value: int32Value}
	case datatype.UInt2:
		return parquetColumn{node: parquet.Uint(16), value: int32Value}
	case datatype.UInt4:
		return parquetColumn{node: parquet.Uint(32), value: int32Value}
	case datatype.UInt8:
		return parquetColumn{node: parquet.Uint(64), value: int64Value}
	default:
		return parquetColumn{node: parquet.Int(64), value: int64Value}
	}
}

// unixDays are the days from 1970 to 2000.
const unixDays = 10957

func dateValue(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.Int32Value(int32(v.Ints[i] + unixDays)), 4
}

const outside = "Parquet has no infinite dates, and none with a zero year, month or day"

func checkDate(v *change.Vector, i int) string {
	if d := change.Day(v.Ints[i]); d.IsInfinite() || d.IsOdd() || v.Ints[i]+unixDays > math.MaxInt32 {
		return outside
	}
	return ""
}

func timeValue(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
	return parquet.Int64Value(v.Ints[i]), 8
}

func checkTime(v *change.Vector, i int) string {
	if v.Ints[i] < 0 || v.Ints[i] >= change.MicrosPerDay {
		return "a time of Parquet lies between 00:00:00 and 23:59:59.999999"
	}
	return ""
}

func (p Parquet) momentColumn(instant bool) parquetColumn {
	c := parquetColumn{node: parquet.TimestampAdjusted(parquet.Microsecond, instant), check: checkMoment}
	c.value = func(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
		return parquet.Int64Value(v.Ints[i] + epochMicros), 8
	}
	if p.Milliseconds {
		c.node = parquet.TimestampAdjusted(parquet.Millisecond, instant)
		c.value = func(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
			micros := v.Ints[i] + epochMicros
			millis := micros / 1000
			if micros%1000 < 0 {
				millis--
			}
			return parquet.Int64Value(millis), 8
		}
	}
	return c
}

func checkMoment(v *change.Vector, i int) string {
	if m := change.Moment(v.Ints[i]); m.IsInfinite() || m.IsOdd() || v.Ints[i] > math.MaxInt64-epochMicros {
		return outside
	}
	return ""
}

// mostDigits is the longest decimal that Parquet's readers take.
const mostDigits = 38

// IsDecimal reports whether numbers of a type are a DECIMAL in Parquet.
func IsDecimal(t datatype.Type) bool {
	return t.Precision >= 1 && t.Precision <= mostDigits && t.Scale >= 0 && t.Scale <= t.Precision
}

// decimalColumn holds numbers as DECIMAL where their precision is known and not too long, else as texts, which lose nothing.
func decimalColumn(t datatype.Type) parquetColumn {
	precision, scale := t.Precision, t.Scale
	if !IsDecimal(t) {
		return parquetColumn{node: parquet.String(), value: bytesValue}
	}
	c := parquetColumn{check: func(v *change.Vector, i int) string {
		if _, _, _, ok := unscaled(v.Value(i), precision, scale); !ok {
			return "the number does not fit the column's DECIMAL, which has neither NaN nor infinities"
		}
		return ""
	}}
	switch {
	case precision <= 9:
		c.node = parquet.Decimal(scale, precision, parquet.Int32Type)
		c.value = func(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
			_, low, negative, _ := unscaled(v.Value(i), precision, scale)
			return parquet.Int32Value(int32(signed(low, negative))), 4
		}
	case precision <= 18:
		c.node = parquet.Decimal(scale, precision, parquet.Int64Type)
		c.value = func(v *change.Vector, i int, _ *[]byte) (parquet.Value, int) {
			_, low, negative, _ := unscaled(v.Value(i), precision, scale)
			return parquet.Int64Value(signed(low, negative)), 8
		}
	default:
		c.node = parquet.Decimal(scale, precision, parquet.FixedLenByteArrayType(16))
		c.value = func(v *change.Vector, i int, arena *[]byte) (parquet.Value, int) {
			high, low, negative, _ := unscaled(v.Value(i), precision, scale)
			at := len(*arena)
			*arena = appendWide(*arena, high, low, negative)
			return parquet.FixedLenByteArrayValue((*arena)[at : at+16 : at+16]), 16
		}
	}
	return c
}

func signed(low uint64, negative bool) int64 {
	if negative {
		return -int64(low)
	}
	return int64(low)
}

// appendWide appends 128 bits in two's complement, big end first.
func appendWide(dst []byte, high, low uint64, negative bool) []byte {
	if negative {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, borrow)
	}
	for shift := 56; shift >= 0; shift -= 8 {
		dst = append(dst, byte(high>>shift))
	}
	for shift := 56; shift >= 0; shift -= 8 {
		dst = append(dst, byte(low>>shift))
	}
	return dst
}

// unscaled reads [-]digits[.digits] as a number of units of the scale. ok is false when it has more digits than there is room for.
func unscaled(p []byte, precision, scale int) (high, low uint64, negative, ok bool) {
	if len(p) > 0 && p[0] == '-' {
		negative, p = true, p[1:]
	}
	digits, fraction, point := 0, 0, false
	for _, c := range p {
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			return 0, 0, false, false
		}
		if point {
			if fraction == scale {
				if c != '0' {
					return 0, 0, false, false
				}
				continue
			}
			fraction++
		}
		high, low = timesTen(high, low, uint64(c-'0'))
		if digits > 0 || c != '0' {
			digits++
		}
		if digits > precision {
			return 0, 0, false, false
		}
	}
	for ; fraction < scale; fraction++ {
		high, low = timesTen(high, low, 0)
		if digits > 0 {
			digits++
		}
	}
	return high, low, negative, digits <= precision
}

func timesTen(high, low, add uint64) (uint64, uint64) {
	carry, low := bits.Mul64(low, 10)
	low, over := bits.Add64(low, add, 0)
	return high*10 + carry + over, low
}
