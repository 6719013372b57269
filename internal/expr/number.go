package expr

import (
	"math"
	"strconv"
)

// scanned is the longest number at the beginning of a text.
type scanned struct {
	f       float64
	i       int64
	integer bool // an integer that fits 64 bits (i), or no number at all
	full    bool // nothing but white space around it
}

// scan reads as SQLite does: white space, a sign, digits with a point, an exponent. The mantissa counts up to its
// first 19 digits or so.
func scan(p []byte) scanned {
	s := scanner{p: skipSpace(p)}
	s.mantissa()
	if s.digits == 0 {
		return scanned{integer: true}
	}
	s.exponent()
	out := scanned{f: s.value(), full: len(skipSpace(s.p)) == 0}
	if !s.real {
		var fits bool
		out.i, fits = scanInteger(p)
		out.integer = fits
	}
	return out
}

type scanner struct {
	p        []byte
	negative bool
	mant     uint64
	exp      int
	digits   int
	real     bool
}

const mantissaFull = (math.MaxUint64 - 9) / 10

func (s *scanner) mantissa() {
	if len(s.p) > 0 && (s.p[0] == '-' || s.p[0] == '+') {
		s.negative = s.p[0] == '-'
		s.p = s.p[1:]
	}
	for ; len(s.p) > 0 && isDigit(s.p[0]); s.p = s.p[1:] {
		s.digits++
		if s.mant < mantissaFull {
			s.mant = s.mant*10 + uint64(s.p[0]-'0')
		} else {
			s.exp++
		}
	}
	if len(s.p) == 0 || s.p[0] != '.' || s.digits == 0 && (len(s.p) < 2 || !isDigit(s.p[1])) {
		return
	}
	s.real = true
	for s.p = s.p[1:]; len(s.p) > 0 && isDigit(s.p[0]); s.p = s.p[1:] {
		s.digits++
		if s.mant < mantissaFull {
			s.mant = s.mant*10 + uint64(s.p[0]-'0')
			s.exp--
		}
	}
}

func (s *scanner) exponent() {
	if len(s.p) == 0 || s.p[0]|0x20 != 'e' {
		return
	}
	q := s.p[1:]
	sign := 1
	if len(q) > 0 && (q[0] == '-' || q[0] == '+') {
		if q[0] == '-' {
			sign = -1
		}
		q = q[1:]
	}
	if len(q) == 0 || !isDigit(q[0]) {
		return
	}
	s.real = true
	e := 0
	for ; len(q) > 0 && isDigit(q[0]); q = q[1:] {
		e = min(e*10+int(q[0]-'0'), 10000)
	}
	s.exp += sign * e
	s.p = q
}

func (s *scanner) value() float64 {
	f := scale(s.mant, s.exp)
	if s.negative {
		return -f
	}
	return f
}

// scale is m × 10^e, rounded to the nearest double.
func scale(m uint64, e int) float64 {
	if m == 0 {
		return 0
	}
	if e == 0 {
		return float64(m)
	}
	var buf [32]byte
	p := strconv.AppendUint(buf[:0], m, 10)
	p = append(p, 'e')
	p = strconv.AppendInt(p, int64(e), 10)
	f, _ := strconv.ParseFloat(string(p), 64) // out of range gives an infinity, as in SQLite
	return f
}

// scanInteger reads the longest integer at the beginning, clamped to 64 bits; fits is false when it was clamped.
func scanInteger(p []byte) (i int64, fits bool) {
	p = skipSpace(p)
	negative := len(p) > 0 && p[0] == '-'
	if len(p) > 0 && (p[0] == '-' || p[0] == '+') {
		p = p[1:]
	}
	var u uint64
	for ; len(p) > 0 && isDigit(p[0]); p = p[1:] {
		d := uint64(p[0] - '0')
		if u > (1<<63-d)/10 {
			u = 1<<63 + 1
			break
		}
		u = u*10 + d
	}
	switch {
	case negative && u > 1<<63:
		return math.MinInt64, false
	case negative:
		return -int64(u), true
	case u > math.MaxInt64:
		return math.MaxInt64, false
	}
	return int64(u), true
}

