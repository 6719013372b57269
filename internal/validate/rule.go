package validate

import (
	"bytes"
	"math"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// held is how one side holds the values of a column.
type held struct {
	layout change.Layout
	kind   datatype.Type
}

// rule says when two values of a pair of columns are equal: when they have the same canonical bytes.
type rule struct {
	how canon
	// form is how values are written for digests; digest is false where the pair has no common form.
	form   connector.Form
	digest bool
	// dedup says that of the members of a JSON object with one name only the last counts, as one of the sides keeps it.
	dedup bool
	// against is the other side's layout, where texts are compared with something else.
	against change.Layout
	// limit cuts values after so many bytes; 0 means that all of it is compared.
	limit int
}

// canon is a kind of canonical bytes.
type canon uint8

const (
	byForm   canon = iota // the form of the digest
	byNumber              // numbers of any kind, floating-point ones in their shortest digits
	byMoment              // dates and moments
	byText                // texts against anything else
	byJSON
	byBytes // whatever the bytes are
)

// ruleFor is the rule for a source's column, as the transformation delivers it, and a target's.
func ruleFor(a, b held) rule {
	switch {
	case a.layout == change.Native || b.layout == change.Native:
		return rule{how: byBytes}
	case isNumber(a.layout) && isNumber(b.layout):
		return rule{form: connector.Number, digest: true}
	case isFloat(a.layout) && isFloat(b.layout):
		return rule{form: connector.Float, digest: true}
	case isNumeric(a.layout) && isNumeric(b.layout):
		return rule{how: byNumber}
	case a.layout == change.Date && b.layout == change.Date:
		return rule{form: connector.Day, digest: true}
	case a.layout == change.Time && b.layout == change.Time:
		return rule{form: connector.Clock, digest: true}
	case isMoment(a.layout) && isMoment(b.layout):
		return rule{form: connector.Moment, digest: true}
	case (isMoment(a.layout) || a.layout == change.Date) && (isMoment(b.layout) || b.layout == change.Date):
		return rule{how: byMoment}
	case a.layout == change.Bytes && b.layout == change.Bytes:
		return rule{form: connector.Hex, digest: true}
	case a.layout == change.Text && b.layout == change.Text:
		return textRule(a.kind, b.kind)
	case a.layout == change.Text:
		return rule{how: byText, against: b.layout, form: connector.Exact, digest: b.layout != change.Bytes}
	case b.layout == change.Text:
		return rule{how: byText, against: a.layout, form: connector.Exact, digest: a.layout != change.Bytes}
	}
	return rule{how: byBytes}
}

func textRule(a, b datatype.Type) rule {
	json := func(t datatype.Type) bool { return t.Hint == datatype.JSON || t.Hint == datatype.JSONB }
	switch {
	case json(a) || json(b):
		return rule{how: byJSON, form: connector.Exact, digest: true, dedup: a.Hint == datatype.JSONB || b.Hint == datatype.JSONB}
	case a.Hint == datatype.FixedWidth || b.Hint == datatype.FixedWidth:
		return rule{form: connector.Padded, digest: true}
	}
	return rule{form: connector.Exact, digest: true}
}

func isNumber(l change.Layout) bool {
	return l == change.Bool || l == change.Int64 || l == change.Uint64 || l == change.Decimal
}

func isFloat(l change.Layout) bool   { return l == change.Float32 || l == change.Float64 }
func isNumeric(l change.Layout) bool { return isNumber(l) || isFloat(l) }
func isMoment(l change.Layout) bool  { return l == change.Timestamp || l == change.Instant }

// append appends the canonical bytes of value i, which is not null.
func (r *rule) append(dst []byte, v *change.Vector, i int) []byte {
	start := len(dst)
	switch r.how {
	case byForm:
		dst = appendForm(dst, r.form, v, i)
	case byNumber:
		dst = appendAnyNumber(dst, v, i)
	case byMoment:
		dst = appendAnyMoment(dst, v, i)
	case byText:
		dst = r.appendText(dst, v, i)
	case byJSON:
		dst = appendJSON(dst, r.cut(v.Value(i)), r.dedup)
	default:
		if v.Layout.Holds() == change.InData {
			dst = append(dst, v.Value(i)...)
		} else {
			dst = change.AppendValue(dst, v, i, 0)
		}
	}
	if r.limit > 0 && len(dst)-start > r.limit {
		dst = dst[:start+r.limit]
	}
	return dst
}

func (r *rule) cut(p []byte) []byte {
	if r.limit > 0 && len(p) > r.limit {
		return p[:r.limit]
	}
	return p
}

// appendForm writes a value as connector.Digester does in SQL.
func appendForm(dst []byte, f connector.Form, v *change.Vector, i int) []byte {
	switch f {
	case connector.Number:
		return appendNumber(dst, v, i)
	case connector.Float:
		return appendBits(dst, v.Floats[i])
	case connector.Padded:
		if v.Layout == change.Text {
			return append(dst, bytes.TrimRight(v.Value(i), " ")...)
		}
	case connector.Hex:
		dst = append(dst, 'x')
	case connector.Moment:
		return change.AppendMoment(dst, change.Moment(v.Ints[i]), 0)
	}
	return change.AppendValue(dst, v, i, 0)
}

func appendNumber(dst []byte, v *change.Vector, i int) []byte {
	switch v.Layout {
	case change.Bool:
		return strconv.AppendInt(dst, v.Ints[i], 10)
	case change.Decimal:
		return appendTrimmed(dst, v.Value(i))
	}
	return change.AppendValue(dst, v, i, 0)
}

// appendTrimmed appends a decimal without zeros at the end of its fraction, nor those that MySQL fills its front with.
func appendTrimmed(dst, p []byte) []byte {
	if len(p) > 1 && p[0] == '0' && p[1] != '.' {
		p = bytes.TrimLeft(p, "0")
		if len(p) == 0 || p[0] == '.' {
			dst = append(dst, '0')
		}
	}
	if bytes.IndexByte(p, '.') >= 0 {
		p = bytes.TrimSuffix(bytes.TrimRight(p, "0"), []byte("."))
	}
	if string(p) == "-0" {
		p = p[1:]
	}
	return append(dst, p...)
}

func appendBits(dst []byte, f float64) []byte {
	bits := math.Float64bits(f + 0)
	switch {
	case f == 0:
		bits = 0
	case f != f:
		bits = 0x7ff8000000000000
	}
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[bits>>shift&15])
	}
	return dst
}

