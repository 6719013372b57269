package mysql

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// applyColumn writes the values of one column, as literals or as parameters.
type applyColumn struct {
	cellEncoder
	// at is the column's place in the batch.
	at    int
	param wire.Param
}

// newApplyColumn chooses how a column's values are sent.
func newApplyColumn(c connector.LoadColumn, info columnInfo, at int) (applyColumn, error) {
	e, err := newEncoder(c, info)
	if err != nil {
		return applyColumn{}, err
	}
	a := applyColumn{cellEncoder: e, at: at, param: wire.ParamString}
	switch e.kind {
	case intKind:
		switch {
		case e.layout == change.Uint64, e.layout == change.Native && strings.Contains(e.column.columnType, "unsigned"):
			a.param = wire.ParamUnsigned
		case e.layout == change.Native || e.put == putSigned:
			a.param = wire.ParamInt
		case e.layout != change.Text:
			a.param = wire.ParamDecimal
		}
	case bitKind:
		a.param = wire.ParamUnsigned
	case decimalKind:
		if e.layout != change.Text {
			a.param = wire.ParamDecimal
		}
	case floatKind, doubleKind:
		if e.put == putFloat || e.layout == change.Native {
			a.param = wire.ParamDouble
		}
	case binaryKind, spatialKind:
		a.param = wire.ParamBytes
	}
	return a, nil
}

// takesParam reports whether the column's values can be parameters as they are.
func (c *applyColumn) takesParam() bool { return c.kind != spatialKind || c.layout != change.Text }

// assignable reports whether a value may be given to the column.
func (c *applyColumn) assignable() bool { return !c.column.generated }

// exactly returns the two sides of a comparison that holds for the same bytes alone, whatever the collation. %s is the value.
func (c *applyColumn) exactly() (column, value string) {
	name := quoteIdent(c.name)
	switch c.kind {
	case textKind:
		if strings.HasPrefix(c.column.columnType, "char(") { // which keeps no blanks at the end
			return "CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY)", "CAST(TRIM(TRAILING ' ' FROM %s) AS BINARY)"
		}
		return "CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY)", "CAST(%s AS BINARY)"
	case spatialKind:
		return "HEX(" + name + ")", "HEX(%s)"
	}
	return name, "%s"
}

// equals is the comparison of the column with a value; value is a literal or a question mark.
func (c *applyColumn) equals(value string, unique bool) string {
	if unique {
		return quoteIdent(c.name) + "=" + value
	}
	left, right := c.exactly()
	return left + "<=>" + fmt.Sprintf(right, value)
}

// appendParam writes value i as a parameter of a bulk execution.
func (c *applyColumn) appendParam(dst []byte, v *change.Vector, i int) ([]byte, error) {
	if v.IsNull(i) {
		return append(dst, wire.IndicatorNull), nil
	}
	dst = append(dst, wire.IndicatorValue)
	switch c.param {
	case wire.ParamInt, wire.ParamUnsigned:
		x, err := c.integer(v, i)
		return binary.LittleEndian.AppendUint64(dst, x), err
	case wire.ParamDouble:
		x, err := c.double(v, i)
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x)), err
	}
	if c.put == putData {
		p := v.Value(i)
		return append(wire.AppendLength(dst, len(p)), p...), nil
	}
	// The text is written first and its length, in nearly all cases one byte, put in front.
	at := len(dst)
	dst, err := c.appendValue(append(dst, 0), v, i)
	if err != nil {
		return dst, err
	}
	if n := len(dst) - at - 1; n < 0xfb {
		dst[at] = byte(n)
		return dst, nil
	}
	long := append([]byte(nil), dst[at+1:]...)
	return append(wire.AppendLength(dst[:at], len(long)), long...), nil
}

// integer is the value of an integer or a BIT column.
func (c *applyColumn) integer(v *change.Vector, i int) (uint64, error) {
	switch {
	case c.kind == bitKind:
		return c.bits(v, i)
	case c.layout.Holds() == change.InInts:
		return uint64(v.Ints[i]), nil
	case c.param == wire.ParamUnsigned:
		if x, ok := parseUnsigned(v.Value(i)); ok {
			return x, nil
		}
	default:
		if x, ok := parseSigned(v.Value(i)); ok {
			return uint64(x), nil
		}
	}
	return 0, c.refuse(change.DataFault, "%.100q is not an integer", v.Value(i))
}

func (c *applyColumn) bits(v *change.Vector, i int) (uint64, error) {
	var scratch [8]byte
	p, err := c.appendValue(scratch[:0], v, i)
	if err != nil {
		return 0, err
	}
	x, ok := bitValue(p)
	if !ok {
		return 0, c.refuse(change.DataFault, "%d bytes do not fit %s", len(p), c.column.columnType)
	}
	return uint64(x), nil
}

func (c *applyColumn) double(v *change.Vector, i int) (float64, error) {
	var x float64
	if c.layout == change.Native {
		var err error
		if x, err = strconv.ParseFloat(string(v.Value(i)), 64); err != nil {
			return 0, c.refuse(change.DataFault, "%.100q is not a number", v.Value(i))
		}
	} else {
		x = v.Floats[i]
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, c.refuse(change.DataFault, "%v has no counterpart in %s", x, c.column.columnType)
	}
	if c.kind == floatKind && float64(float32(x)) != x {
		return 0, c.refuse(change.DataFault, "%v has no exact counterpart in %s", x, c.column.columnType)
	}
	return x, nil
}

// appendLiteral writes value i as an expression. Numbers are bare: as a string a number of more than 53 bits may be
// compared as a floating point number.
func (c *applyColumn) appendLiteral(dst []byte, v *change.Vector, i int) ([]byte, error) {
	if v.IsNull(i) {
		return append(dst, "NULL"...), nil
	}
	switch c.param {
	case wire.ParamInt:
		x, err := c.integer(v, i)
		return strconv.AppendInt(dst, int64(x), 10), err
	case wire.ParamUnsigned:
		x, err := c.integer(v, i)
		return strconv.AppendUint(dst, x, 10), err
	case wire.ParamDouble:
		x, err := c.double(v, i)
		return strconv.AppendFloat(dst, x, 'e', -1, 64), err
	case wire.ParamDecimal:
		return c.appendValue(dst, v, i)
	}
	return c.appendSQL(dst, v, i)
}
