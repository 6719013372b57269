package sqlite

import (
	"math"

	"github.com/whimbreldb/whimbrel/internal/change"
)

const microsPerSecond = 1_000_000

// decodeTemporal reads dates and times, for which SQLite has no storage class. Text is ISO 8601. A number is taken
// where it can mean only one of SQLite's two conventions: see numberMoment.
func decodeTemporal(s *stmt, i, class int, l change.Layout, v *change.Vector) string {
	var m change.Moment
	switch class {
	case classText:
		b := s.textBytes(i)
		if l == change.Time {
			micros, ok := parseTime(b)
			if !ok {
				return notTime
			}
			v.AppendInt(micros)
			return ""
		}
		var ok bool
		if m, ok = parseMoment(b); !ok {
			return momentReason(l)
		}
	case classInteger, classReal:
		var ok bool
		if m, ok = numberMoment(s, i, class); !ok || l == change.Time {
			return momentReason(l)
		}
	default:
		return momentReason(l)
	}
	if l != change.Date {
		v.AppendInt(int64(m))
		return ""
	}
	day, micros := m.Split()
	if micros != 0 {
		return dateHasTime
	}
	v.AppendInt(int64(day))
	return ""
}

func momentReason(l change.Layout) string {
	switch l {
	case change.Date:
		return notDate
	case change.Time:
		return notTime
	}
	return notMoment
}

// numberMoment reads a number as a time. Seconds since 1970 from 1973 to 2286 have nine or ten digits before the point,
// milliseconds twelve or thirteen; a real with seven digits is a Julian day number. What lies between could be several
// things (20240131, or an integer that is a Julian day or a second of early 1970) and is refused.
func numberMoment(s *stmt, i, class int) (change.Moment, bool) {
	const (
		firstSecond, lastSecond = 1e8, 1e10
		firstMilli, lastMilli   = 1e11, 1e13
		firstJulian, lastJulian = 1721425.5, 5373484.5 // 0001-01-01 and 9999-12-31
		julian1970              = 2440587.5
	)
	epoch := change.DayOf(1970, 1, 1).At(0)
	if class == classInteger {
		switch n := s.int(i); {
		case n >= firstSecond && n < lastSecond:
			return epoch + change.Moment(n*microsPerSecond), true
		case n >= firstMilli && n < lastMilli:
			return epoch + change.Moment(n*1000), true
		}
		return 0, false
	}
	switch f := s.real(i); {
	case f >= firstSecond && f < lastSecond:
		return epoch + change.Moment(math.Round(f*microsPerSecond)), true
	case f >= firstJulian && f < lastJulian:
		// SQLite computes Julian days to the millisecond.
		return epoch + change.Moment(math.Round((f-julian1970)*86_400_000)*1000), true
	}
	return 0, false
}

// parseMoment reads YYYY-MM-DD, optionally followed by a time and by Z or an offset. As in SQLite's date functions, an
// offset is subtracted, and a text without one is UTC already. It also reads what this connector writes for the
// moments outside the calendar: infinity, dates with zeros, years with a sign or more than four digits.
func parseMoment(b []byte) (change.Moment, bool) {
	switch string(b) {
	case "infinity":
		return change.PositiveInfinityMoment, true
	case "-infinity":
		return change.NegativeInfinityMoment, true
	}
	day, rest, ok := parseDay(b)
	if !ok {
		return 0, false
	}
	if len(rest) == 0 {
		return day.At(0), true
	}
	if rest[0] != ' ' && rest[0] != 'T' && rest[0] != 't' {
		return 0, false
	}
	micros, rest, ok := parseClock(rest[1:])
	if !ok || micros >= change.MicrosPerDay {
		return 0, false
	}
	offset, ok := parseOffset(rest)
	if !ok || offset != 0 && day.IsOdd() {
		return 0, false
	}
	return day.At(micros) - change.Moment(offset), true
}

func parseDay(b []byte) (day change.Day, rest []byte, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative, b = b[0] == '-', b[1:]
	}
	year, n := leadingDigits(b)
	if n < 4 || n > 6 || len(b) < n+6 || b[n] != '-' || b[n+3] != '-' {
		return 0, nil, false
	}
	month, mn := leadingDigits(b[n+1 : n+3])
	d, dn := leadingDigits(b[n+4 : n+6])
	if mn != 2 || dn != 2 || month > 12 || d > 31 {
		return 0, nil, false
	}
	rest = b[n+6:]
	if negative {
		year = -year
	}
	day = change.DayOf(year, max(month, 1), d)
	y, m, dd := day.Civil()
	if month > 0 && d > 0 && y == year && m == month && dd == d && (year != 0 || negative || n > 4) {
		return day, rest, true
	}
	if negative || n != 4 {
		return 0, nil, false
	}
	if year == 0 || month == 0 || d == 0 || d > 28 {
		return change.OddDay(year, month, d), rest, true
	}
	return 0, nil, false
}

// parseTime reads [-]H…H:MM[:SS[.ffffff]], also beyond 24 hours, as MySQL has it.
func parseTime(b []byte) (int64, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	micros, rest, ok := parseClock(b)
	if !ok || len(rest) != 0 {
		return 0, false
	}
	if negative {
		micros = -micros
	}
	return micros, true
}

// parseClock reads H…H:MM[:SS[.f…]]. Digits beyond microseconds must be zeros.
func parseClock(b []byte) (micros int64, rest []byte, ok bool) {
	hour, n := leadingDigits(b)
	if n < 2 || n > 4 || len(b) < n+3 || b[n] != ':' {
		return 0, nil, false
	}
	minute, mn := leadingDigits(b[n+1 : n+3])
	if mn != 2 || minute > 59 {
		return 0, nil, false
	}
	micros = (int64(hour)*60 + int64(minute)) * 60 * microsPerSecond
	rest = b[n+3:]
	if len(rest) < 3 || rest[0] != ':' {
		return micros, rest, true
	}
	second, sn := leadingDigits(rest[1:3])
	if sn != 2 || second > 59 {
		return 0, nil, false
	}
	micros += int64(second) * microsPerSecond
	if rest = rest[3:]; len(rest) == 0 || rest[0] != '.' {
		return micros, rest, true
	}
	rest = rest[1:]
	unit, digits := int64(microsPerSecond/10), 0
	for ; len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9'; rest = rest[1:] {
		if unit == 0 && rest[0] != '0' {
			return 0, nil, false
		}
		micros += int64(rest[0]-'0') * unit
		unit /= 10
		digits++
	}
	return micros, rest, digits > 0
}

// parseOffset reads nothing, Z, or ±HH:MM (also ±HH and ±HHMM), optionally after a space, in microseconds.
func parseOffset(b []byte) (int64, bool) {
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	} else if len(b) == 0 {
		return 0, true
	}
	if len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hour, hn := leadingDigits(b[1:3])
	minute, rest := 0, b[3:]
	if len(rest) == 3 && rest[0] == ':' {
		rest = rest[1:]
	}
	mn := 2
	if len(rest) > 0 {
		minute, mn = leadingDigits(rest)
	}
	if hn != 2 || mn != 2 || len(rest) != 0 && len(rest) != 2 || hour > 15 || minute > 59 {
		return 0, false
	}
	offset := int64(hour*60+minute) * 60 * microsPerSecond
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// leadingDigits reads up to six digits.
func leadingDigits(b []byte) (value, n int) {
	for n < len(b) && n < 6 && b[n] >= '0' && b[n] <= '9' {
		value = value*10 + int(b[n]-'0')
		n++
	}
	return value, n
}