// appendAnyNumber takes a floating-point number for its shortest digits: 0.1 in a double is the decimal 0.1.
func appendAnyNumber(dst []byte, v *change.Vector, i int) []byte {
	if !isFloat(v.Layout) {
		return appendNumber(dst, v, i)
	}
	text, ok := change.AppendDecimal(nil, change.AppendValue(nil, v, i, 0))
	if !ok {
		return change.AppendValue(dst, v, i, 0)
	}
	return appendTrimmed(dst, text)
}

func appendAnyMoment(dst []byte, v *change.Vector, i int) []byte {
	m := change.Moment(v.Ints[i])
	if v.Layout == change.Date {
		m = change.Day(v.Ints[i]).At(0)
	}
	return change.AppendMoment(dst, m, 0)
}

// appendText makes one spelling of a text and of what it stands for.
func (r *rule) appendText(dst []byte, v *change.Vector, i int) []byte {
	if v.Layout != change.Text {
		switch {
		case v.Layout == change.Bool:
			return change.AppendValue(dst, v, i, 0)
		case isNumber(v.Layout):
			return appendNumber(dst, v, i)
		case isFloat(v.Layout):
			return appendBits(dst, v.Floats[i])
		case isMoment(v.Layout):
			return change.AppendMoment(dst, change.Moment(v.Ints[i]), 0)
		}
		return change.AppendValue(dst, v, i, 0)
	}
	p := v.Value(i)
	switch {
	case r.against == change.Bool:
		switch string(bytes.ToLower(p)) {
		case "t", "true", "1":
			return append(dst, "true"...)
		case "f", "false", "0":
			return append(dst, "false"...)
		}
	case isNumber(r.against):
		if n, ok := change.AppendDecimal(nil, p); ok {
			return appendTrimmed(dst, n)
		}
	case isFloat(r.against):
		bits := 64
		if r.against == change.Float32 {
			bits = 32
		}
		if f, err := strconv.ParseFloat(string(p), bits); err == nil {
			return appendBits(dst, f)
		}
	case r.against == change.Time, isMoment(r.against):
		p = bytes.TrimSuffix(bytes.TrimSuffix(p, []byte("+00:00")), []byte("+00"))
		if bytes.IndexByte(p, '.') >= 0 {
			p = bytes.TrimSuffix(bytes.TrimRight(p, "0"), []byte("."))
		}
	}
	return append(dst, p...)
}
