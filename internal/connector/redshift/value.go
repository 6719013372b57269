package redshift

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// mostRow is how large a row may be that COPY takes (Database Developer Guide, COPY).
const mostRow = 4 << 20

// writer writes values as texts that COPY and INSERT both read, changed as the settings ask for.
type writer struct {
	*settings
	scratch []byte
	cut     bool // of the last value: it was cut to the length of its column
	length  int  // of the last literal's value, in bytes
}

// value appends value i of a vector. null says that a null is to be written in its place.
func (w *writer) value(dst []byte, f *field, v *change.Vector, i int) (out []byte, null bool, why *refusal) {
	w.cut = false
	if v.IsNull(i) {
		return dst, true, nil
	}
	switch f.form {
	case boolForm:
		return w.truth(dst, v, i)
	case intForm, decimalForm:
		return w.number(dst, f, v, i)
	case floatForm:
		return w.float(dst, f, v, i)
	case textForm, charForm:
		return w.text(dst, f, v, i)
	case superForm:
		return w.document(dst, v, i)
	case timeForm:
		return w.clock(dst, v, i)
	default:
		return w.moment(dst, f, v, i)
	}
}

func (w *writer) truth(dst []byte, v *change.Vector, i int) ([]byte, bool, *refusal) {
	switch v.Layout {
	case change.Bool:
		return strconv.AppendBool(dst, v.Ints[i] != 0), false, nil
	case change.Int64, change.Uint64:
		if n := v.Ints[i]; n == 0 || n == 1 {
			return strconv.AppendBool(dst, n == 1), false, nil
		}
	case change.Text:
		switch strings.ToLower(string(v.Value(i))) {
		case "t", "true", "y", "yes", "1":
			return append(dst, "true"...), false, nil
		case "f", "false", "n", "no", "0":
			return append(dst, "false"...), false, nil
		}
	}
	return dst, false, w.misfit(v, i, "is neither true nor false")
}

// misfit names a value that its column cannot hold.
func (w *writer) misfit(v *change.Vector, i int, why string) *refusal {
	w.scratch = change.AppendValue(w.scratch[:0], v, i, 0)
	shown := w.scratch
	end := ""
	if n := change.CutUTF8(shown, 100); n < len(shown) {
		shown, end = shown[:n], "…"
	}
	return misfit("the value %q%s %s", shown, end, why)
}

// number writes an integer or a decimal, whose digits must all find room.
func (w *writer) number(dst []byte, f *field, v *change.Vector, i int) ([]byte, bool, *refusal) {
	at := len(dst)
	ok := true
	switch v.Layout {
	case change.Bool, change.Int64:
		dst = strconv.AppendInt(dst, v.Ints[i], 10)
	case change.Uint64:
		dst = strconv.AppendUint(dst, uint64(v.Ints[i]), 10)
	case change.Float32, change.Float64:
		ok = !math.IsNaN(v.Floats[i]) && !math.IsInf(v.Floats[i], 0)
		of := 64
		if v.Layout == change.Float32 {
			of = 32
		}
		dst = strconv.AppendFloat(dst, v.Floats[i], 'f', -1, of)
	case change.Decimal, change.Text:
		dst, ok = change.AppendDecimal(dst, v.Value(i))
	default:
		ok = false
	}
	if !ok {
		return dst[:at], false, w.misfit(v, i, "is no number that the column holds")
	}
	whole, part, finite := digits(dst[at:])
	if !finite {
		return dst[:at], false, w.misfit(v, i, "is no number that the column holds")
	}
	if f.form == decimalForm {
		if whole > f.whole || part > f.part {
			return dst[:at], false, w.misfit(v, i, "has more digits than "+f.column.NativeType)
		}
		return dst, false, nil
	}
	if part > 0 {
		return dst[:at], false, w.misfit(v, i, "is not a whole number")
	}
	text := dst[at:]
	if point := bytes.IndexByte(text, '.'); point >= 0 { // 5.00
		dst, text = dst[:at+point], text[:point]
	}
	if _, err := strconv.ParseInt(string(text), 10, f.bits); err != nil {
		return dst[:at], false, w.misfit(v, i, "is out of the range of "+f.column.NativeType)
	}
	return dst, false, nil
}

// digits counts those of a decimal text that say something before and after its point.
func digits(p []byte) (whole, part int, finite bool) {
	p = bytes.TrimLeft(p, "+-")
	if len(p) == 0 || p[0] > '9' {
		return 0, 0, false
	}
	left, right, _ := bytes.Cut(p, []byte("."))
	return len(bytes.TrimLeft(left, "0")), len(bytes.TrimRight(right, "0")), true
}

