package mysql

import (
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// kind groups the types of target columns by how a value for them is written.
type kind uint8

const (
	textKind kind = iota
	intKind
	decimalKind
	floatKind
	doubleKind
	bitKind
	yearKind
	dateKind
	momentKind
	timeKind
	binaryKind
	spatialKind
)

func kindOf(base string) kind {
	switch base {
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		return intKind
	case "decimal":
		return decimalKind
	case "float":
		return floatKind
	case "double":
		return doubleKind
	case "bit":
		return bitKind
	case "year":
		return yearKind
	case "date":
		return dateKind
	case "datetime", "timestamp":
		return momentKind
	case "time":
		return timeKind
	}
	switch {
	case isSpatial(base):
		return spatialKind
	case isBinary(base) || base == "vector":
		return binaryKind
	}
	return textKind
}

// put is how a value of one layout is written for one kind of column.
type put uint8

const (
	putData        put = iota // the bytes are the value
	putScaled                 // text of a number or a time, with no more digits after the point than the column keeps
	putNativeFloat            // the same for FLOAT
	putSigned
	putUnsigned
	putWord // true or false
	putYear
	putBits // an integer as BIT
	putBitText
	putBitBytes
	putFloat
	putDecimal // decimal text, with no more digits than the column keeps
	putDay
	putMoment
	putClock
	putWKB
)

// cellEncoder writes the values of one column.
type cellEncoder struct {
	name   string // in the target
	column columnInfo
	layout change.Layout
	kind   kind
	put    put
	// convert says that the server has to convert the bytes by an expression: see loadStatement.
	convert string
}

// refusal is a value that the column cannot hold as it is.
type refusal struct {
	fault  change.Fault
	column string
	reason string
}

func (r *refusal) Error() string { return r.column + ": " + r.reason }

func (e *cellEncoder) refuse(f change.Fault, format string, args ...any) error {
	return &refusal{fault: f, column: e.name, reason: fmt.Sprintf(format, args...)}
}

// newEncoder chooses how a column is written.
func newEncoder(c connector.LoadColumn, info columnInfo) (cellEncoder, error) {
	e := cellEncoder{name: c.Column.Name, column: info, layout: c.Layout, kind: kindOf(info.dataType)}
	var ok bool
	if e.put, ok = choose(c.Layout, e.kind); !ok {
		return e, invalid(fmt.Errorf("column %s: a value held as %s cannot go into %s", e.name, c.Layout, info.columnType),
			"Give the column another type by a change-data-type rule")
	}
	switch {
	case e.kind == spatialKind && c.Layout == change.Text:
		e.convert = "IF(%[1]s IS NULL, NULL, " + fmt.Sprintf(geometryFromText, "CONVERT(%[1]s USING utf8mb4)") + ")"
	case e.kind == textKind && !info.takesUTF8():
		e.convert = "CONVERT(%[1]s USING utf8mb4)"
	}
	return e, nil
}

// geometryFromText gives the empty string for what is no geometry, which the column refuses; the function itself would
// give NULL without a word.
const geometryFromText = "COALESCE(ST_GeomFromText(%s), '')"

func choose(l change.Layout, k kind) (put, bool) {
	switch l {
	case change.Native:
		switch k {
		case momentKind, timeKind:
			return putScaled, true
		case floatKind:
			return putNativeFloat, true
		case decimalKind:
			return putDecimal, true
		}
		return putData, true
	case change.Text:
		switch k {
		case bitKind:
			return putBitText, true
		case momentKind, timeKind, intKind:
			return putScaled, true
		}
		return putData, true
	case change.Bytes:
		return chooseBytes(k)
	case change.Bool, change.Int64, change.Uint64:
		return chooseInteger(l, k)
	case change.Float32, change.Float64:
		return putFloat, k == intKind || k == decimalKind || k == floatKind || k == doubleKind || k == textKind
	case change.Decimal:
		if k == textKind {
			return putData, true
		}
		return putDecimal, k == intKind || k == decimalKind || k == floatKind || k == doubleKind
	case change.Date:
		return putDay, k == dateKind || k == momentKind || k == textKind
	case change.Time:
		return putClock, k == timeKind || k == textKind
	case change.Timestamp, change.Instant:
		return putMoment, k == dateKind || k == momentKind || k == textKind
	}
	return 0, false
}

func chooseBytes(k kind) (put, bool) {
	switch k {
	case bitKind:
		return putBitBytes, true
	case spatialKind:
		return putWKB, true
	}
	return putData, k == textKind || k == binaryKind
}

func chooseInteger(l change.Layout, k kind) (put, bool) {
	switch k {
	case bitKind:
		return putBits, true
	case yearKind:
		return putYear, l != change.Bool
	case textKind:
		if l == change.Bool {
			return putWord, true
		}
	case intKind, decimalKind, floatKind, doubleKind:
	default:
		return 0, false
	}
	if l == change.Uint64 {
		return putUnsigned, true
	}
	return putSigned, true
}

// nullField is NULL in LOAD DATA.
const nullField = `\N`

// append writes value i as a field of LOAD DATA.
func (e *cellEncoder) append(dst []byte, v *change.Vector, i int) ([]byte, error) {
	if v.IsNull(i) {
		return append(dst, nullField...), nil
	}
	if e.put == putData {
		return appendEscaped(dst, v.Value(i)), nil
	}
	if !e.isBinaryPut() {
		return e.appendValue(dst, v, i)
	}
	// What these write may hold any byte, and is short.
	at := len(dst)
	dst, err := e.appendValue(dst, v, i)
	if err != nil {
		return dst, err
	}
	value := append([]byte(nil), dst[at:]...)
	return appendEscaped(dst[:at], value), nil
}

func (e *cellEncoder) isBinaryPut() bool {
	return e.put == putBits || e.put == putBitText || e.put == putBitBytes || e.put == putWKB || e.put == putScaled && e.layout == change.Text
}

// largeCell is the size from which a value is sent in pieces.
const largeCell = 64 << 10

// isLarge reports whether value i is sent in pieces.
func (e *cellEncoder) isLarge(v *change.Vector, i int) bool {
	return e.put == putData && !v.IsNull(i) && len(v.Value(i)) > largeCell
}

// hasLargeCell reports whether any value of the batch is that large.
func hasLargeCell(b *change.Batch) bool {
	for c := range b.Columns {
		v := &b.Columns[c]
		if len(v.Data) <= largeCell {
			continue
		}
		start := 0
		for _, end := range v.Ends {
			if end-start > largeCell {
				return true
			}
			start = end
		}
	}
	return false
}
