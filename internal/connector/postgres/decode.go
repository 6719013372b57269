package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// decoder appends one value of a binary COPY row, its bytes as the type's send function wrote them.
type decoder func(v *change.Vector, p []byte) error

// inflow is how one column comes in: what the SELECT asks for and how its bytes become values.
type inflow struct {
	expression string
	decode     decoder
	// verbatim says that a value's bytes, after skip of them, are the vector's Data as they are, so that a large one
	// can be read straight into it.
	verbatim bool
	skip     int
}

// inflowOf chooses the decoder for a column, casting in the SELECT where the server can do what we need not.
func inflowOf(a *attribute, l change.Layout, text bool) (inflow, error) {
	column := quote(a.name)
	as := func(cast string, d decoder) (inflow, error) { return inflow{expression: column + cast, decode: d}, nil }
	switch l {
	case change.Native:
		in := inflow{expression: column, decode: decodeVerbatim, verbatim: true}
		if text {
			in.expression += "::text"
		}
		return in, nil
	case change.Bool:
		return as(unless(a.base == oidBool, "::pg_catalog.bool"), decodeBool)
	case change.Int64:
		return intFlow(a, column), nil
	case change.Uint64:
		return as("::pg_catalog.int8", decodeInt8)
	case change.Float32:
		return as(unless(a.base == oidFloat4, "::pg_catalog.float4"), decodeFloat4)
	case change.Float64:
		return as(unless(a.base == oidFloat8, "::pg_catalog.float8"), decodeFloat8)
	case change.Decimal:
		return as(unless(a.base == oidNumeric, "::pg_catalog.numeric"), decodeNumeric)
	case change.Date:
		return as(unless(a.base == oidDate, "::pg_catalog.date"), decodeDate)
	case change.Time:
		if a.base == oidTimetz {
			return inflow{expression: "(" + column + " AT TIME ZONE 'UTC')::pg_catalog.time", decode: decodeInt8}, nil
		}
		return as(unless(a.base == oidTime, "::pg_catalog.time"), decodeInt8)
	case change.Timestamp:
		return as(unless(a.base == oidTimestamp, "::pg_catalog.timestamp"), decodeInt8)
	case change.Instant:
		return as(unless(a.base == oidTimestamptz, "::pg_catalog.timestamptz"), decodeInt8)
	case change.Bytes:
		return inflow{expression: column + unless(a.base == oidBytea, "::text"), decode: decodeVerbatim, verbatim: true}, nil
	case change.Text:
		return textFlow(a, column), nil
	}
	return inflow{}, fmt.Errorf("column %q cannot be read as %s", a.name, l)
}

func unless(same bool, cast string) string {
	if same {
		return ""
	}
	return cast
}

func intFlow(a *attribute, column string) inflow {
	switch a.base {
	case oidInt2:
		return inflow{expression: column, decode: decodeInt2}
	case oidInt4:
		return inflow{expression: column, decode: decodeInt4}
	case oidOid:
		return inflow{expression: column, decode: decodeOid}
	case oidInt8:
		return inflow{expression: column, decode: decodeInt8}
	}
	return inflow{expression: column + "::pg_catalog.int8", decode: decodeInt8}
}

// inetText is an inet as PostgreSQL prints it: a cast to text gives a single host a length of network.
func inetText(column string) string { return "pg_catalog.abbrev(" + column + ")" }

// textFlow reads text as it is stored: a char(n) keeps its blanks, which a cast to text would cut.
func textFlow(a *attribute, column string) inflow {
	switch {
	case a.textual, a.base == oidText, a.base == oidVarchar, a.base == oidBpchar, a.base == oidName, a.base == oidJSON:
		return inflow{expression: column, decode: decodeVerbatim, verbatim: true}
	case a.base == oidJSONB:
		return inflow{expression: column, decode: decodeJSONB, verbatim: true, skip: 1}
	case a.base == oidUUID:
		return inflow{expression: column, decode: decodeUUID}
	case a.base == oidInet:
		return inflow{expression: inetText(column), decode: decodeVerbatim, verbatim: true}
	}
	return inflow{expression: column + "::pg_catalog.text", decode: decodeVerbatim, verbatim: true}
}

func wrongSize(p []byte, want int) error {
	return fmt.Errorf("%w: a value of %d bytes where %d were due", errMalformed, len(p), want)
}

func decodeVerbatim(v *change.Vector, p []byte) error {
	v.AppendData(p)
	return nil
}

func decodeBool(v *change.Vector, p []byte) error {
	if len(p) != 1 {
		return wrongSize(p, 1)
	}
	v.AppendBool(p[0] != 0)
	return nil
}

func decodeInt2(v *change.Vector, p []byte) error {
	if len(p) != 2 {
		return wrongSize(p, 2)
	}
	v.AppendInt(int64(int16(binary.BigEndian.Uint16(p))))
	return nil
}

func decodeInt4(v *change.Vector, p []byte) error {
	if len(p) != 4 {
		return wrongSize(p, 4)
	}
	v.AppendInt(int64(int32(binary.BigEndian.Uint32(p))))
	return nil
}

func decodeOid(v *change.Vector, p []byte) error {
	if len(p) != 4 {
		return wrongSize(p, 4)
	}
	v.AppendInt(int64(binary.BigEndian.Uint32(p)))
	return nil
}

// decodeInt8 serves bigint, time, timestamp and timestamptz: change.Moment is PostgreSQL's own count.
func decodeInt8(v *change.Vector, p []byte) error {
	if len(p) != 8 {
		return wrongSize(p, 8)
	}
	v.AppendInt(int64(binary.BigEndian.Uint64(p)))
	return nil
}

// decodeDate needs no arithmetic either: change.Day has PostgreSQL's epoch and infinities.
func decodeDate(v *change.Vector, p []byte) error { return decodeInt4(v, p) }

func decodeFloat4(v *change.Vector, p []byte) error {
	if len(p) != 4 {
		return wrongSize(p, 4)
	}
	v.AppendFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(p))))
	return nil
}

func decodeFloat8(v *change.Vector, p []byte) error {
	if len(p) != 8 {
		return wrongSize(p, 8)
	}
	v.AppendFloat(math.Float64frombits(binary.BigEndian.Uint64(p)))
	return nil
}

func decodeNumeric(v *change.Vector, p []byte) error {
	data, err := appendNumericText(v.Data, p)
	if err != nil {
		return err
	}
	v.Data = data
	v.Seal()
	return nil
}

func decodeJSONB(v *change.Vector, p []byte) error {
	if len(p) < 1 || p[0] != 1 {
		return fmt.Errorf("%w: an unknown version of jsonb", errMalformed)
	}
	v.AppendData(p[1:])
	return nil
}

func decodeUUID(v *change.Vector, p []byte) error {
	if len(p) != 16 {
		return wrongSize(p, 16)
	}
	var text [36]byte
	hex.Encode(text[:8], p[:4])
	text[8] = '-'
	hex.Encode(text[9:13], p[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], p[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], p[8:10])
	text[23] = '-'
	hex.Encode(text[24:], p[10:])
	v.AppendData(text[:])
	return nil
}
