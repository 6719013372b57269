package sqlite

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// Reasons of rejects, for people.
const (
	notInteger  = "the column holds integers, the value is none"
	notBoolean  = "the column holds booleans, the value is neither 0 nor 1"
	notNumber   = "the column holds numbers, the value is none"
	notExact    = "the column holds floating-point numbers, which cannot hold the value exactly"
	notText     = "the value is not valid UTF-8 text"
	notBytes    = "the column holds bytes, the value is a number"
	notDate     = "the value is not a date of the form YYYY-MM-DD"
	dateHasTime = "the column holds dates, the value has a time of day"
	notTime     = "the value is not a time of the form HH:MM:SS"
	notMoment   = "the value is not a time stamp of the form YYYY-MM-DD HH:MM:SS, nor a number that can mean only one"
)

// Tags of the Native layout: the storage class, then the value. Integers and reals take eight bytes, big end first.
const (
	tagInteger = 'i'
	tagReal    = 'f'
	tagText    = 't'
	tagBlob    = 'b'
)

// decode appends column i of the current row in the layout, or returns why the value does not fit it. Any column of
// SQLite may hold any class of value, whatever its declared type.
func decode(s *stmt, i int, l change.Layout, v *change.Vector) (why string) {
	class := s.class(i)
	if class == classNull {
		v.AppendNull()
		return ""
	}
	switch l {
	case change.Native:
		decodeNative(s, i, class, v)
		return ""
	case change.Int64:
		return decodeInt(s, i, class, v)
	case change.Text:
		return decodeText(s, i, class, v)
	case change.Decimal:
		return decodeDecimal(s, i, class, v)
	case change.Float64, change.Float32:
		return decodeFloat(s, i, class, l, v)
	case change.Bool:
		return decodeBool(s, i, class, v)
	case change.Uint64:
		return decodeUint(s, i, class, v)
	case change.Bytes:
		return decodeBytes(s, i, class, v)
	case change.Date, change.Time, change.Timestamp, change.Instant:
		return decodeTemporal(s, i, class, l, v)
	}
	return "SQLite cannot deliver the layout " + l.String()
}

func decodeNative(s *stmt, i, class int, v *change.Vector) {
	switch class {
	case classInteger:
		v.Data = binary.BigEndian.AppendUint64(append(v.Data, tagInteger), uint64(s.int(i)))
	case classReal:
		v.Data = binary.BigEndian.AppendUint64(append(v.Data, tagReal), math.Float64bits(s.real(i)))
	case classText:
		v.Data = append(append(v.Data, tagText), s.textBytes(i)...)
	default:
		v.Data = append(append(v.Data, tagBlob), s.blob(i)...)
	}
	v.Seal()
}

func decodeInt(s *stmt, i, class int, v *change.Vector) string {
	switch class {
	case classInteger:
		v.AppendInt(s.int(i))
		return ""
	case classReal:
		f := s.real(i)
		if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
			return notInteger
		}
		v.AppendInt(int64(f))
		return ""
	case classText:
		n, err := strconv.ParseInt(string(s.textBytes(i)), 10, 64)
		if err != nil {
			return notInteger
		}
		v.AppendInt(n)
		return ""
	}
	return notInteger
}

func decodeUint(s *stmt, i, class int, v *change.Vector) string {
	switch class {
	case classInteger:
		if n := s.int(i); n >= 0 {
			v.AppendInt(n)
			return ""
		}
	case classReal:
		if f := s.real(i); f == math.Trunc(f) && f >= 0 && f < 1<<64 {
			v.AppendInt(int64(uint64(f)))
			return ""
		}
	case classText:
		if n, err := strconv.ParseUint(string(s.textBytes(i)), 10, 64); err == nil {
			v.AppendInt(int64(n))
			return ""
		}
	}
	return notInteger
}

func decodeBool(s *stmt, i, class int, v *change.Vector) string {
	switch class {
	case classInteger:
		if n := s.int(i); n == 0 || n == 1 {
			v.AppendInt(n)
			return ""
		}
	case classReal:
		if f := s.real(i); f == 0 || f == 1 {
			v.AppendInt(int64(f))
			return ""
		}
	case classText:
		switch string(bytes.ToLower(s.textBytes(i))) {
		case "true", "t":
			v.AppendInt(1)
			return ""
		case "false", "f":
			v.AppendInt(0)
			return ""
		}
	}
	return notBoolean
}

func decodeFloat(s *stmt, i, class int, l change.Layout, v *change.Vector) string {
	var f float64
	switch class {
	case classReal:
		f = s.real(i)
	case classInteger:
		n := s.int(i)
		f = float64(n)
		if f >= 1<<63 || int64(f) != n {
			return notExact
		}
	case classText:
		b := s.textBytes(i)
		if !isDecimal(b) {
			return notNumber
		}
		f, _ = strconv.ParseFloat(string(b), 64)
	default:
		return notNumber
	}
	if l == change.Float32 && float64(float32(f)) != f {
		return notExact
	}
	v.AppendFloat(f)
	return ""
}

// decodeDecimal writes a real with the fewest digits that name it, so that the 12.34 somebody has put into a
// DECIMAL(10,2) column, which SQLite keeps as a double, is 12.34 again.
func decodeDecimal(s *stmt, i, class int, v *change.Vector) string {
	switch class {
	case classInteger:
		v.Data = strconv.AppendInt(v.Data, s.int(i), 10)
	case classReal:
		f := s.real(i)
		switch {
		case math.IsInf(f, 1):
			v.Data = append(v.Data, "Infinity"...)
		case math.IsInf(f, -1):
			v.Data = append(v.Data, "-Infinity"...)
		default:
			v.Data = strconv.AppendFloat(v.Data, f+0, 'f', -1, 64)
		}
	case classText:
		b := s.textBytes(i)
		if !isDecimal(b) && string(b) != "Infinity" && string(b) != "-Infinity" && string(b) != "NaN" {
			return notNumber
		}
		v.Data = append(v.Data, b...)
	default:
		return notNumber
	}
	v.Seal()
	return ""
}

// isDecimal reports whether b is [-]digits[.digits], the form of the Decimal layout.
func isDecimal(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	whole, fraction, point := bytes.Cut(b, []byte{'.'})
	return allDigits(whole) && (!point || allDigits(fraction))
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// decodeText takes a blob whose bytes are UTF-8, which programs store by accident of their driver, and writes numbers
// as SQLite itself would.
func decodeText(s *stmt, i, class int, v *change.Vector) string {
	var b []byte
	switch class {
	case classText:
		b = s.textBytes(i)
	case classBlob:
		b = s.blob(i)
	case classInteger:
		v.Data = strconv.AppendInt(v.Data, s.int(i), 10)
		v.Seal()
		return ""
	default:
		v.Data = appendReal(v.Data, s.real(i))
		v.Seal()
		return ""
	}
	if !utf8.Valid(b) {
		return notText
	}
	v.AppendData(b)
	return ""
}

// appendReal writes a real so that reading it gives the same bits, with a point, as SQLite does.
func appendReal(b []byte, f float64) []byte {
	n := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	if !bytes.ContainsAny(b[n:], ".eIN") {
		b = append(b, ".0"...)
	}
	return b
}

// decodeBytes takes text as its UTF-8 bytes: columns without a type hold either.
func decodeBytes(s *stmt, i, class int, v *change.Vector) string {
	switch class {
	case classBlob:
		v.AppendData(s.blob(i))
	case classText:
		v.AppendData(s.textBytes(i))
	default:
		return notBytes
	}
	return ""
}
