package postgres

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// encoder appends value i of a vector, which is not null, to the rows. The reason says why it could not; it is empty
// when it could.
type encoder func(e *rows, v *change.Vector, i int) (reason string)

// Sizes of a typmod'ed type.
const typmodHeader = 4

// binaryEncoder returns the encoder from a layout to the binary form of a column's type, or nil when there is none and
// the column has to travel as text.
func binaryEncoder(a *attribute, l change.Layout) encoder {
	if l == change.Native {
		return encodeData
	}
	if a.textual {
		return textEncoder(l, 0)
	}
	switch a.base {
	case oidBool:
		return boolEncoder(l)
	case oidInt2:
		return intEncoder(l, 2, math.MinInt16, math.MaxInt16)
	case oidInt4:
		return intEncoder(l, 4, math.MinInt32, math.MaxInt32)
	case oidInt8:
		return intEncoder(l, 8, math.MinInt64, math.MaxInt64)
	case oidOid:
		return intEncoder(l, 4, 0, math.MaxUint32)
	case oidFloat4, oidFloat8:
		return floatEncoder(l, a.base == oidFloat4)
	case oidNumeric:
		return numericEncoder(l, a.modifier)
	case oidText, oidJSON, oidXML:
		return textEncoder(l, 0)
	case oidName:
		return nameEncoder(l)
	case oidVarchar, oidBpchar:
		return sizedTextEncoder(l, a)
	case oidJSONB:
		return jsonbEncoder(l)
	case oidBytea:
		return byteaEncoder(l)
	case oidUUID:
		return uuidEncoder(l)
	case oidDate, oidTime, oidTimestamp, oidTimestamptz:
		return temporalEncoder(a, l)
	}
	return nil
}

func encodeData(e *rows, v *change.Vector, i int) string {
	e.data(v.Value(i))
	return ""
}

func boolEncoder(l change.Layout) encoder {
	switch l {
	case change.Bool, change.Int64, change.Uint64:
		return func(e *rows, v *change.Vector, i int) string {
			if x := v.Ints[i]; x == 0 || x == 1 {
				e.buf = append(e.buf, byte(x))
				return ""
			}
			return "is neither 0 nor 1"
		}
	case change.Text:
		return func(e *rows, v *change.Vector, i int) string {
			switch string(v.Value(i)) {
			case "true", "t", "1", "TRUE", "True":
				e.buf = append(e.buf, 1)
			case "false", "f", "0", "FALSE", "False":
				e.buf = append(e.buf, 0)
			default:
				return "is not a boolean"
			}
			return ""
		}
	}
	return nil
}

// intEncoder serves every integer type: size bytes, between low and high.
func intEncoder(l change.Layout, size int, low, high int64) encoder {
	put := func(e *rows, x int64) string {
		if x < low || x > high {
			return fmt.Sprintf("%d is out of range", x)
		}
		e.integer(x, size)
		return ""
	}
	switch l {
	case change.Bool, change.Int64:
		return func(e *rows, v *change.Vector, i int) string { return put(e, v.Ints[i]) }
	case change.Uint64:
		return func(e *rows, v *change.Vector, i int) string {
			if v.Ints[i] < 0 {
				return fmt.Sprintf("%d is out of range", uint64(v.Ints[i]))
			}
			return put(e, v.Ints[i])
		}
	case change.Float32, change.Float64:
		return func(e *rows, v *change.Vector, i int) string {
			x := v.Floats[i]
			if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
				return "is not a whole number this type holds exactly"
			}
			return put(e, int64(x))
		}
	case change.Decimal, change.Text:
		return func(e *rows, v *change.Vector, i int) string {
			x, ok := wholeNumber(v.Value(i))
			if !ok {
				return "is not a whole number of 64 bits"
			}
			return put(e, x)
		}
	}
	return nil
}

// wholeNumber reads [+-]digits[.000] without an allocation.
func wholeNumber(text []byte) (int64, bool) {
	negative, rest := cutSign(text)
	digits, tail := cutDigits(rest)
	if len(tail) > 0 && (tail[0] != '.' || len(bytes.Trim(tail[1:], "0")) > 0) || len(digits) == 0 {
		return 0, false
	}
	var x uint64
	for _, c := range digits {
		if x > math.MaxInt64/10 {
			return 0, false
		}
		x = x*10 + uint64(c-'0')
	}
	switch {
	case negative && x <= 1<<63:
		return -int64(x), true
	case !negative && x <= math.MaxInt64:
		return int64(x), true
	}
	return 0, false
}

func floatEncoder(l change.Layout, single bool) encoder {
	put := func(e *rows, x float64) string {
		if !single {
			e.integer(int64(math.Float64bits(x)), 8)
			return ""
		}
		y := float32(x)
		if float64(y) != x && !math.IsNaN(x) {
			return "cannot be held in 32 bits exactly"
		}
		e.integer(int64(math.Float32bits(y)), 4)
		return ""
	}
	switch l {
	case change.Float32, change.Float64:
		return func(e *rows, v *change.Vector, i int) string { return put(e, v.Floats[i]) }
	case change.Bool, change.Int64:
		return func(e *rows, v *change.Vector, i int) string {
			x := float64(v.Ints[i])
			if x >= 1<<63 || int64(x) != v.Ints[i] {
				return "cannot be held as a float exactly"
			}
			return put(e, x)
		}
	case change.Decimal, change.Text:
		bits := 64
		if single {
			bits = 32
		}
		return func(e *rows, v *change.Vector, i int) string {
			x, err := strconv.ParseFloat(string(v.Value(i)), bits) // the conversion does not escape, so it is not a copy on the heap
			if err != nil {
				return "is not a number a float can hold"
			}
			return put(e, x)
		}
	}
	return nil
}

