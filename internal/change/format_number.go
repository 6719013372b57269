package change

import (
	"math"
	"strconv"
)

// AppendFloat appends the shortest text that reads back as the same number of 32 or 64 bits: 0.1, 1e+20, NaN,
// Infinity, -Infinity.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	switch a := math.Abs(f); {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case a > math.MaxFloat64 && f > 0:
		return append(dst, "Infinity"...)
	case a > math.MaxFloat64:
		return append(dst, "-Infinity"...)
	case a != 0 && (a < 1e-4 || a >= 1e15):
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// Bounds of a decimal, which are those of PostgreSQL's numeric.
const (
	maxWholeDigits    = 131072
	maxFractionDigits = 16383
)

// AppendDecimal appends a number in the form of the Decimal layout. It reads an optional sign, digits with at most one
// point, an optional exponent, or NaN, Infinity, -Infinity, inf in any case. Zeros at the end of the fraction stay.
func AppendDecimal(dst, p []byte) (out []byte, ok bool) {
	if w := specialNumber(p); w != "" {
		return append(dst, w...), true
	}
	n, ok := scanNumber(p)
	if !ok {
		return dst, false
	}
	whole := len(n.whole) + n.exponent
	if whole > maxWholeDigits || len(n.fraction)-n.exponent > maxFractionDigits {
		if !n.isZero() {
			return dst, false
		}
		return append(dst, '0'), true
	}
	if n.negative && !n.isZero() {
		dst = append(dst, '-')
	}
	return n.appendDigits(dst, whole), true
}

// number is a decimal number cut into its parts.
type number struct {
	negative        bool
	whole, fraction []byte // digits
	exponent        int
}

func scanNumber(p []byte) (n number, ok bool) {
	r := textReader{p: p}
	n.negative = r.take('-')
	if !n.negative {
		r.take('+')
	}
	n.whole = r.digits()
	if r.take('.') {
		n.fraction = r.digits()
	}
	if len(n.whole)+len(n.fraction) == 0 {
		return n, false
	}
	if r.take('e') || r.take('E') {
		minus := r.take('-')
		if !minus {
			r.take('+')
		}
		digits := r.digits()
		if len(digits) == 0 {
			return n, false
		}
		for _, c := range digits {
			n.exponent = min(n.exponent*10+int(c-'0'), 1_000_000)
		}
		if minus {
			n.exponent = -n.exponent
		}
	}
	for len(n.whole) > 0 && n.whole[0] == '0' {
		n.whole = n.whole[1:]
	}
	return n, len(r.p) == 0
}

func (r *textReader) digits() []byte {
	i := 0
	for i < len(r.p) && isDigit(r.p[i]) {
		i++
	}
	d := r.p[:i]
	r.p = r.p[i:]
	return d
}

func (n *number) isZero() bool { return allZero(n.whole) && allZero(n.fraction) }

func allZero(digits []byte) bool {
	for _, c := range digits {
		if c != '0' {
			return false
		}
	}
	return true
}

// at returns digit i of whole and fraction written one after the other, and 0 beyond both ends.
func (n *number) at(i int) byte {
	switch {
	case i < 0:
		return '0'
	case i < len(n.whole):
		return n.whole[i]
	case i < len(n.whole)+len(n.fraction):
		return n.fraction[i-len(n.whole)]
	}
	return '0'
}

// appendDigits appends the digits with the point after the first so many.
func (n *number) appendDigits(dst []byte, whole int) []byte {
	start := len(dst)
	for i := range max(whole, 0) {
		if c := n.at(i); c != '0' || len(dst) > start {
			dst = append(dst, c)
		}
	}
	if len(dst) == start {
		dst = append(dst, '0')
	}
	total := len(n.whole) + len(n.fraction)
	if whole < total {
		dst = append(dst, '.')
	}
	for i := whole; i < total; i++ {
		dst = append(dst, n.at(i))
	}
	return dst
}

func specialNumber(p []byte) string {
	if len(p) < 3 || len(p) > 9 || isDigit(p[len(p)-1]) || p[len(p)-1] == '.' {
		return ""
	}
	var lower [9]byte
	for i, c := range p {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(p)]) {
	case "nan":
		return "NaN"
	case "inf", "+inf", "infinity", "+infinity":
		return "Infinity"
	case "-inf", "-infinity":
		return "-Infinity"
	}
	return ""
}
