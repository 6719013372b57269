package sqlite

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

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
	scale    int    // fractional digits of a time that are always written
	scratch  []byte // holds the text of a value until the statement is reset
}

func newColumns(r connector.LoadRequest) []column {
	strict := r.Table.Native["strict"] != ""
	columns := make([]column, len(r.Columns))
	for i, c := range r.Columns {
		columns[i] = column{name: c.Column.Name, layout: c.Layout, affinity: affinityOf(c.Column.NativeType, strict),
			scratch: make([]byte, 0, 64)}
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
		s.bindText(i, b)
	case change.Bytes:
		s.bindBlob(i, v.Value(row))
	case change.Native:
		return bindNative(s, i, v.Value(row))
	case change.Float64, change.Float32:
		return c.bindFloat(s, i, v.Floats[row])
	case change.Decimal:
		return c.bindDecimal(s, i, v.Value(row))
	case change.Uint64:
		return c.bindUint(s, i, uint64(v.Ints[row]))
	case change.Date:
		c.bindScratch(s, i, appendDay(c.scratch[:0], change.Day(v.Ints[row])))
	case change.Time:
		c.bindScratch(s, i, appendTime(c.scratch[:0], v.Ints[row], c.scale))
	case change.Timestamp:
		c.bindScratch(s, i, appendMoment(c.scratch[:0], change.Moment(v.Ints[row]), c.scale, false))
	case change.Instant:
		c.bindScratch(s, i, appendMoment(c.scratch[:0], change.Moment(v.Ints[row]), c.scale, true))
	default:
		return "SQLite cannot take the layout " + c.layout.String()
	}
	return ""
}

func (c *column) bindScratch(s *stmt, i int, text []byte) {
	c.scratch = text
	s.bindText(i, text)
}

func bindNative(s *stmt, i int, b []byte) string {
	if len(b) == 0 {
		return brokenNative
	}
	switch tag, value := b[0], b[1:]; {
	case tag == tagText:
		s.bindText(i, value)
	case tag == tagBlob:
		s.bindBlob(i, value)
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
func (c *column) bindDecimal(s *stmt, i int, b []byte) string {
	if c.affinity != numberAffinity {
		s.bindText(i, b)
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

// shortInteger reads an integer of up to 18 digits.
func shortInteger(b []byte) (int64, bool) {
	digits := b
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) > 18 || !allDigits(digits) {
		if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
			return n, true
		}
		return 0, false
	}
	var n int64
	for _, d := range digits {
		n = n*10 + int64(d-'0')
	}
	if len(digits) != len(b) {
		n = -n
	}
	return n, true
}

// sameAsDouble reports whether the decimal comes back when it is kept as a double. Up to 15 digits always do.
func sameAsDouble(b []byte) bool {
	digits := 0
	for _, d := range b {
		if d >= '0' && d <= '9' {
			digits++
		}
	}
	if digits <= 15 {
		return true
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return false
	}
	return strconv.FormatFloat(f, 'f', -1, 64) == plainDecimal(string(b))
}

// plainDecimal takes superfluous zeros from a decimal.
func plainDecimal(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	s = strings.TrimLeft(s, "0")
	if s == "" || s[0] == '.' {
		s = "0" + s
	}
	if s == "0" {
		return s
	}
	return sign + s
}

// keepsText reports whether a column of numeric affinity leaves a text as it is, or turns it into a number that SQLite
// writes with the same characters. Text that cannot be a number is told by its first byte.
func keepsText(b []byte) bool {
	for len(b) > 0 && strings.IndexByte(" \t\n\v\f\r", b[0]) >= 0 {
		b = b[1:]
	}
	if len(b) == 0 || b[0] != '-' && b[0] != '+' && b[0] != '.' && (b[0] < '0' || b[0] > '9') {
		return true
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return strconv.FormatInt(n, 10) == string(b)
	}
	if _, err := strconv.ParseFloat(strings.TrimRight(string(b), " \t\n\v\f\r"), 64); err != nil && !isRange(err) {
		return true // 2024-01-01, 12:30, 1.2.3
	}
	return false
}

func isRange(err error) bool { return strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) }

// showValue writes a value for a person, cut at 100 bytes.
func showValue(v *change.Vector, row int) string {
	if v.IsNull(row) {
		return "NULL"
	}
	switch v.Layout.Holds() {
	case change.InInts:
		switch v.Layout {
		case change.Date:
			return string(appendDay(nil, change.Day(v.Ints[row])))
		case change.Time:
			return string(appendTime(nil, v.Ints[row], 0))
		case change.Timestamp, change.Instant:
			return string(appendMoment(nil, change.Moment(v.Ints[row]), 0, v.Layout == change.Instant))
		case change.Uint64:
			return strconv.FormatUint(uint64(v.Ints[row]), 10)
		}
		return strconv.FormatInt(v.Ints[row], 10)
	case change.InFloats:
		return strconv.FormatFloat(v.Floats[row], 'g', -1, 64)
	}
	return showBytes(v.Value(row), v.Layout)
}

func showBytes(b []byte, l change.Layout) string {
	const most = 100
	switch {
	case l == change.Native && len(b) == 9 && b[0] == tagInteger:
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(b[1:])), 10)
	case l == change.Native && len(b) == 9 && b[0] == tagReal:
		return strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(b[1:])), 'g', -1, 64)
	case l == change.Native && len(b) > 0:
		if b[0] == tagBlob {
			l = change.Bytes
		}
		b = b[1:]
	case l == change.Decimal:
		return string(b[:min(len(b), most)])
	}
	if l == change.Bytes {
		return fmt.Sprintf("X'%X'", b[:min(len(b), most/2)])
	}
	return fmt.Sprintf("%q", b[:min(len(b), most)])
}
