package binlog

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
)

// Types of MySQL's binary JSON.
const (
	jsonSmallObject = 0x00
	jsonLargeObject = 0x01
	jsonSmallArray  = 0x02
	jsonLargeArray  = 0x03
	jsonLiteral     = 0x04
	jsonInt16       = 0x05
	jsonUint16      = 0x06
	jsonInt32       = 0x07
	jsonUint32      = 0x08
	jsonInt64       = 0x09
	jsonUint64      = 0x0a
	jsonDouble      = 0x0b
	jsonString      = 0x0c
	jsonOpaque      = 0x0f

	// maxJSONDepth is the servers' own bound.
	maxJSONDepth = 100
)

// AppendJSON writes MySQL's binary JSON as the server prints it. Source: MySQL's json_binary.h. An empty value, which a
// server may have put in place of what it could not convert, is null.
func AppendJSON(dst, b []byte) ([]byte, error) {
	if len(b) == 0 {
		return append(dst, "null"...), nil
	}
	w := jsonWriter{left: len(b)}
	return w.append(dst, b[0], b[1:], 0)
}

// jsonWriter counts the values: each takes a byte at least, so that more of them than bytes are a trap.
type jsonWriter struct{ left int }

func (w *jsonWriter) append(dst []byte, kind byte, b []byte, depth int) ([]byte, error) {
	if w.left--; w.left < 0 || depth > maxJSONDepth {
		return dst, ErrMalformed
	}
	switch kind {
	case jsonSmallObject, jsonLargeObject, jsonSmallArray, jsonLargeArray:
		return w.appendList(dst, kind, b, depth)
	case jsonString:
		text, ok := jsonBytes(b)
		if !ok {
			return dst, ErrMalformed
		}
		return appendJSONString(dst, text), nil
	case jsonOpaque:
		if len(b) == 0 {
			return dst, ErrMalformed
		}
		value, ok := jsonBytes(b[1:])
		if !ok {
			return dst, ErrMalformed
		}
		return appendOpaque(dst, b[0], value)
	}
	return appendJSONScalar(dst, kind, b)
}

func appendJSONScalar(dst []byte, kind byte, b []byte) ([]byte, error) {
	need := map[byte]int{jsonLiteral: 1, jsonInt16: 2, jsonUint16: 2, jsonInt32: 4, jsonUint32: 4, jsonInt64: 8, jsonUint64: 8, jsonDouble: 8}[kind]
	if need == 0 || len(b) < need {
		return dst, ErrMalformed
	}
	switch kind {
	case jsonLiteral:
		if b[0] > 2 {
			return dst, ErrMalformed
		}
		return append(dst, [...]string{"null", "true", "false"}[b[0]]...), nil
	case jsonInt16:
		return strconv.AppendInt(dst, int64(int16(binary.LittleEndian.Uint16(b))), 10), nil
	case jsonUint16:
		return strconv.AppendUint(dst, uint64(binary.LittleEndian.Uint16(b)), 10), nil
	case jsonInt32:
		return strconv.AppendInt(dst, int64(int32(binary.LittleEndian.Uint32(b))), 10), nil
	case jsonUint32:
		return strconv.AppendUint(dst, uint64(binary.LittleEndian.Uint32(b)), 10), nil
	case jsonInt64:
		return strconv.AppendInt(dst, int64(binary.LittleEndian.Uint64(b)), 10), nil
	case jsonUint64:
		return strconv.AppendUint(dst, binary.LittleEndian.Uint64(b), 10), nil
	}
	return appendJSONDouble(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)))
}

// appendJSONDouble keeps a double from looking like an integer.
func appendJSONDouble(dst []byte, x float64) ([]byte, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return dst, ErrMalformed
	}
	at := len(dst)
	dst = strconv.AppendFloat(dst, x, 'g', -1, 64)
	for _, c := range dst[at:] {
		if c == '.' || c == 'e' {
			return dst, nil
		}
	}
	return append(dst, ".0"...), nil
}

// jsonList is the head of an object or an array. Both begin with the number of members and the size; then come, for an
// object, the places of the keys, and the types and places of the values, small ones being in the place itself.
type jsonList struct {
	object       bool
	width, count int
	keys, values int
	bytes        []byte
}

func openList(kind byte, b []byte) (jsonList, error) {
	l := jsonList{width: 2, object: kind == jsonSmallObject || kind == jsonLargeObject}
	if kind == jsonLargeObject || kind == jsonLargeArray {
		l.width = 4
	}
	if len(b) < 2*l.width {
		return l, ErrMalformed
	}
	l.count = length(b, l.width)
	size := length(b[l.width:], l.width)
	l.keys = 2 * l.width
	l.values = l.keys
	if l.object {
		l.values += l.count * (l.width + 2)
	}
	if size > len(b) || l.count < 0 || l.count > len(b) || l.values+l.count*(l.width+1) > size {
		return l, ErrMalformed
	}
	l.bytes = b[:size]
	return l, nil
}