func numericEncoder(l change.Layout, modifier int) encoder {
	put := func(e *rows, text []byte) string {
		if modifier >= typmodHeader {
			precision, scale := numericSize(modifier)
			if reason := numericFits(text, precision, scale); reason != "" {
				return reason
			}
		}
		var reason string
		e.buf, reason = appendNumericBinary(e.buf, text)
		return reason
	}
	switch l {
	case change.Decimal, change.Text:
		return func(e *rows, v *change.Vector, i int) string { return put(e, v.Value(i)) }
	case change.Bool, change.Int64, change.Uint64, change.Float32, change.Float64:
		return func(e *rows, v *change.Vector, i int) string {
			e.scratch = appendTextual(e.scratch[:0], v, i)
			return put(e, e.scratch)
		}
	}
	return nil
}

// numericSize unpacks a numeric's typmod: precision above, an 11-bit signed scale below.
func numericSize(modifier int) (precision, scale int) {
	m := modifier - typmodHeader
	return m >> 16 & 0xffff, (m&0x7ff ^ 1024) - 1024
}

// invalidText says why bytes cannot be text in a UTF-8 database.
func invalidText(p []byte) string {
	if bytes.IndexByte(p, 0) >= 0 {
		return "holds a NUL character, which PostgreSQL's text cannot"
	}
	if !utf8.Valid(p) {
		return "is not valid UTF-8"
	}
	return ""
}

// textEncoder serves every type that travels as text; maxBytes 0 means no bound.
func textEncoder(l change.Layout, maxBytes int) encoder {
	if l != change.Text && l != change.Bytes {
		return func(e *rows, v *change.Vector, i int) string {
			e.buf = appendTextual(e.buf, v, i)
			return ""
		}
	}
	return func(e *rows, v *change.Vector, i int) string {
		p := v.Value(i)
		if reason := invalidText(p); reason != "" {
			return reason
		}
		if maxBytes > 0 && len(p) > maxBytes {
			return fmt.Sprintf("has %d bytes, more than the %d of the type", len(p), maxBytes)
		}
		e.data(p)
		return ""
	}
}

func nameEncoder(l change.Layout) encoder { return textEncoder(l, 63) }

// tooLong is the beginning of the reason that makes a reject a TruncationFault.
const tooLong = "is too long"

// sizedTextEncoder checks varchar(n) and char(n). Blanks beyond a char(n) mean nothing and may go; the server would
// also cut them from a varchar(n), where they are part of the value, so those are refused.
func sizedTextEncoder(l change.Layout, a *attribute) encoder {
	if a.modifier < typmodHeader {
		return textEncoder(l, 0)
	}
	limit, blank := a.modifier-typmodHeader, a.base == oidBpchar
	return func(e *rows, v *change.Vector, i int) string {
		var p []byte
		if l == change.Text || l == change.Bytes {
			p = v.Value(i)
			if reason := invalidText(p); reason != "" {
				return reason
			}
		} else {
			e.scratch = appendTextual(e.scratch[:0], v, i)
			p = e.scratch
		}
		if len(p) > limit {
			counted := p
			if blank {
				counted = bytes.TrimRight(p, " ")
			}
			if n := utf8.RuneCount(counted); n > limit {
				return fmt.Sprintf("%s: %d characters for a type of %d", tooLong, n, limit)
			}
		}
		e.copied(p)
		return ""
	}
}

func jsonbEncoder(l change.Layout) encoder {
	text := textEncoder(l, 0)
	return func(e *rows, v *change.Vector, i int) string {
		e.buf = append(e.buf, 1)
		return text(e, v, i)
	}
}

func byteaEncoder(l change.Layout) encoder {
	if l == change.Bytes || l == change.Text {
		return encodeData
	}
	return nil
}

func uuidEncoder(l change.Layout) encoder {
	switch l {
	case change.Bytes:
		return func(e *rows, v *change.Vector, i int) string {
			if p := v.Value(i); len(p) == 16 {
				e.buf = append(e.buf, p...)
				return ""
			}
			return "is not the 16 bytes of a uuid"
		}
	case change.Text:
		return func(e *rows, v *change.Vector, i int) string {
			if id, ok := parseUUID(v.Value(i)); ok {
				e.buf = append(e.buf, id[:]...)
				return ""
			}
			return "is not a uuid"
		}
	}
	return nil
}

func parseUUID(p []byte) (id [16]byte, ok bool) {
	if len(p) == 38 && p[0] == '{' && p[37] == '}' {
		p = p[1:37]
	}
	var digits [32]byte
	n := 0
	for i, c := range p {
		if c == '-' && len(p) == 36 && (i == 8 || i == 13 || i == 18 || i == 23) {
			continue
		}
		if n == len(digits) {
			return id, false
		}
		digits[n] = c
		n++
	}
	if n != len(digits) {
		return id, false
	}
	_, err := hex.Decode(id[:], digits[:])
	return id, err == nil
}

// integer appends a big-endian integer of size bytes.
func (e *rows) integer(x int64, size int) {
	switch size {
	case 2:
		e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(x))
	case 4:
		e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(x))
	default:
		e.buf = binary.BigEndian.AppendUint64(e.buf, uint64(x))
	}
}