func skipSpace(p []byte) []byte {
	for len(p) > 0 && isSpace(p[0]) {
		p = p[1:]
	}
	return p
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c-'0' <= 9 }

// appendReal writes a real as SQLite does: up to 17 digits, fewer when about 14 of them already read back as the same
// number, and always with a point.
func appendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-Inf"...)
	case f == 0:
		return append(dst, "0.0"...)
	case f < 0:
		dst = append(dst, '-')
		f = -f
	}
	d := digitsOf(f)
	d.shorten(f)
	return d.append(dst)
}

// digits are 18 or 19 significant decimal digits and where the point lies: value = 0.d0d1d2… × 10^point.
type digits struct {
	d     [19]byte
	n     int
	point int
}

// digitsOf rounds to 18 digits, or to 19 where SQLite's estimate of the decimal exponent, made from the binary one, is
// one too low.
func digitsOf(f float64) digits {
	var buf [40]byte
	p := strconv.AppendFloat(buf[:0], f, 'e', 17, 64)
	e, _ := strconv.Atoi(string(p[20:]))
	out := digits{n: 18}
	_, binary := math.Frexp(f)
	if estimate := (binary - 1) * 78913 >> 18; e > estimate {
		out.n = 19
		p = strconv.AppendFloat(buf[:0], f, 'e', 18, 64)
	}
	out.d[0] = p[0]
	copy(out.d[1:], p[2:out.n+1])
	out.point = e + 1
	return out
}

// shorten rounds to 17 digits, or to the short form of a number like 49.47.
func (d *digits) shorten(f float64) {
	keep := 17
	switch {
	case d.d[15] == '9' && d.d[14] == '9':
		j := 14
		for j > 0 && d.d[j-1] == '9' {
			j--
		}
		if scale(d.prefix(j)+1, d.point-j) == f {
			keep = j + 1
		}
	case d.point >= d.n || d.d[15] == '0' && d.d[14] == '0' && d.d[13] == '0':
		j := 13
		for j > 1 && d.d[j-1] == '0' {
			j--
		}
		if scale(d.prefix(j), d.point-j) == f {
			keep = j + 1
		}
	}
	d.round(keep)
}

func (d *digits) prefix(n int) uint64 {
	var u uint64
	for _, c := range d.d[:n] {
		u = u*10 + uint64(c-'0')
	}
	return u
}

// round keeps n digits, rounding half up.
func (d *digits) round(n int) {
	if n >= d.n {
		return
	}
	up := d.d[n] >= '5'
	d.n = n
	for i := n - 1; up && i >= 0; i-- {
		if d.d[i] != '9' {
			d.d[i]++
			return
		}
		d.d[i] = '0'
	}
	if up {
		copy(d.d[1:], d.d[:n])
		d.d[0] = '1'
		d.point++
		d.n = min(n+1, len(d.d))
	}
}

func (d *digits) append(dst []byte) []byte {
	for d.n > 1 && d.d[d.n-1] == '0' {
		d.n--
	}
	if e := d.point - 1; e < -4 || e > 16 {
		dst = append(dst, d.d[0], '.')
		if d.n == 1 {
			dst = append(dst, '0')
		}
		dst = append(dst, d.d[1:d.n]...)
		return appendExponent(dst, e)
	}
	if d.point <= 0 {
		dst = append(dst, '0')
	}
	for i := range max(d.point, 0) {
		dst = append(dst, d.at(i))
	}
	dst = append(dst, '.')
	for i := d.point; i < max(d.n, d.point+1); i++ {
		dst = append(dst, d.at(i))
	}
	return dst
}

func (d *digits) at(i int) byte {
	if i < 0 || i >= d.n {
		return '0'
	}
	return d.d[i]
}

func appendExponent(dst []byte, e int) []byte {
	dst = append(dst, 'e', '+')
	if e < 0 {
		dst[len(dst)-1] = '-'
		e = -e
	}
	if e < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(e), 10)
}