// at returns a member: its key where there are keys, its type and its bytes.
func (l *jsonList) at(i int) (key []byte, kind byte, value []byte, err error) {
	if l.object {
		entry := l.bytes[l.keys+i*(l.width+2):]
		at, n := length(entry, l.width), int(binary.LittleEndian.Uint16(entry[l.width:]))
		if at < 0 || at+n > len(l.bytes) {
			return nil, 0, nil, ErrMalformed
		}
		key = l.bytes[at : at+n]
	}
	entry := l.bytes[l.values+i*(l.width+1):]
	value = entry[1 : 1+l.width]
	if !inlined(entry[0], l.width) {
		at := length(value, l.width)
		if at < 0 || at > len(l.bytes) {
			return nil, 0, nil, ErrMalformed
		}
		value = l.bytes[at:]
	}
	return key, entry[0], value, nil
}

func (w *jsonWriter) appendList(dst []byte, kind byte, b []byte, depth int) ([]byte, error) {
	l, err := openList(kind, b)
	if err != nil {
		return dst, err
	}
	open, end := byte('['), byte(']')
	if l.object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i := range l.count {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		key, kind, value, err := l.at(i)
		if err != nil {
			return dst, err
		}
		if l.object {
			dst = append(appendJSONString(dst, key), ": "...)
		}
		if dst, err = w.append(dst, kind, value, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, end), nil
}

// inlined reports whether a value stands where its place would.
func inlined(kind byte, width int) bool {
	switch kind {
	case jsonLiteral, jsonInt16, jsonUint16:
		return true
	case jsonInt32, jsonUint32:
		return width == 4
	}
	return false
}

// jsonBytes reads bytes with a length in front, seven bits in a byte.
func jsonBytes(b []byte) ([]byte, bool) {
	n := 0
	for i := 0; i < 5 && i < len(b); i++ {
		n |= int(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			b = b[i+1:]
			return b[:min(n, len(b))], n <= len(b)
		}
	}
	return nil, false
}

const hexDigits = "0123456789abcdef"

func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < 0x20 {
				dst = append(dst, `\u00`...)
				dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
				continue
			}
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendOpaque writes a value of another SQL type: decimals as numbers, dates and times as strings, the rest in base 64.
func appendOpaque(dst []byte, kind byte, b []byte) ([]byte, error) {
	switch kind {
	case TypeNewDecimal:
		if len(b) < 2 {
			return dst, ErrMalformed
		}
		c := Column{Real: TypeNewDecimal, Meta: uint16(b[0])<<8 | uint16(b[1])}
		if n := c.fixed(); n <= 0 || n > len(b)-2 || b[1] > b[0] {
			return dst, ErrMalformed
		}
		return c.AppendDecimal(dst, b[2:2+c.fixed()]), nil
	case TypeDate, TypeDatetime, TypeTimestamp, TypeTime:
		if len(b) < 8 {
			return dst, ErrMalformed
		}
		return appendJSONTime(dst, kind, int64(binary.LittleEndian.Uint64(b))), nil
	}
	dst = append(dst, `"base64:type`...)
	dst = append(strconv.AppendUint(dst, uint64(kind), 10), ':')
	return append(base64.StdEncoding.AppendEncode(dst, b), '"'), nil
}

// appendJSONTime writes a packed date or time: 24 bits of microseconds, then seconds, minutes, hours, days and months.
func appendJSONTime(dst []byte, kind byte, x int64) []byte {
	dst = append(dst, '"')
	if x < 0 {
		dst, x = append(dst, '-'), -x
	}
	micro := x & 0xffffff
	x >>= 24
	if kind == TypeTime {
		dst = appendPadded(dst, x>>12&0x3ff, 2)
		dst = appendPadded(append(dst, ':'), x>>6&63, 2)
		dst = appendPadded(append(dst, ':'), x&63, 2)
	} else {
		months := x >> 22
		dst = appendPadded(dst, months/13, 4)
		dst = appendPadded(append(dst, '-'), months%13, 2)
		dst = appendPadded(append(dst, '-'), x>>17&31, 2)
		if kind == TypeDate {
			return append(dst, '"')
		}
		dst = appendPadded(append(dst, ' '), x>>12&31, 2)
		dst = appendPadded(append(dst, ':'), x>>6&63, 2)
		dst = appendPadded(append(dst, ':'), x&63, 2)
	}
	return append(appendPadded(append(dst, '.'), micro, 6), '"')
}

// appendPadded writes at least n digits.
func appendPadded(dst []byte, x int64, n int) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], x, 10)
	for range n - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}
