package postgres

import (
	"encoding/binary"
	"fmt"
)

// A numeric on the wire (numeric_send): int16 count of base-10000 digits, weight of the first, sign, display scale, digits.
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericPInf     = 0xD000
	numericNInf     = 0xF000

	maxNumericScale  = 16383
	maxNumericWeight = 131072 / 4
)

// appendNumericText appends the decimal text of a binary numeric, as the server would print it.
func appendNumericText(dst, p []byte) ([]byte, error) {
	if len(p) < 8 {
		return dst, wrongSize(p, 8)
	}
	count := int(int16(binary.BigEndian.Uint16(p)))
	weight := int(int16(binary.BigEndian.Uint16(p[2:])))
	sign := binary.BigEndian.Uint16(p[4:])
	scale := int(binary.BigEndian.Uint16(p[6:]))
	digits := p[8:]
	switch sign {
	case numericNaN:
		return append(dst, "NaN"...), nil
	case numericPInf:
		return append(dst, "Infinity"...), nil
	case numericNInf:
		return append(dst, "-Infinity"...), nil
	case numericNegative:
		dst = append(dst, '-')
	case numericPositive:
	default:
		return dst, fmt.Errorf("%w: a numeric with sign %#x", errMalformed, sign)
	}
	if count < 0 || len(digits) != 2*count || scale > maxNumericScale {
		return dst, fmt.Errorf("%w: a numeric of %d digits in %d bytes", errMalformed, count, len(p))
	}
	for i := range count {
		if digitAt(digits, i) > 9999 {
			return dst, fmt.Errorf("%w: a numeric with a digit beyond 9999", errMalformed)
		}
	}
	dst = appendWhole(dst, digits, weight)
	if scale > 0 {
		dst = appendFraction(append(dst, '.'), digits, weight, scale)
	}
	return dst, nil
}

// digitAt returns base-10000 digit i, zero beyond either end.
func digitAt(digits []byte, i int) int {
	if i < 0 || 2*i >= len(digits) {
		return 0
	}
	return int(binary.BigEndian.Uint16(digits[2*i:]))
}

func appendWhole(dst, digits []byte, weight int) []byte {
	if weight < 0 {
		return append(dst, '0')
	}
	start := len(dst)
	for i := 0; i <= weight; i++ {
		dst = appendFour(dst, digitAt(digits, i))
	}
	// Leading zeros go, but for the last digit.
	zeros := 0
	for zeros < len(dst)-start-1 && dst[start+zeros] == '0' {
		zeros++
	}
	return append(dst[:start], dst[start+zeros:]...)
}

func appendFraction(dst, digits []byte, weight, scale int) []byte {
	end := len(dst) + scale
	for i := weight + 1; len(dst) < end; i++ {
		dst = appendFour(dst, digitAt(digits, i))
	}
	return dst[:end]
}

func appendFour(dst []byte, d int) []byte {
	return append(dst, byte('0'+d/1000), byte('0'+d/100%10), byte('0'+d/10%10), byte('0'+d%10))
}

// appendNumericBinary appends the wire form of a decimal text: [+-]digits[.digits][e[+-]digits], NaN or an infinity. The
// reason is empty when it could.
func appendNumericBinary(dst, text []byte) (out []byte, reason string) {
	negative, rest := cutSign(text)
	if len(rest) > 0 && (rest[0] < '0' || rest[0] > '9') && rest[0] != '.' {
		return appendSpecialNumeric(dst, text)
	}
	d, ok := parseDecimal(rest)
	if !ok {
		return dst, "is not a number"
	}
	return d.append(dst, negative)
}

func cutSign(text []byte) (negative bool, rest []byte) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		return text[0] == '-', text[1:]
	}
	return false, text
}

func appendSpecialNumeric(dst, text []byte) ([]byte, string) {
	var sign uint16
	switch string(text) {
	case "NaN":
		sign = numericNaN
	case "Infinity", "+Infinity":
		sign = numericPInf
	case "-Infinity":
		sign = numericNInf
	default:
		return dst, "is not a number"
	}
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, sign)
	return append(dst, 0, 0), ""
}

