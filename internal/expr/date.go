package expr

import "math"

// date is a point in time on its way through SQLite's date functions: as a julian day number in milliseconds, as a
// calendar date, as a time of day, or as a bare number whose meaning a modifier may still settle. What is valid is
// computed from what is known.
type date struct {
	jd               int64 // milliseconds since noon in Greenwich on November 24, 4714 BC
	year, month, day int
	hour, minute     int
	second           float64
	zone             int // minutes east
	floor            int // days that a month overflowed by, for the modifier floor

	hasJD, hasYMD, hasHMS bool
	raw                   bool // second holds a bare number
	bad                   bool
	subsec                bool
}

const (
	msPerDay  = 86_400_000
	lastJD    = 464_269_060_799_999
	unixEpoch = 210_866_760_000_000 // 1970-01-01 in julian milliseconds
)

func validJD(jd int64) bool { return jd >= 0 && jd <= lastJD }

func (d *date) fail() { *d = date{bad: true} }

func (d *date) setRaw(r float64) {
	d.second, d.raw = r, true
	if r >= 0 && r < 5373484.5 {
		d.jd, d.hasJD = int64(r*msPerDay+0.5), true
	}
}

func (d *date) setJD(jd int64) {
	d.jd, d.hasJD = jd, true
}

// clear forgets everything but the julian day.
func (d *date) clear() {
	d.hasYMD, d.hasHMS, d.zone = false, false, 0
}

func (d *date) computeJD() {
	if d.hasJD {
		return
	}
	y, m, day := 2000, 1, 1
	switch {
	case d.hasYMD:
		y, m, day = d.year, d.month, d.day
	case d.hasHMS && d.hour == 24:
		d.hour, day = 0, 2
	}
	if y < -4713 || y > 9999 || d.raw {
		d.fail()
		return
	}
	if m <= 2 {
		y, m = y-1, m+12
	}
	a := (y + 4800) / 100
	b := 38 - a + a/4
	x1 := 36525 * (y + 4716) / 100
	x2 := 306001 * (m + 1) / 10000
	d.setJD(int64((float64(x1+x2+day+b) - 1524.5) * msPerDay))
	if d.hasHMS {
		d.jd += int64(d.hour*3_600_000+d.minute*60_000) + int64(d.second*1000+0.5)
		if d.zone != 0 {
			d.jd -= int64(d.zone * 60_000)
			d.clear()
		}
	}
}

func (d *date) computeYMD() {
	switch {
	case d.hasYMD:
		return
	case !d.hasJD:
		d.year, d.month, d.day = 2000, 1, 1
	case !validJD(d.jd):
		d.fail()
		return
	default:
		d.civil()
	}
	d.hasYMD = true
}

// civil is Meeus's algorithm as SQLite has it.
func (d *date) civil() {
	z := int((d.jd + msPerDay/2) / msPerDay)
	alpha := int((float64(z)+32044.75)/36524.25) - 52
	a := z + 1 + alpha - (alpha+100)/4 + 25
	b := a + 1524
	c := int((float64(b) - 122.1) / 365.25)
	n := 36525 * (c & 32767) / 100
	e := int(float64(b-n) / 30.6001)
	d.day = b - n - int(30.6001*float64(e))
	d.month = e - 1
	if e >= 14 {
		d.month = e - 13
	}
	d.year = c - 4716
	if d.month <= 2 {
		d.year = c - 4715
	}
}

func (d *date) computeHMS() {
	if d.hasHMS {
		return
	}
	d.computeJD()
	ms := (d.jd + msPerDay/2) % msPerDay
	d.second = float64(ms%60_000) / 1000
	d.minute = int(ms / 60_000 % 60)
	d.hour = int(ms / 3_600_000)
	d.raw, d.hasHMS = false, true
}

func (d *date) computeAll() {
	d.computeYMD()
	d.computeHMS()
}

// computeFloor notes how many days the day of the month runs past its month.
func (d *date) computeFloor() {
	switch {
	case d.day <= 28:
		d.floor = 0
	case 1<<uint(d.month)&0x15aa != 0:
		d.floor = 0
	case d.month != 2:
		d.floor = 0
		if d.day == 31 {
			d.floor = 1
		}
	case d.year%4 != 0 || d.year%100 == 0 && d.year%400 != 0:
		d.floor = d.day - 28
	default:
		d.floor = d.day - 29
	}
}

// carryMonths brings the month back to 1 to 12.
func (d *date) carryMonths() {
	x := (d.month - 12) / 12
	if d.month > 0 {
		x = (d.month - 1) / 12
	}
	d.year += x
	d.month -= 12 * x
}

// auto takes a bare number for a julian day or for seconds since 1970, by its size.
func (d *date) auto() {
	if !d.raw || d.hasJD {
		d.raw = false
		return
	}
	if d.second >= -210866760000 && d.second <= 253402300799 {
		jd := int64(d.second*1000 + unixEpoch + 0.5)
		d.clear()
		d.setJD(jd)
		d.raw = false
	}
}

func (d *date) daysAfterJanuary() int {
	first := *d // at the same time of day
	first.hasJD, first.month, first.day = false, 1, 1
	first.computeJD()
	return int((d.jd - first.jd + msPerDay/2) / msPerDay)
}

func (d *date) daysAfterMonday() int { return int((d.jd + msPerDay/2) / msPerDay % 7) }

func (d *date) daysAfterSunday() int { return int((d.jd + 3*msPerDay/2) / msPerDay % 7) }

// milliseconds are those of the second, as datetime prints them.
func (d *date) milliseconds() int { return int(math.Floor(1000*d.second + 0.5)) }
