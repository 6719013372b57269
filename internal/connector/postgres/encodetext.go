package postgres

import (
	"encoding/hex"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// appendTextual appends value i in the text form PostgreSQL reads. Text and bytes are taken as they are.
func appendTextual(dst []byte, v *change.Vector, i int) []byte {
	switch v.Layout {
	case change.Bool:
		return strconv.AppendBool(dst, v.Ints[i] != 0)
	case change.Int64:
		return strconv.AppendInt(dst, v.Ints[i], 10)
	case change.Uint64:
		return strconv.AppendUint(dst, uint64(v.Ints[i]), 10)
	case change.Float32:
		return appendFloat(dst, v.Floats[i], 32)
	case change.Float64:
		return appendFloat(dst, v.Floats[i], 64)
	case change.Date:
		return appendDay(dst, change.Day(v.Ints[i]))
	case change.Time:
		return appendTime(dst, v.Ints[i])
	case change.Timestamp:
		return appendMoment(dst, change.Moment(v.Ints[i]), "")
	case change.Instant:
		return appendMoment(dst, change.Moment(v.Ints[i]), "+00")
	}
	return append(dst, v.Value(i)...)
}

// appendFloat prints the shortest text that reads back the same, with an exponent where PostgreSQL prints one.
func appendFloat(dst []byte, x float64, bits int) []byte {
	beyond := 1e15
	if bits == 32 {
		beyond = 1e6
	}
	switch {
	case math.IsNaN(x):
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	}
	if abs := math.Abs(x); abs == 0 || abs >= 1e-4 && abs < beyond {
		return strconv.AppendFloat(dst, x, 'f', -1, bits)
	}
	return strconv.AppendFloat(dst, x, 'e', -1, bits)
}

// appendDay writes a date as ISO 8601 with PostgreSQL's BC.
func appendDay(dst []byte, d change.Day) []byte {
	dst, bc := appendCivil(dst, d)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

func appendCivil(dst []byte, d change.Day) (out []byte, bc bool) {
	switch d {
	case change.PositiveInfinityDay:
		return append(dst, "infinity"...), false
	case change.NegativeInfinityDay:
		return append(dst, "-infinity"...), false
	}
	y, m, day := d.Civil()
	if bc = y <= 0 && !d.IsOdd(); bc {
		y = 1 - y
	}
	dst = appendPadded(dst, y, 4)
	dst = appendPadded(append(dst, '-'), m, 2)
	return appendPadded(append(dst, '-'), day, 2), bc
}

func appendMoment(dst []byte, m change.Moment, zone string) []byte {
	d, micros := m.Split()
	dst, bc := appendCivil(dst, d)
	if d.IsInfinite() {
		return dst
	}
	dst = append(appendTime(append(dst, ' '), micros), zone...)
	if bc {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendTime writes hours, minutes, seconds and as many fractional digits as there are.
func appendTime(dst []byte, micros int64) []byte {
	if micros < 0 {
		dst = append(dst, '-')
		micros = -micros
	}
	seconds, fraction := int(micros/1_000_000), int(micros%1_000_000)
	dst = appendPadded(dst, seconds/3600, 2)
	dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	dst = appendPadded(append(dst, ':'), seconds%60, 2)
	if fraction == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), fraction, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendPadded(dst []byte, n, width int) []byte {
	for w, limit := 1, 10; w < width; w, limit = w+1, limit*10 {
		if n < limit {
			dst = append(dst, '0')
		}
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// textField returns the encoder of a field of text COPY. Where the type has a binary encoder its checks are made too:
// the server would round what does not fit.
func textField(a *attribute, l change.Layout) encoder {
	check := binaryEncoder(a, l)
	if l == change.Native {
		check = nil
	}
	hexadecimal := l == change.Bytes && a.base == oidBytea
	return func(e *rows, v *change.Vector, i int) string {
		if check != nil {
			if reason := e.try(check, v, i); reason != "" {
				return reason
			}
		}
		switch {
		case hexadecimal:
			e.buf = hex.AppendEncode(append(e.buf, `\\x`...), v.Value(i))
		case v.Layout.Holds() == change.InData:
			if reason := invalidText(v.Value(i)); reason != "" {
				return reason
			}
			e.buf = appendEscaped(e.buf, v.Value(i))
		default:
			e.buf = appendTextual(e.buf, v, i)
		}
		return ""
	}
}

// appendEscaped writes the escapes of text COPY.
func appendEscaped(dst, p []byte) []byte {
	clean := 0
	for i, c := range p {
		var short byte
		switch c {
		case '\\':
			short = '\\'
		case '\n':
			short = 'n'
		case '\r':
			short = 'r'
		case '\t':
			short = 't'
		default:
			continue
		}
		dst = append(dst, p[clean:i]...)
		dst = append(dst, '\\', short)
		clean = i + 1
	}
	return append(dst, p[clean:]...)
}
