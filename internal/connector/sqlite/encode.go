package sqlite

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// affinity is what SQLite does to a value on its way into a column ("Datatypes In SQLite", section 3). INTEGER, NUMERIC
// and REAL turn text that looks like a number into one, and are alike here; TEXT turns numbers into text.
type affinity uint8

const (
	noAffinity affinity = iota
	textAffinity
	numberAffinity
)

// affinityOf applies SQLite's rules to a declared type. ANY is exempt in a STRICT table only.
func affinityOf(declared string, strict bool) affinity {
	d := strings.ToUpper(declared)
	has := func(part string) bool { return strings.Contains(d, part) }
	switch {
	case has("INT"):
		return numberAffinity
	case has("CHAR"), has("CLOB"), has("TEXT"):
		return textAffinity
	case has("BLOB"), d == "", strict && d == "ANY":
		return noAffinity
	}
	return numberAffinity
}

// column is a column of the target as the loader binds it.
type column struct {
	name     string
	layout   change.Layout
	affinity affinity
	// base is the address of the vector's Data, see arena.
	base uintptr
	// scratch is where the text of a value is written, in SQLite's memory. Nothing longer than scratchSize goes there.
	scratch []byte
}

func newColumns(r connector.LoadRequest, a *arena) []column {
	strict := r.Table.Native["strict"] != ""
	columns := make([]column, len(r.Columns))
	for i, c := range r.Columns {
		columns[i] = column{name: c.Column.Name, layout: c.Layout, affinity: affinityOf(c.Column.NativeType, strict),
			scratch: a.scratch(i)}
	}
	return columns
}

// Reasons of rejects, for people.
const (
	notANumber   = "SQLite has no NaN and would store NULL"
	wouldChange  = "the column's affinity would turn the text into another one"
	notStorable  = "the column's affinity would turn the number into a floating-point number that is not the same"
	brokenNative = "the value is not in SQLite's own encoding"
)

// bind binds value row of v, or returns why the column cannot hold it unchanged.
func (c *column) bind(s *stmt, i int, v *change.Vector, row int) string {
	switch c.layout {
	case change.Int64, change.Bool:
		s.bindInt(i, v.Ints[row])
	case change.Text:
		b := v.Value(row)
		if c.affinity == numberAffinity && !keepsText(b) {
			return wouldChange
		}
		s.bindText(i, c.at(v, row), len(b))
	case change.Bytes:
		s.bindBlob(i, c.at(v, row), len(v.Value(row)))
	case change.Native:
		return bindNative(s, i, v.Value(row), c.at(v, row))
	case change.Float64, change.Float32:
		return c.bindFloat(s, i, v.Floats[row])
	case change.Decimal:
		return c.bindDecimal(s, i, v.Value(row), c.at(v, row))
	case change.Uint64:
		return c.bindUint(s, i, uint64(v.Ints[row]))
	case change.Date:
		c.bindScratch(s, i, appendDay(c.scratch[:0], change.Day(v.Ints[row])))
	case change.Time:
		c.bindScratch(s, i, appendTime(c.scratch[:0], v.Ints[row]))
	case change.Timestamp:
		c.bindScratch(s, i, appendMoment(c.scratch[:0], change.Moment(v.Ints[row]), false))
	case change.Instant:
		c.bindScratch(s, i, appendMoment(c.scratch[:0], change.Moment(v.Ints[row]), true))
	default:
		return "SQLite cannot take the layout " + c.layout.String()
	}
	return ""
}

// at is the address of value row of v.
func (c *column) at(v *change.Vector, row int) uintptr {
	if row == 0 {
		return c.base
	}
	return c.base + uintptr(v.Ends[row-1])
}

func (c *column) bindScratch(s *stmt, i int, text []byte) {
	s.bindText(i, uintptr(unsafe.Pointer(unsafe.SliceData(text))), len(text))
}

func bindNative(s *stmt, i int, b []byte, at uintptr) string {
	if len(b) == 0 {
		return brokenNative
	}
	switch tag, value := b[0], b[1:]; {
	case tag == tagText:
		s.bindText(i, at+1, len(value))
	case tag == tagBlob:
		s.bindBlob(i, at+1, len(value))
	case tag == tagInteger && len(value) == 8:
		s.bindInt(i, int64(binary.BigEndian.Uint64(value)))
	case tag == tagReal && len(value) == 8:
		s.bindReal(i, math.Float64frombits(binary.BigEndian.Uint64(value)))
	default:
		return brokenNative
	}
	return ""
}

func (c *column) bindFloat(s *stmt, i int, f float64) string {
	if math.IsNaN(f) {
		return notANumber
	}
	if c.affinity == textAffinity {
		c.bindScratch(s, i, strconv.AppendFloat(c.scratch[:0], f, 'g', -1, 64))
		return ""
	}
	s.bindReal(i, f)
	return ""
}

func (c *column) bindUint(s *stmt, i int, n uint64) string {
	if n <= math.MaxInt64 {
		s.bindInt(i, int64(n))
		return ""
	}
	if c.affinity == numberAffinity {
		return notStorable
	}
	c.bindScratch(s, i, strconv.AppendUint(c.scratch[:0], n, 10))
	return ""
}

// bindDecimal binds the digits as text where the column keeps text, else as an integer or a double that is the same
// number.
func (c *column) bindDecimal(s *stmt, i int, b []byte, at uintptr) string {
	if c.affinity != numberAffinity {
		s.bindText(i, at, len(b))
		return ""
	}
	switch string(b) {
	case "NaN":
		return notANumber
	case "Infinity":
		s.bindReal(i, math.Inf(1))
		return ""
	case "-Infinity":
		s.bindReal(i, math.Inf(-1))
		return ""
	}
	if n, ok := shortInteger(b); ok {
		s.bindInt(i, n)
		return ""
	}
	if !sameAsDouble(b) {
		return notStorable
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return notStorable
	}
	s.bindReal(i, f)
	return ""
}
