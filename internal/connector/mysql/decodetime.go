package mysql

import "github.com/whimbreldb/whimbrel/internal/change"

func (d *cellDecoder) appendTemporal(v *change.Vector, cell []byte) error {
	switch d.form {
	case date:
		day, ok := parseDate(cell)
		if !ok {
			return errNotOfType
		}
		v.AppendInt(int64(day))
	case momentDate:
		day, ok := parseDate(cell)
		if !ok {
			return errNotOfType
		}
		v.AppendInt(int64(day.At(0)))
	case moment:
		m, ok := parseMoment(cell)
		if !ok {
			return errNotOfType
		}
		v.AppendInt(int64(m))
	case clock:
		t, ok := parseClock(cell)
		if !ok {
			return errNotOfType
		}
		v.AppendInt(t)
	}
	return nil
}

// two reads two digits.
func two(b []byte) (int, bool) {
	x, y := b[0]-'0', b[1]-'0'
	return int(x)*10 + int(y), x <= 9 && y <= 9
}

var monthDays = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// parseDate reads YYYY-MM-DD, and what the servers keep in its place: zero parts and days that a month lacks.
func parseDate(b []byte) (change.Day, bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	century, ok1 := two(b)
	rest, ok2 := two(b[2:])
	month, ok3 := two(b[5:])
	day, ok4 := two(b[8:])
	if !ok1 || !ok2 || !ok3 || !ok4 || month > 12 || day > 31 {
		return 0, false
	}
	year := century*100 + rest
	if year == 0 || month == 0 || day == 0 || day > monthDays[month] || month == 2 && day == 29 && !isLeap(year) {
		return change.OddDay(year, month, day), true
	}
	return change.DayOf(year, month, day), true
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// parseMoment reads YYYY-MM-DD hh:mm:ss[.ffffff].
func parseMoment(b []byte) (change.Moment, bool) {
	if len(b) < 19 || b[10] != ' ' {
		return 0, false
	}
	day, ok := parseDate(b[:10])
	if !ok || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	h, ok1 := two(b[11:])
	m, ok2 := two(b[14:])
	s, ok3 := two(b[17:])
	f, ok4 := parseFraction(b[19:])
	if !ok1 || !ok2 || !ok3 || !ok4 || h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	return day.At(int64(h*3600+m*60+s)*1_000_000 + f), true
}

// parseFraction reads .f to .ffffff, or nothing.
func parseFraction(b []byte) (int64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != '.' || len(b) > 7 {
		return 0, false
	}
	var n int64
	for i := 1; i < 7; i++ {
		n *= 10
		if i < len(b) {
			c := b[i] - '0'
			if c > 9 {
				return 0, false
			}
			n += int64(c)
		}
	}
	return n, true
}

// parseClock reads [-]hhh:mm:ss[.ffffff] into microseconds.
func parseClock(b []byte) (int64, bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	colon := 2
	if len(b) > 3 && b[3] == ':' {
		colon = 3
	}
	if len(b) < colon+6 || b[colon] != ':' || b[colon+3] != ':' {
		return 0, false
	}
	h, ok := parseUnsigned(b[:colon])
	m, ok1 := two(b[colon+1:])
	s, ok2 := two(b[colon+4:])
	f, ok3 := parseFraction(b[colon+6:])
	if !ok || !ok1 || !ok2 || !ok3 || m > 59 || s > 59 {
		return 0, false
	}
	t := (int64(h)*3600+int64(m*60+s))*1_000_000 + f
	if negative {
		t = -t
	}
	return t, true
}
