package parquetfile

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// Column is a column of a file.
type Column struct {
	Name string
	// As is its type in Parquet's words.
	As string
	// Type and Layout are what its values are; with a Problem they cannot be read.
	Type    datatype.Type
	Layout  change.Layout
	Problem string

	leaf int // among the columns that hold values
	// add appends a value that is not null. lost says that digits of a second were left out, and a reason that it is none of the type.
	add func(dst *change.Vector, v parquet.Value) (lost bool, reason string)
}

// columnOf describes a column at the top of a file's schema.
func columnOf(c *parquet.Column) Column {
	out := Column{Name: c.Name(), As: "a nested type", Problem: "is nested, and a table's columns are not"}
	if !c.Leaf() || c.Repeated() {
		return out
	}
	out.As, out.Problem, out.leaf = c.Type().String(), "", c.Index()
	logical := c.Type().LogicalType()
	if old := c.Type().ConvertedType(); old != nil && *old == deprecated.Interval {
		out.Problem = "is an INTERVAL, which has no type in DMS"
		return out
	}
	if logical != nil && logical.Value != nil && out.logical(logical.Value, c.Type()) {
		return out
	}
	out.physical(c.Type())
	return out
}

func (c *Column) is(kind datatype.Kind, add func(*change.Vector, parquet.Value) (bool, string)) {
	c.Type.Kind, c.add = kind, add
	c.Layout = change.LayoutOf(c.Type)
}

// physical reads a type that says nothing but how its values are held.
func (c *Column) physical(t parquet.Type) {
	switch t.Kind() {
	case parquet.Boolean:
		c.is(datatype.Boolean, addBool)
	case parquet.Int32:
		c.is(datatype.Int4, addInt32)
	case parquet.Int64:
		c.is(datatype.Int8, addInt64)
	case parquet.Int96: // Impala's and Spark's moments
		c.Type.Scale = microDigits
		c.is(datatype.DateTime, addInt96)
	case parquet.Float:
		c.is(datatype.Real4, addFloat)
	case parquet.Double:
		c.is(datatype.Real8, addDouble)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		c.is(datatype.Blob, addBytes)
	default:
		c.Problem = "is of a type that is not known"
	}
}

// logical reads a type that says what its values mean; false when the physical type says all there is.
func (c *Column) logical(l any, t parquet.Type) bool {
	switch l := l.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		c.is(datatype.NClob, addBytes)
	case *format.UUIDType:
		c.is(datatype.String, addUUID)
	case *format.DateType:
		c.is(datatype.Date, addDate)
	case *format.IntType:
		c.integer(l)
	case *format.DecimalType:
		c.decimal(l, t.Kind())
	case *format.TimeType:
		unit, digits := unitOf(&l.Unit)
		c.Type.Scale = digits
		c.is(datatype.Time, addTime(unit, t.Kind() == parquet.Int32))
	case *format.TimestampType:
		unit, digits := unitOf(&l.Unit)
		c.Type.Scale = digits
		if l.IsAdjustedToUTC {
			c.Type.Hint = datatype.WithZone
		}
		c.is(datatype.DateTime, addMoment(unit))
	default:
		return false
	}
	return true
}

func (c *Column) integer(l *format.IntType) {
	kinds := map[int8][2]datatype.Kind{8: {datatype.UInt1, datatype.Int1}, 16: {datatype.UInt2, datatype.Int2}, 32: {datatype.UInt4, datatype.Int4}, 64: {datatype.UInt8, datatype.Int8}}
	pair, known := kinds[l.BitWidth]
	switch {
	case !known:
		c.Problem = fmt.Sprintf("is an integer of %d bits, which is none of Parquet's", l.BitWidth)
	case l.IsSigned && l.BitWidth == 64:
		c.is(pair[1], addInt64)
	case l.IsSigned:
		c.is(pair[1], addInt32)
	case l.BitWidth == 64:
		c.is(pair[0], addInt64)
	default:
		c.is(pair[0], addUint32)
	}
}

// mostDigits bounds the digits of a decimal: what 64 bytes hold.
const mostDigits = 154

func (c *Column) decimal(l *format.DecimalType, kind parquet.Kind) {
	if l.Precision < 1 || l.Precision > mostDigits || l.Scale < 0 || l.Scale > l.Precision {
		c.Problem = fmt.Sprintf("is a decimal of %d digits, %d of them behind the point, which cannot be", l.Precision, l.Scale)
		return
	}
	c.Type.Precision, c.Type.Scale = int(l.Precision), int(l.Scale)
	switch kind {
	case parquet.Int32:
		c.is(datatype.Numeric, addWholeDecimal(int(l.Scale), func(v parquet.Value) int64 { return int64(v.Int32()) }))
	case parquet.Int64:
		c.is(datatype.Numeric, addWholeDecimal(int(l.Scale), parquet.Value.Int64))
	default:
		c.is(datatype.Numeric, addWideDecimal(int(l.Scale)))
	}
}
