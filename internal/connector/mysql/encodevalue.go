package mysql

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// appendValue writes value i unescaped.
func (e *cellEncoder) appendValue(dst []byte, v *change.Vector, i int) ([]byte, error) {
	switch e.put {
	case putData:
		return append(dst, v.Value(i)...), nil
	case putSigned:
		return e.appendSigned(dst, v.Ints[i])
	case putUnsigned:
		return strconv.AppendUint(dst, uint64(v.Ints[i]), 10), nil
	case putWord:
		return strconv.AppendBool(dst, v.Ints[i] != 0), nil
	case putYear:
		return e.appendYear(dst, v.Ints[i])
	case putFloat:
		return e.appendFloat(dst, v.Floats[i])
	case putDecimal:
		return e.appendDecimal(dst, v.Value(i))
	case putNativeFloat:
		return e.appendNativeFloat(dst, v.Value(i))
	case putBits, putBitText, putBitBytes:
		return e.appendBit(dst, v, i)
	case putWKB:
		return e.appendGeometry(dst, v.Value(i))
	default:
		return e.appendTemporal(dst, v, i)
	}
}

func (e *cellEncoder) appendSigned(dst []byte, x int64) ([]byte, error) {
	if e.kind == doubleKind && int64(float64(x)) != x || e.kind == floatKind && int64(float32(x)) != x {
		return dst, e.refuse(change.DataFault, "%d has no exact counterpart in %s", x, e.column.columnType)
	}
	return strconv.AppendInt(dst, x, 10), nil
}

// appendYear guards against the servers' reading of 0 to 99 as years of this or the last century.
func (e *cellEncoder) appendYear(dst []byte, x int64) ([]byte, error) {
	if x == 0 {
		return append(dst, "0000"...), nil
	}
	if x < 1901 || x > 2155 {
		return dst, e.refuse(change.DataFault, "%d is outside the range of YEAR", x)
	}
	return strconv.AppendInt(dst, x, 10), nil
}

func (e *cellEncoder) appendFloat(dst []byte, x float64) ([]byte, error) {
	if e.kind == textKind {
		return strconv.AppendFloat(dst, x, 'g', -1, e.floatBits()), nil
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return dst, e.refuse(change.DataFault, "%v has no counterpart in %s", x, e.column.columnType)
	}
	switch e.kind {
	case floatKind:
		if float64(float32(x)) != x {
			return dst, e.refuse(change.DataFault, "%v has no exact counterpart in %s", x, e.column.columnType)
		}
	case intKind, decimalKind:
		at := len(dst)
		dst = strconv.AppendFloat(dst, x, 'f', -1, e.floatBits())
		return dst, e.checkScale(dst[at:])
	}
	return strconv.AppendFloat(dst, x, 'e', -1, 64), nil
}

func (e *cellEncoder) floatBits() int {
	if e.layout == change.Float32 {
		return 32
	}
	return 64
}

// appendNativeFloat takes a number in the server's text for a FLOAT column.
func (e *cellEncoder) appendNativeFloat(dst, value []byte) ([]byte, error) {
	x, err := strconv.ParseFloat(string(value), 64)
	if err != nil || float64(float32(x)) != x {
		return dst, e.refuse(change.DataFault, "%.100s has no exact counterpart in %s", value, e.column.columnType)
	}
	return append(dst, value...), nil
}

func (e *cellEncoder) appendDecimal(dst, value []byte) ([]byte, error) {
	if len(value) == 0 || !isDigit(value[len(value)-1]) {
		return dst, e.refuse(change.DataFault, "%.100s has no counterpart in %s", value, e.column.columnType)
	}
	if err := e.checkScale(value); err != nil {
		return dst, err
	}
	return append(dst, value...), nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// checkScale refuses digits after the point that the column would round away.
func (e *cellEncoder) checkScale(value []byte) error {
	if e.kind == doubleKind || e.kind == floatKind {
		return nil
	}
	point := bytes.IndexByte(value, '.')
	if point < 0 || len(value)-point-1 <= e.column.scale {
		return nil
	}
	for _, c := range value[point+1+e.column.scale:] {
		if c != '0' {
			return e.refuse(change.TruncationFault, "%.100s has more digits after the point than %s keeps", value, e.column.columnType)
		}
	}
	return nil
}

func (e *cellEncoder) appendBit(dst []byte, v *change.Vector, i int) ([]byte, error) {
	var x uint64
	switch e.put {
	case putBits:
		x = uint64(v.Ints[i])
	case putBitText:
		for _, c := range v.Value(i) {
			if c != '0' && c != '1' {
				return dst, e.refuse(change.DataFault, "%.100q is not a string of bits", v.Value(i))
			}
		}
		if len(v.Value(i)) > e.column.length {
			return dst, e.refuse(change.TruncationFault, "%.100q has more bits than %s", v.Value(i), e.column.columnType)
		}
		for _, c := range v.Value(i) {
			x = x<<1 | uint64(c-'0')
		}
	case putBitBytes:
		b := bytes.TrimLeft(v.Value(i), "\x00")
		if len(b) > 8 {
			return dst, e.refuse(change.TruncationFault, "%d bytes do not fit %s", len(b), e.column.columnType)
		}
		for _, c := range b {
			x = x<<8 | uint64(c)
		}
	}
	if e.column.length < 64 && x>>uint(e.column.length) != 0 {
		return dst, e.refuse(change.DataFault, "%d does not fit %s", x, e.column.columnType)
	}
	var full [8]byte
	binary.BigEndian.PutUint64(full[:], x)
	return append(dst, full[8-(e.column.length+7)/8:]...), nil
}

// appendGeometry turns well-known binary, plain or with a reference system, into the servers' internal form.
func (e *cellEncoder) appendGeometry(dst, wkb []byte) ([]byte, error) {
	if len(wkb) < 9 || wkb[0] != 1 {
		return dst, e.refuse(change.DataFault, "%d bytes that are not little-endian well-known binary", len(wkb))
	}
	kind := binary.LittleEndian.Uint32(wkb[1:])
	if kind&hasSRID == 0 {
		return append(binary.LittleEndian.AppendUint32(dst, 0), wkb...), nil
	}
	dst = append(dst, wkb[5:9]...)
	dst = append(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, kind&^hasSRID)
	return append(dst, wkb[9:]...), nil
}
