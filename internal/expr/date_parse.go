package expr

import (
	"math"
	"strings"
)

// dateText eats a text from its front, taking numbers of fixed width.
type dateText struct{ p []byte }

func (t *dateText) peek(i int) byte {
	if i >= len(t.p) {
		return 0
	}
	return t.p[i]
}

// field takes a number of so many digits between least and most.
func (t *dateText) field(width, least, most int) (int, bool) {
	n := 0
	for i := range width {
		c := t.peek(i)
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	if n < least || n > most {
		return 0, false
	}
	t.p = t.p[width:]
	return n, true
}

func (t *dateText) take(c byte) bool {
	if len(t.p) == 0 || t.p[0] != c {
		return false
	}
	t.p = t.p[1:]
	return true
}

// parse reads a time value: a date, a time, 'now' or a number.
func (d *date) parse(f *frame, p []byte) bool {
	word := strings.EqualFold
	switch {
	case d.parseDate(p), d.parseTime(p):
		return true
	case word(string(p), "now"):
		d.now(f)
		return true
	}
	if n := scan(p); n.full {
		d.setRaw(n.f)
		return true
	}
	if word(string(p), "subsec") || word(string(p), "subsecond") {
		d.subsec = true
		d.now(f)
		return true
	}
	return false
}

func (d *date) now(f *frame) { d.setJD(f.env.now().UnixMilli() + unixEpoch) }

func (d *date) parseDate(p []byte) bool {
	t := dateText{p}
	negative := t.take('-')
	y, ok1 := t.field(4, 0, 9999)
	ok1 = ok1 && t.take('-')
	if !ok1 {
		return false
	}
	m, ok2 := t.field(2, 1, 12)
	if !ok2 || !t.take('-') {
		return false
	}
	day, ok3 := t.field(2, 1, 31)
	if !ok3 {
		return false
	}
	for isSpace(t.peek(0)) || t.peek(0) == 'T' {
		t.p = t.p[1:]
	}
	var clock date
	if clock.parseTime(t.p) {
		*d = clock
		if d.hour == 24 {
			d.hour, day = 0, day+1
			if last := daysOfMonth(y, m); day > last {
				day, m = day-last, m+1
			}
			if m > 12 {
				m, y = 1, y+1
			}
		}
	} else if len(t.p) > 0 {
		return false
	}
	if negative {
		y = -y
	}
	d.hasJD, d.hasYMD = false, true
	d.year, d.month, d.day = y, m, day
	d.computeFloor()
	if d.zone != 0 {
		d.computeJD()
	}
	return true
}

func daysOfMonth(y, m int) int {
	d := date{year: y, month: m, day: 31}
	d.computeFloor()
	return 31 - d.floor
}

// parseTime reads HH:MM[:SS[.fff]] with an optional zone.
func (d *date) parseTime(p []byte) bool {
	t := dateText{p}
	h, ok := t.field(2, 0, 24)
	if !ok || !t.take(':') {
		return false
	}
	m, ok := t.field(2, 0, 59)
	if !ok {
		return false
	}
	seconds := 0.0
	if t.take(':') {
		s, ok := t.field(2, 0, 59)
		if !ok {
			return false
		}
		seconds = float64(s) + t.fraction()
	}
	if h == 24 && (m != 0 || seconds != 0) {
		return false
	}
	zone, ok := t.zone()
	if !ok {
		return false
	}
	d.hasJD, d.raw, d.hasHMS = false, false, true
	d.hour, d.minute, d.second, d.zone = h, m, seconds, zone
	return true
}

func (t *dateText) fraction() float64 {
	if t.peek(0) != '.' || !isDigit(t.peek(1)) {
		return 0
	}
	ms, scale := 0.0, 1.0
	for t.p = t.p[1:]; isDigit(t.peek(0)); t.p = t.p[1:] {
		ms = ms*10 + float64(t.p[0]-'0')
		scale *= 10
	}
	return math.Min(ms/scale, 0.999)
}

// zone takes what follows a time, which must end the text.
func (t *dateText) zone() (minutes int, ok bool) {
	t.p = skipSpace(t.p)
	switch t.peek(0) {
	case 'Z', 'z':
		t.p = t.p[1:]
	case '+', '-':
		sign := 1
		if t.p[0] == '-' {
			sign = -1
		}
		t.p = t.p[1:]
		h, good := t.field(2, 0, 14)
		if !good || !t.take(':') {
			return 0, false
		}
		m, good := t.field(2, 0, 59)
		if !good {
			return 0, false
		}
		minutes = sign * (h*60 + m)
	}
	return minutes, len(skipSpace(t.p)) == 0
}
