package expr

import (
	"bytes"
	"errors"
	"strings"
)

// modify applies one modifier, the first being number 1; false makes the result NULL.
func (d *date) modify(f *frame, p []byte, number int) bool {
	if len(p) > 0 && (p[0] == '+' || p[0] == '-' || isDigit(p[0])) {
		return d.shift(p)
	}
	if len(p) > 40 {
		return false
	}
	word := strings.ToLower(string(p))
	switch word {
	case "auto":
		d.auto()
		return number == 1
	case "ceiling":
		d.computeJD()
		d.clear()
		d.floor = 0
		return true
	case "floor":
		d.computeJD()
		d.jd -= int64(d.floor) * msPerDay
		d.clear()
		return true
	case "julianday":
		ok := number == 1 && d.hasJD && d.raw
		d.raw = false
		return ok
	case "unixepoch":
		return number == 1 && d.fromUnix()
	case "subsec", "subsecond":
		d.subsec = true
		return true
	case "localtime", "utc":
		f.fail(errors.New("the date modifiers localtime and utc are not available: values have no local time zone here"))
		return false
	}
	switch {
	case strings.HasPrefix(word, "weekday "):
		return d.weekday(word[8:])
	case strings.HasPrefix(word, "start of "):
		return d.startOf(word[9:])
	case strings.HasPrefix(word, "end of "):
		return d.endOf(word[7:])
	}
	return false
}

func (d *date) fromUnix() bool {
	if !d.raw {
		return false
	}
	r := d.second*1000 + unixEpoch
	if r < 0 || r >= lastJD+1 {
		return false
	}
	d.clear()
	d.setJD(int64(r + 0.5))
	d.raw = false
	return true
}

func (d *date) weekday(s string) bool {
	n := scan([]byte(s))
	day := int(n.f)
	if !n.full || n.f <= -7 || n.f >= 7 || float64(day) != n.f {
		return false
	}
	d.computeAll()
	d.zone, d.hasJD = 0, false
	d.computeJD()
	if day < 0 {
		day = -day
	}
	z := int((d.jd + 3*msPerDay/2) / msPerDay % 7)
	if z != day {
		if z > day {
			z -= 7
		}
		d.jd += int64(day-z) * msPerDay
		if strings.Contains(s, "-") {
			d.jd -= 7 * msPerDay
		}
	}
	d.clear()
	return true
}

func (d *date) known() bool { return d.hasJD || d.hasYMD || d.hasHMS }

func (d *date) atClock(hour, minute int, second float64) {
	d.computeYMD()
	d.hasHMS, d.hour, d.minute, d.second = true, hour, minute, second
	d.raw, d.zone, d.hasJD = false, 0, false
}

func (d *date) startOf(unit string) bool {
	if !d.known() {
		return false
	}
	d.atClock(0, 0, 0)
	switch unit {
	case "day":
	case "month":
		d.day = 1
	case "year":
		d.month, d.day = 1, 1
	default:
		return false
	}
	return true
}

func (d *date) endOf(unit string) bool {
	if !d.known() {
		return false
	}
	d.atClock(23, 59, 59.999)
	switch unit {
	case "day":
	case "year":
		d.month, d.day = 12, 31
	case "month":
		d.day = 1
		if d.month++; d.month > 12 {
			d.year, d.month = d.year+1, 1
		}
		d.computeFloor()
		d.computeJD()
		d.jd -= int64(d.floor+1) * msPerDay
		d.clear()
	default:
		return false
	}
	return true
}

// shift adds "N units", "±HH:MM[:SS]" or "±YYYY-MM-DD[ HH:MM]".
func (d *date) shift(p []byte) bool {
	n := amountLength(p)
	amount := scan(p[:n])
	if !amount.full {
		return false
	}
	rest := p[n:]
	clock := p
	if len(rest) > 0 && rest[0] == '-' {
		var ok bool
		if clock, ok = d.shiftDate(p, n); !ok || clock == nil {
			return ok
		}
		return d.shiftClock(p[0] == '-', clock)
	}
	if len(rest) > 0 && rest[0] == ':' {
		if !isDigit(clock[0]) {
			clock = clock[1:]
		}
		return d.shiftClock(p[0] == '-', clock)
	}
	return d.shiftUnits(amount.f, skipSpace(rest))
}

// amountLength is where the number at the front of a modifier ends.
func amountLength(p []byte) int {
	n := 1
	for n < len(p) && p[n] != ':' && !isSpace(p[n]) {
		if p[n] == '-' && (n == 5 || n == 6) && allDigits(p[1:n]) {
			break
		}
		n++
	}
	return n
}

func allDigits(p []byte) bool {
	for _, c := range p {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// shiftDate adds ±YYYY-MM-DD; the rest is a clock to add as well, nil without one.
func (d *date) shiftDate(p []byte, n int) (clock []byte, ok bool) {
	if isDigit(p[0]) {
		return nil, false
	}
	t := dateText{p[1:]}
	y, ok := t.field(n-1, 0, 14712)
	if !ok || !t.take('-') {
		return nil, false
	}
	m, ok := t.field(2, 0, 11)
	if !ok || !t.take('-') {
		return nil, false
	}
	day, ok := t.field(2, 0, 30)
	if !ok {
		return nil, false
	}
	if p[0] == '-' {
		y, m, day = -y, -m, -day
	}
	d.computeAll()
	d.hasJD = false
	d.year, d.month = d.year+y, d.month+m
	d.carryMonths()
	d.computeFloor()
	d.computeJD()
	d.hasHMS, d.hasYMD = false, false
	d.jd += int64(day) * msPerDay
	if len(t.p) == 0 {
		return nil, true
	}
	if !isSpace(t.p[0]) || len(t.p) < 6 {
		return nil, false
	}
	return t.p[1:], true
}

func (d *date) shiftClock(negative bool, p []byte) bool {
	var by date
	if !by.parseTime(p) {
		return false
	}
	by.computeJD()
	ms := (by.jd - msPerDay/2) % msPerDay
	if negative {
		ms = -ms
	}
	d.computeJD()
	d.clear()
	d.jd += ms
	return true
}

// unit is a span of time that modifiers know.
type unit struct {
	name    string
	limit   float64
	seconds float64
}

func unitNamed(p []byte) (unit, bool) {
	if len(p) > 0 && p[len(p)-1]|0x20 == 's' {
		p = p[:len(p)-1]
	}
	for _, u := range [...]unit{
		{"second", 4.6427e+14, 1}, {"minute", 7.7379e+12, 60}, {"hour", 1.2897e+11, 3600},
		{"day", 5373485, 86400}, {"month", 176546, 2592000}, {"year", 14713, 31536000},
	} {
		if bytes.EqualFold(p, []byte(u.name)) {
			return u, true
		}
	}
	return unit{}, false
}

func (d *date) shiftUnits(amount float64, name []byte) bool {
	u, ok := unitNamed(name)
	d.computeJD()
	if !ok || amount <= -u.limit || amount >= u.limit {
		return false
	}
	rounder := 0.5
	if amount < 0 {
		rounder = -0.5
	}
	d.floor = 0
	whole := int(amount)
	if u.name == "month" || u.name == "year" {
		d.computeAll()
		if u.name == "month" {
			d.month += whole
			d.carryMonths()
		} else {
			d.year += whole
		}
		d.computeFloor()
		d.hasJD = false
		amount -= float64(whole)
	}
	d.computeJD()
	d.jd += int64(amount*1000*u.seconds + rounder)
	d.clear()
	return true
}
