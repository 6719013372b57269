package change

import "math"

// Day is a date: days since 2000-01-01 in the proleptic Gregorian calendar, PostgreSQL's own form.
//
// Three ranges lie outside the calendar: PositiveInfinityDay, NegativeInfinityDay, and just above the latter the
// dates that only MySQL knows (zero year, month or day, or a day its month lacks), see OddDay.
type Day int64

// Moment is a date and time: microseconds since 2000-01-01 00:00:00, PostgreSQL's own form, with the same three
// ranges outside the calendar as Day.
type Moment int64

// The infinities of PostgreSQL.
const (
	PositiveInfinityDay    Day    = math.MaxInt32
	NegativeInfinityDay    Day    = math.MinInt32
	PositiveInfinityMoment Moment = math.MaxInt64
	NegativeInfinityMoment Moment = math.MinInt64
)

// MicrosPerDay is the number of microseconds in a day.
const MicrosPerDay = 86_400_000_000

const (
	oddDayBase     = math.MinInt32 + 1
	oddDayCount    = 10000 * 13 * 32
	oddMomentBase  = math.MinInt64 + 1
	daysTo2000     = 10957 // from 1970-01-01
	oddMomentRange = oddDayCount * MicrosPerDay
)

// DayOf returns the day of a calendar date. The month must be 1 to 12; the day may run over.
func DayOf(year, month, day int) Day {
	// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
	y := int64(year)
	if month <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yoe := y - era*400
	mp := int64((month + 9) % 12)
	doy := (153*mp+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return Day(era*146097 + doe - 719468 - daysTo2000)
}

// Civil returns the calendar date. For an infinity the result has no meaning; for an odd day it is what was put in.
func (d Day) Civil() (year, month, day int) {
	if d.IsOdd() {
		n := int(d) - oddDayBase
		return n / (13 * 32), n / 32 % 13, n % 32
	}
	z := int64(d) + daysTo2000 + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
	}
	y := yoe + era*400
	if month <= 2 {
		y++
	}
	return int(y), month, day
}

// OddDay holds a date of MySQL's that is in no calendar, such as 0000-00-00, 2020-00-15 or, under
// ALLOW_INVALID_DATES, 2020-02-31. Year 0 to 9999, month 0 to 12, day 0 to 31.
func OddDay(year, month, day int) Day { return Day(oddDayBase + (year*13+month)*32 + day) }

// IsOdd reports whether the day was made by OddDay.
func (d Day) IsOdd() bool { return d >= oddDayBase && d < oddDayBase+oddDayCount }

// IsInfinite reports whether the day is one of PostgreSQL's infinities.
func (d Day) IsInfinite() bool { return d == PositiveInfinityDay || d == NegativeInfinityDay }

// At returns the moment that many microseconds into the day. The infinities and odd days stay what they are.
func (d Day) At(micros int64) Moment {
	switch {
	case d == PositiveInfinityDay:
		return PositiveInfinityMoment
	case d == NegativeInfinityDay:
		return NegativeInfinityMoment
	case d.IsOdd():
		return Moment(oddMomentBase + int64(d-oddDayBase)*MicrosPerDay + micros)
	}
	return Moment(int64(d)*MicrosPerDay + micros)
}

// IsOdd reports whether the moment lies in an odd day.
func (m Moment) IsOdd() bool { return m >= oddMomentBase && m < oddMomentBase+oddMomentRange }

// IsInfinite reports whether the moment is one of PostgreSQL's infinities.
func (m Moment) IsInfinite() bool { return m == PositiveInfinityMoment || m == NegativeInfinityMoment }

// Split returns the day of the moment and the microseconds since its midnight.
func (m Moment) Split() (Day, int64) {
	switch {
	case m == PositiveInfinityMoment:
		return PositiveInfinityDay, 0
	case m == NegativeInfinityMoment:
		return NegativeInfinityDay, 0
	case m.IsOdd():
		n := int64(m) - oddMomentBase
		return Day(oddDayBase + n/MicrosPerDay), n % MicrosPerDay
	}
	d, rest := int64(m)/MicrosPerDay, int64(m)%MicrosPerDay
	if rest < 0 {
		d, rest = d-1, rest+MicrosPerDay
	}
	return Day(d), rest
}
