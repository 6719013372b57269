package sqlite

import (
	"strconv"
	"strings"
)

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
