package postgres

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// A stream is in binary or in text as a whole. In binary every type is as its send function writes it, and what has none
// comes as text. Text serves what must be read as text: types that only the server can print.

// binaryDecoder returns the decoder from a type's binary form to a layout, or nil when the server would have to convert.
func binaryDecoder(a *attribute, l change.Layout) decoder {
	in, err := inflowOf(a, l, false)
	if err != nil || in.expression != quote(a.name) {
		return nil
	}
	return in.decode
}

// textDecoder returns the decoder from a type's text to a layout.
func textDecoder(a *attribute, l change.Layout) decoder {
	switch l {
	case change.Text, change.Native, change.Decimal:
		return decodeVerbatim
	case change.Bool:
		return textBool
	case change.Int64:
		return textInt
	case change.Uint64:
		return textInt
	case change.Float32:
		return textFloat(32)
	case change.Float64:
		return textFloat(64)
	case change.Bytes:
		if a.base == oidBytea {
			return textBytea
		}
		return decodeVerbatim
	case change.Date:
		return func(v *change.Vector, p []byte) error {
			d, ok := change.ParseDay(p)
			return appendParsed(v, int64(d), ok, p)
		}
	case change.Time:
		if a.base == oidTimetz {
			return textTimetz
		}
		return func(v *change.Vector, p []byte) error {
			x, ok := change.ParseTime(p)
			return appendParsed(v, x, ok, p)
		}
	case change.Timestamp:
		return func(v *change.Vector, p []byte) error {
			m, ok := change.ParseMoment(p)
			return appendParsed(v, int64(m), ok, p)
		}
	case change.Instant:
		return func(v *change.Vector, p []byte) error {
			m, ok := change.ParseInstant(p)
			return appendParsed(v, int64(m), ok, p)
		}
	}
	return nil
}

func notRead(v *change.Vector, p []byte) error {
	return fmt.Errorf("%w: %s as %s", errMalformed, excerpt(p), v.Layout)
}

func appendParsed(v *change.Vector, x int64, ok bool, p []byte) error {
	if !ok {
		return notRead(v, p)
	}
	v.AppendInt(x)
	return nil
}

func textBool(v *change.Vector, p []byte) error {
	if len(p) != 1 || p[0] != 't' && p[0] != 'f' {
		return notRead(v, p)
	}
	v.AppendBool(p[0] == 't')
	return nil
}

func textInt(v *change.Vector, p []byte) error {
	x, ok := wholeNumber(p)
	return appendParsed(v, x, ok, p)
}

func textFloat(bits int) decoder {
	return func(v *change.Vector, p []byte) error {
		x, err := strconv.ParseFloat(string(p), bits)
		if err != nil {
			return notRead(v, p)
		}
		v.AppendFloat(x)
		return nil
	}
}

func textBytea(v *change.Vector, p []byte) error {
	if len(p) < 2 || p[0] != '\\' || p[1] != 'x' {
		return notRead(v, p)
	}
	data, err := hex.AppendDecode(v.Data, p[2:])
	if err != nil {
		return notRead(v, p)
	}
	v.Data = data
	v.Seal()
	return nil
}

// textTimetz turns a time with a zone into UTC, around the clock as the server does.
func textTimetz(v *change.Vector, p []byte) error {
	at := len(p)
	for i := len(p) - 1; i > 0; i-- {
		if p[i] == '+' || p[i] == '-' {
			at = i
			break
		}
	}
	x, ok := change.ParseTime(p[:at])
	if !ok || at == len(p) {
		return notRead(v, p)
	}
	zone, ok := parseZone(p[at+1:])
	if p[at] == '-' {
		zone = -zone
	}
	x -= zone
	if x < 0 {
		x += change.MicrosPerDay
	} else if x >= change.MicrosPerDay && zone != 0 {
		x -= change.MicrosPerDay
	}
	return appendParsed(v, x, ok, p)
}

// parseZone reads HH, HH:MM or HH:MM:SS as microseconds.
func parseZone(p []byte) (int64, bool) {
	var parts [3]int64
	n := 0
	for i, c := range p {
		switch {
		case c >= '0' && c <= '9':
			parts[n] = parts[n]*10 + int64(c-'0')
		case c == ':' && n < 2 && i > 0:
			n++
		default:
			return 0, false
		}
	}
	return (parts[0]*3600 + parts[1]*60 + parts[2]) * 1_000_000, len(p) >= 2
}
