package expr

import "strconv"

func dateFunction(name string) (function, bool) {
	var apply func(f *frame, d *date) Value
	switch name {
	case "strftime":
		return function{1, -1, strftime, nil}, true
	case "date":
		apply = func(f *frame, d *date) Value { d.computeYMD(); return f.made(d, (*frame).appendDate) }
	case "time":
		apply = func(f *frame, d *date) Value { d.computeHMS(); return f.made(d, (*frame).appendTime) }
	case "datetime":
		apply = func(f *frame, d *date) Value { d.computeAll(); return f.made(d, (*frame).appendDateTime) }
	case "julianday":
		apply = func(_ *frame, d *date) Value { return number(float64(d.jd) / msPerDay) }
	case "unixepoch":
		apply = unixSeconds
	default:
		return function{}, false
	}
	return function{0, -1, func(f *frame, a []Value) Value {
		var d date
		if !f.readDate(&d, a) {
			return Value{}
		}
		return apply(f, &d)
	}, nil}, true
}

// readDate reads a time value and applies its modifiers; false means NULL.
func (f *frame) readDate(d *date, args []Value) bool {
	if len(args) == 0 {
		d.now(f)
		return true
	}
	v := args[0].settled()
	if v.Class == Integer || v.Class == Real {
		d.setRaw(v.float())
	} else if p, ok := f.text(v); !ok || !d.parse(f, p) {
		return false
	}
	for i, m := range args[1:] {
		p, ok := f.text(m)
		if !ok || !d.modify(f, p, i+1) {
			return false
		}
	}
	d.computeJD()
	if d.bad || !validJD(d.jd) {
		return false
	}
	if len(args) == 1 && d.hasYMD && d.day > 28 {
		d.hasYMD = false // 2023-02-31 becomes 2023-03-03
	}
	return true
}

// currentTime is the node of CURRENT_DATE and its kin.
func currentTime(word string) node {
	name := map[string]string{"CURRENT_DATE": "date", "CURRENT_TIME": "time", "CURRENT_TIMESTAMP": "datetime"}[word]
	fn, _ := dateFunction(name)
	return &call{apply: fn.apply}
}

func (f *frame) made(d *date, write func(*frame, *date)) Value {
	start := len(f.arena)
	write(f, d)
	return text(f.since(start))
}

// pad writes a number with at least so many digits, filled with c.
func (f *frame) pad(n, width int, c byte) {
	if n < 0 {
		f.arena = append(f.arena, '-')
		n = -n
		width--
	}
	for ; width > 1; width-- {
		if n < pow10(width-1) {
			f.arena = append(f.arena, c)
		}
	}
	f.arena = strconv.AppendInt(f.arena, int64(n), 10)
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

func (f *frame) zeros(n, width int) { f.pad(n, width, '0') }

func (f *frame) byte(c byte) { f.arena = append(f.arena, c) }

func (f *frame) appendDate(d *date) {
	y := d.year
	if y < 0 {
		f.byte('-')
		y = -y
	}
	f.zeros(y, 4)
	f.byte('-')
	f.zeros(d.month, 2)
	f.byte('-')
	f.zeros(d.day, 2)
}

func (f *frame) appendTime(d *date) {
	f.zeros(d.hour, 2)
	f.byte(':')
	f.zeros(d.minute, 2)
	f.byte(':')
	if !d.subsec {
		f.zeros(int(d.second), 2)
		return
	}
	ms := d.milliseconds()
	f.zeros(ms/1000, 2)
	f.byte('.')
	f.zeros(ms%1000, 3)
}

func (f *frame) appendDateTime(d *date) {
	f.appendDate(d)
	f.byte(' ')
	f.appendTime(d)
}

func unixSeconds(_ *frame, d *date) Value {
	if d.subsec {
		return number(float64(d.jd-unixEpoch) / 1000)
	}
	return integer(d.jd/1000 - unixEpoch/1000)
}

func strftime(f *frame, a []Value) Value {
	format, ok := f.text(a[0])
	var d date
	if !ok || !f.readDate(&d, a[1:]) {
		return Value{}
	}
	d.computeJD()
	d.computeAll()
	start := len(f.arena)
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			f.byte(format[i])
			continue
		}
		if i++; i == len(format) || !f.directive(&d, format[i]) {
			return Value{}
		}
	}
	return text(f.since(start))
}