// decimal is a parsed decimal text. Its digits lie in whole and fraction; point shifts the decimal point to the right.
type decimal struct {
	whole, fraction []byte
	point           int
}

func parseDecimal(text []byte) (decimal, bool) {
	var d decimal
	d.whole, text = cutDigits(text)
	if len(text) > 0 && text[0] == '.' {
		d.fraction, text = cutDigits(text[1:])
	}
	if len(d.whole)+len(d.fraction) == 0 {
		return d, false
	}
	if len(text) == 0 {
		return d, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return d, false
	}
	negative, exponent := cutSign(text[1:])
	digits, rest := cutDigits(exponent)
	if len(rest) > 0 || len(digits) == 0 || len(digits) > 6 {
		return d, false
	}
	for _, c := range digits {
		d.point = d.point*10 + int(c-'0')
	}
	if negative {
		d.point = -d.point
	}
	return d, true
}

func cutDigits(text []byte) (digits, rest []byte) {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return text[:n], text[n:]
}

// at returns the decimal digit of place 10^place.
func (d *decimal) at(place int) int {
	i := len(d.whole) + d.point - 1 - place
	switch {
	case i < 0 || i >= len(d.whole)+len(d.fraction):
		return 0
	case i < len(d.whole):
		return int(d.whole[i] - '0')
	}
	return int(d.fraction[i-len(d.whole)] - '0')
}

// bounds returns the places of the first digit that is not zero and of the last; ok is false for a zero.
func (d *decimal) bounds() (first, last int, ok bool) {
	n := len(d.whole) + len(d.fraction)
	top := len(d.whole) + d.point - 1
	lo, hi := 0, n-1
	for lo < n && d.at(top-lo) == 0 {
		lo++
	}
	if lo == n {
		return 0, 0, false
	}
	for d.at(top-hi) == 0 {
		hi--
	}
	return top - lo, top - hi, true
}

// scale is the number of digits shown after the point.
func (d *decimal) scale() int { return max(len(d.fraction)-d.point, 0) }

func (d *decimal) append(dst []byte, negative bool) ([]byte, string) {
	scale := d.scale()
	if scale > maxNumericScale {
		return dst, "has more digits after the point than numeric can hold"
	}
	first, last, ok := d.bounds()
	if !ok { // zero has no digits and no sign
		dst = append(dst, 0, 0, 0, 0, 0, 0)
		return binary.BigEndian.AppendUint16(dst, uint16(scale)), ""
	}
	weight, tail := floorDiv4(first), floorDiv4(last)
	if weight >= maxNumericWeight {
		return dst, "has more digits than numeric can hold"
	}
	sign := uint16(numericPositive)
	if negative {
		sign = numericNegative
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(weight-tail+1))
	dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	for g := weight; g >= tail; g-- {
		p := g * 4
		dst = binary.BigEndian.AppendUint16(dst, uint16(d.at(p+3)*1000+d.at(p+2)*100+d.at(p+1)*10+d.at(p)))
	}
	return dst, ""
}

func floorDiv4(n int) int {
	if n < 0 {
		return (n - 3) / 4
	}
	return n / 4
}

// fits checks a decimal text against numeric(precision,scale). The server would round; we refuse instead.
func numericFits(text []byte, precision, scale int) string {
	_, rest := cutSign(text)
	d, ok := parseDecimal(rest)
	if !ok { // NaN fits anywhere, an infinity in no numeric with a precision
		if string(text) == "NaN" {
			return ""
		}
		return "is an infinity, which a numeric with a precision cannot hold"
	}
	first, last, ok := d.bounds()
	switch {
	case !ok:
		return ""
	case first >= precision-scale:
		return "has too many digits before the point"
	case last < -scale:
		return "has too many digits after the point"
	}
	return ""
}