func (w *writer) float(dst []byte, f *field, v *change.Vector, i int) ([]byte, bool, *refusal) {
	var x float64
	switch v.Layout {
	case change.Float32, change.Float64:
		x = v.Floats[i]
	case change.Int64, change.Uint64, change.Bool:
		n, size := v.Ints[i], uint64(v.Ints[i])
		if x = float64(size); n < 0 && v.Layout == change.Int64 {
			x, size = float64(n), -size
		}
		if !exact(size, f.bits) {
			return dst, false, w.misfit(v, i, "has more digits than "+f.column.NativeType)
		}
	case change.Decimal, change.Text:
		var err error
		if x, err = strconv.ParseFloat(string(v.Value(i)), 64); err != nil {
			return dst, false, w.misfit(v, i, "is no number that the column holds")
		}
	default:
		return dst, false, w.misfit(v, i, "is no number")
	}
	if f.bits == 32 && !math.IsInf(x, 0) && math.Abs(x) > math.MaxFloat32 {
		return dst, false, w.misfit(v, i, "is out of the range of "+f.column.NativeType)
	}
	return change.AppendFloat(dst, x, f.bits), false, nil
}

// exact reports whether a whole number stays the same as a floating point number of so many bits.
func exact(n uint64, of int) bool {
	mantissa := 53
	if of == 32 {
		mantissa = 24
	}
	return bits.Len64(n)-bits.TrailingZeros64(n) <= mantissa
}

// document writes JSON.
func (w *writer) document(dst []byte, v *change.Vector, i int) ([]byte, bool, *refusal) {
	if v.Layout != change.Text {
		w.scratch = change.AppendValue(w.scratch[:0], v, i, 0)
	} else {
		w.scratch = append(w.scratch[:0], v.Value(i)...)
	}
	if !json.Valid(w.scratch) {
		return dst, false, w.misfit(v, i, "is not JSON, which a SUPER column takes alone")
	}
	return append(dst, w.scratch...), false, nil
}

// text writes what goes into a VARCHAR or CHAR.
func (w *writer) text(dst []byte, f *field, v *change.Vector, i int) ([]byte, bool, *refusal) {
	if v.Layout != change.Text {
		at := len(dst)
		if v.Layout == change.Bytes {
			dst = hex.AppendEncode(dst, v.Value(i))
		} else {
			dst = change.AppendValue(dst, v, i, f.column.Type.Scale)
		}
		if len(dst)-at > f.bytes {
			return dst[:at], false, &refusal{change.TruncationFault, "the value takes " + strconv.Itoa(len(dst)-at) + " bytes as text, and " + f.column.NativeType + " holds " + strconv.Itoa(f.bytes)}
		}
		return dst, false, nil
	}
	p := v.Value(i)
	if w.removeQuotes && len(p) > 1 && (p[0] == '"' || p[0] == '\'') && p[len(p)-1] == p[0] {
		p = p[1 : len(p)-1]
	}
	if w.trimBlanks {
		p = bytes.TrimRight(p, " \t")
	}
	if w.invalid != "" && bytes.ContainsAny(p, w.invalid) {
		p = w.replaced(p)
	}
	if len(p) == 0 && w.emptyAsNull {
		return dst, true, nil
	}
	switch {
	case bytes.IndexByte(p, 0) >= 0:
		return dst, false, w.misfit(v, i, "holds a NUL character, at which Redshift ends a text")
	case !utf8.Valid(p):
		return dst, false, misfit("the value is not UTF-8")
	case f.form == charForm && !ascii(p):
		return dst, false, w.misfit(v, i, "holds characters of several bytes, which a CHAR column does not take")
	case len(p) <= f.bytes:
		return append(dst, p...), false, nil
	case !w.truncate:
		return dst, false, &refusal{change.TruncationFault, "the value takes " + strconv.Itoa(len(p)) + " bytes, and " + f.column.NativeType + " holds " + strconv.Itoa(f.bytes) + " (see TruncateColumns)"}
	}
	w.cut = true
	return append(dst, p[:change.CutUTF8(p, f.bytes)]...), false, nil
}

// replaced puts ReplaceChars in the place of every one of ReplaceInvalidChars.
func (w *writer) replaced(p []byte) []byte {
	w.scratch = w.scratch[:0]
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if strings.ContainsRune(w.invalid, r) && (r != utf8.RuneError || n > 1) {
			w.scratch = append(w.scratch, w.replacement...)
		} else {
			w.scratch = append(w.scratch, p[:n]...)
		}
		p = p[n:]
	}
	return w.scratch
}

func ascii(p []byte) bool {
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
