package change

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendValue appends value i of a vector as text: numbers as they are read, booleans as true and false, bytes as
// hexadecimal digits, temporal values with at least the given number of fractional digits. A null appends nothing.
// Native values are bytes to it.
func AppendValue(dst []byte, v *Vector, i, digits int) []byte {
	if v.IsNull(i) {
		return dst
	}
	switch v.Layout {
	case Bool:
		return strconv.AppendBool(dst, v.Ints[i] != 0)
	case Int64:
		return strconv.AppendInt(dst, v.Ints[i], 10)
	case Uint64:
		return strconv.AppendUint(dst, uint64(v.Ints[i]), 10)
	case Float32:
		return AppendFloat(dst, v.Floats[i], 32)
	case Float64:
		return AppendFloat(dst, v.Floats[i], 64)
	case Date:
		return AppendDay(dst, Day(v.Ints[i]))
	case Time:
		return AppendTime(dst, v.Ints[i], digits)
	case Timestamp:
		return AppendMoment(dst, Moment(v.Ints[i]), digits)
	case Instant:
		return AppendInstant(dst, Moment(v.Ints[i]), digits)
	case Bytes, Native:
		return hex.AppendEncode(dst, v.Value(i))
	default:
		return append(dst, v.Value(i)...)
	}
}

// maxShown is how much of a value a message may quote.
const maxShown = 100

// KeyText renders a row's key for Reject.Key: `id=5, code=abc`. columns are indexes into the batch and names their
// names; each value is cut at 100 bytes.
func KeyText(b *Batch, row int, names []string, columns []int) string {
	var s strings.Builder
	var buf []byte
	for k, c := range columns {
		if k > 0 {
			s.WriteString(", ")
		}
		s.WriteString(names[k])
		s.WriteByte('=')
		if b.Columns[c].IsNull(row) {
			s.WriteString("null")
			continue
		}
		buf = appendShown(buf[:0], &b.Columns[c], row)
		s.Write(buf)
	}
	return s.String()
}

// appendShown appends at most maxShown bytes of a value, as valid UTF-8.
func appendShown(dst []byte, v *Vector, i int) []byte {
	if v.Layout.Holds() != InData {
		return AppendValue(dst, v, i, 0)
	}
	p := v.Value(i)
	binary := v.Layout == Bytes || v.Layout == Native
	limit := maxShown
	if binary {
		limit /= 2
	}
	cut := len(p) > limit
	if cut {
		p = p[:CutUTF8(p, limit)]
	}
	if binary {
		dst = hex.AppendEncode(dst, p)
	} else {
		dst = append(dst, strings.ToValidUTF8(string(p), "\uFFFD")...)
	}
	if cut {
		dst = append(dst, "…"...)
	}
	return dst
}

// CutUTF8 returns the largest length of at most limit bytes that does not cut a UTF-8 character of p in two.
func CutUTF8(p []byte, limit int) int {
	if len(p) <= limit {
		return len(p)
	}
	for back := 0; back < utf8.UTFMax && back <= limit; back++ {
		if utf8.RuneStart(p[limit-back]) {
			return limit - back
		}
	}
	return limit
}
