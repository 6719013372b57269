package postgres

import (
	"github.com/whimbreldb/whimbrel/internal/change"
)

// The ranges of PostgreSQL's date and timestamp types (datatype/timestamp.h): from 4714-11-24 BC to the ends given here.
var (
	minDay      = change.DayOf(-4713, 11, 24)
	endDay      = change.DayOf(5874898, 1, 1)
	endMomentAt = change.DayOf(294277, 1, 1)
)

const (
	oddDate     = "is not a date of the calendar"
	outOfRange  = "is out of the type's range"
	finerThan   = "has a finer fraction than the type keeps"
	notADate    = "has a time of day, which a date cannot hold"
	maxFraction = 6
)

func temporalEncoder(a *attribute, l change.Layout) encoder {
	unit := int64(1) // the smallest step, in microseconds, that the type's precision keeps
	if a.modifier >= 0 {
		for range maxFraction - min(a.modifier, maxFraction) {
			unit *= 10
		}
	}
	switch a.base {
	case oidDate:
		return dateEncoder(l)
	case oidTime:
		return timeEncoder(l, unit)
	}
	return momentEncoder(l, unit)
}

func dateEncoder(l change.Layout) encoder {
	switch l {
	case change.Date:
		return func(e *rows, v *change.Vector, i int) string { return e.day(change.Day(v.Ints[i])) }
	case change.Timestamp, change.Instant:
		return func(e *rows, v *change.Vector, i int) string {
			d, micros := change.Moment(v.Ints[i]).Split()
			if micros != 0 {
				return notADate
			}
			return e.day(d)
		}
	}
	return nil
}

func (e *rows) day(d change.Day) string {
	switch {
	case d.IsInfinite():
	case d.IsOdd():
		return oddDate
	case d < minDay || d >= endDay:
		return outOfRange
	}
	e.integer(int64(d), 4)
	return ""
}

func timeEncoder(l change.Layout, unit int64) encoder {
	if l != change.Time {
		return nil
	}
	return func(e *rows, v *change.Vector, i int) string {
		x := v.Ints[i]
		if x < 0 || x > change.MicrosPerDay {
			return "is not a time of day between 00:00 and 24:00"
		}
		if x%unit != 0 {
			return finerThan
		}
		e.integer(x, 8)
		return ""
	}
}

func momentEncoder(l change.Layout, unit int64) encoder {
	switch l {
	case change.Timestamp, change.Instant:
		return func(e *rows, v *change.Vector, i int) string { return e.moment(change.Moment(v.Ints[i]), unit) }
	case change.Date:
		return func(e *rows, v *change.Vector, i int) string {
			d := change.Day(v.Ints[i])
			if !d.IsInfinite() && !d.IsOdd() && (d < minDay || d >= endMomentAt) {
				return outOfRange
			}
			return e.moment(d.At(0), unit)
		}
	}
	return nil
}

func (e *rows) moment(m change.Moment, unit int64) string {
	switch {
	case m.IsInfinite():
	case m.IsOdd():
		return oddDate
	case m < minDay.At(0) || m >= endMomentAt.At(0):
		return outOfRange
	case int64(m)%unit != 0:
		return finerThan
	}
	e.integer(int64(m), 8)
	return ""
}