// directive writes one %-directive of strftime; false means there is no such one.
func (f *frame) directive(d *date, c byte) bool {
	switch c {
	case 'd':
		f.zeros(d.day, 2)
	case 'e':
		f.pad(d.day, 2, ' ')
	case 'f':
		s := min(d.second, 59.999)
		if s < 10 {
			f.byte('0')
		}
		f.arena = strconv.AppendFloat(f.arena, s, 'f', 3, 64)
	case 'F':
		f.zeros(d.year, 4)
		f.byte('-')
		f.zeros(d.month, 2)
		f.byte('-')
		f.zeros(d.day, 2)
	case 'H':
		f.zeros(d.hour, 2)
	case 'k':
		f.pad(d.hour, 2, ' ')
	case 'I':
		f.zeros(twelve(d.hour), 2)
	case 'l':
		f.pad(twelve(d.hour), 2, ' ')
	case 'j':
		f.zeros(d.daysAfterJanuary()+1, 3)
	case 'J':
		f.arena = strconv.AppendFloat(f.arena, float64(d.jd)/msPerDay, 'g', 16, 64)
	case 'm':
		f.zeros(d.month, 2)
	case 'M':
		f.zeros(d.minute, 2)
	case 'p', 'P':
		f.arena = append(f.arena, halfOfDay(d.hour, c == 'p')...)
	case 'R', 'T':
		f.zeros(d.hour, 2)
		f.byte(':')
		f.zeros(d.minute, 2)
		if c == 'T' {
			f.byte(':')
			f.zeros(int(d.second), 2)
		}
	case 's':
		f.appendUnix(d)
	case 'S':
		f.zeros(int(d.second), 2)
	case 'Y':
		f.zeros(d.year, 4)
	case '%':
		f.byte('%')
	default:
		return f.weekDirective(d, c)
	}
	return true
}

func (f *frame) appendUnix(d *date) {
	if d.subsec {
		f.arena = strconv.AppendFloat(f.arena, float64(d.jd-unixEpoch)/1000, 'f', 3, 64)
		return
	}
	f.arena = strconv.AppendInt(f.arena, d.jd/1000-unixEpoch/1000, 10)
}

// weekDirective writes the directives about days and weeks.
func (f *frame) weekDirective(d *date, c byte) bool {
	switch c {
	case 'u':
		f.zeros((d.daysAfterSunday()+6)%7+1, 1)
	case 'w':
		f.zeros(d.daysAfterSunday(), 1)
	case 'U':
		f.zeros((d.daysAfterJanuary()-d.daysAfterSunday()+7)/7, 2)
	case 'W':
		f.zeros((d.daysAfterJanuary()-d.daysAfterMonday()+7)/7, 2)
	case 'G', 'g', 'V':
		thursday := *d
		thursday.jd += int64(3-d.daysAfterMonday()) * msPerDay
		thursday.hasYMD = false
		thursday.computeYMD()
		switch c {
		case 'G':
			f.zeros(thursday.year, 4)
		case 'g':
			f.zeros(thursday.year%100, 2)
		default:
			f.zeros(thursday.daysAfterJanuary()/7+1, 2)
		}
	default:
		return false
	}
	return true
}

func twelve(hour int) int {
	if hour %= 12; hour != 0 {
		return hour
	}
	return 12
}

func halfOfDay(hour int, upper bool) string {
	switch {
	case hour >= 12 && upper:
		return "PM"
	case hour >= 12:
		return "pm"
	case upper:
		return "AM"
	}
	return "am"
}
