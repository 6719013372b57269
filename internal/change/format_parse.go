package change

// ParseDay reads what AppendDay writes. A date that is in no calendar but that MySQL could hold becomes an odd day.
func ParseDay(p []byte) (Day, bool) {
	if d, ok := parseInfinity(p); ok {
		return d, true
	}
	r := textReader{p: p}
	d, ok := r.day('-')
	return d, ok && len(r.p) == 0
}

// ParseTime reads [-]HH:MM:SS[.f] with two or more digits of hours, as microseconds. Digits beyond the sixth of the
// fraction must be zero.
func ParseTime(p []byte) (int64, bool) {
	r := textReader{p: p}
	negative := r.take('-')
	micros, ok := r.clock()
	if negative {
		micros = -micros
	}
	return micros, ok && len(r.p) == 0
}

// ParseMoment reads YYYY-MM-DD, a space or T, and HH:MM:SS[.f] below 24 hours, without a zone; also what AppendDay
// writes, as the midnight of that day.
func ParseMoment(p []byte) (Moment, bool) {
	m, zoned, ok := parseMoment(p, '-')
	return m, ok && !zoned
}

// ParseInstant is ParseMoment with a zone at the end: Z, +HH, +HHMM or +HH:MM. Without one the text is taken as UTC.
func ParseInstant(p []byte) (Moment, bool) {
	m, _, ok := parseMoment(p, '-')
	return m, ok
}

func parseMoment(p []byte, dash byte) (m Moment, zoned, ok bool) {
	if d, ok := parseInfinity(p); ok {
		return d.At(0), false, true
	}
	r := textReader{p: p}
	var micros, offset int64
	day, ok := r.civil(dash)
	if ok && (r.take(' ') || r.take('T')) {
		if !isDigit(r.peek()) {
			r.p = p[len(p)-len(r.p)-1:] // the space belongs to " BC"
		} else {
			micros, ok = r.clock()
			ok = ok && micros < MicrosPerDay
			offset, zoned = r.zone()
		}
	}
	d, good := day.day(r.era())
	if !ok || !good || len(r.p) != 0 || day.year > lastMomentYear || d.IsOdd() && offset != 0 {
		return 0, false, false
	}
	return d.At(micros) - Moment(offset), zoned, true
}

func parseInfinity(p []byte) (Day, bool) {
	switch string(p) {
	case "infinity":
		return PositiveInfinityDay, true
	case "-infinity":
		return NegativeInfinityDay, true
	}
	return 0, false
}

// textReader eats a text from its front.
type textReader struct{ p []byte }

func (r *textReader) peek() byte {
	if len(r.p) == 0 {
		return 0
	}
	return r.p[0]
}

func (r *textReader) take(c byte) bool {
	if r.peek() != c || len(r.p) == 0 {
		return false
	}
	r.p = r.p[1:]
	return true
}

// number takes the digits at the front, at least and at most so many.
func (r *textReader) number(least, most int) (int64, bool) {
	var n int64
	i := 0
	for i < len(r.p) && i < most && isDigit(r.p[i]) {
		n = n*10 + int64(r.p[i]-'0')
		i++
	}
	r.p = r.p[i:]
	return n, i >= least
}

// civil is a date as it is spelled.
type civil struct{ year, month, dayOfMonth int64 }

func (r *textReader) civil(dash byte) (c civil, ok bool) {
	before := r.p
	c.year, ok = r.number(4, 7)
	padded := len(before)-len(r.p) > 4 && before[0] == '0'
	ok = ok && !padded && r.take(dash)
	if ok {
		c.month, ok = r.number(2, 2)
	}
	ok = ok && r.take(dash)
	if ok {
		c.dayOfMonth, ok = r.number(2, 2)
	}
	return c, ok
}

func (r *textReader) day(dash byte) (Day, bool) {
	c, ok := r.civil(dash)
	if !ok {
		return 0, false
	}
	return c.day(r.era())
}

// era takes " BC".
func (r *textReader) era() (bc bool) {
	if len(r.p) == 3 && string(r.p) == " BC" {
		r.p = nil
		return true
	}
	return false
}

// The years that PostgreSQL knows: dates run longer than moments.
const (
	lastYearBC     = 4714
	lastYear       = 5_874_897
	lastMomentYear = 294_276
)

func (c civil) day(bc bool) (Day, bool) {
	year := int(c.year)
	if bc {
		if year == 0 || year > lastYearBC {
			return 0, false
		}
		year = 1 - year
	}
	if year > lastYear {
		return 0, false
	}
	real := c.month >= 1 && c.month <= 12 && c.dayOfMonth >= 1 && c.dayOfMonth <= daysIn(year, int(c.month))
	switch {
	case real && (bc || year > 0):
		return DayOf(year, int(c.month), int(c.dayOfMonth)), true
	case !bc && year <= 9999 && c.month <= 12 && c.dayOfMonth <= 31:
		return OddDay(year, int(c.month), int(c.dayOfMonth)), true
	}
	return 0, false
}

func daysIn(year, month int) int64 {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// clock takes HH:MM:SS[.f].
func (r *textReader) clock() (int64, bool) {
	hours, ok := r.number(2, 9)
	ok = ok && r.take(':')
	minutes, good := r.number(2, 2)
	ok = ok && good && minutes < 60 && r.take(':')
	seconds, good := r.number(2, 2)
	ok = ok && good && seconds < 60
	if !ok {
		return 0, false
	}
	micros := ((hours*60+minutes)*60 + seconds) * 1_000_000
	if !r.take('.') {
		return micros, true
	}
	fraction, ok := r.fraction()
	return micros + fraction, ok
}

func (r *textReader) fraction() (int64, bool) {
	var n int64
	i := 0
	for ; i < len(r.p) && isDigit(r.p[i]); i++ {
		if i < 6 {
			n = n*10 + int64(r.p[i]-'0')
		} else if r.p[i] != '0' {
			return 0, false
		}
	}
	r.p = r.p[i:]
	for k := i; k < 6; k++ {
		n *= 10
	}
	return n, i > 0
}

// zone takes an offset from UTC, in microseconds east.
func (r *textReader) zone() (offset int64, found bool) {
	if r.take('Z') {
		return 0, true
	}
	before := r.p
	east := r.take('+')
	if !east && !r.take('-') {
		return 0, false
	}
	digits := len(r.p)
	hours, ok := r.number(2, 2)
	var minutes int64
	if ok && (r.take(':') || isDigit(r.peek())) {
		minutes, ok = r.number(2, 2)
	}
	if !ok || digits < 2 || hours > 15 || minutes > 59 {
		r.p = before
		return 0, false
	}
	offset = (hours*60 + minutes) * 60_000_000
	if !east {
		offset = -offset
	}
	return offset, true
}

func isDigit(c byte) bool { return c-'0' <= 9 }
