package sqlite

import (
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// Dates and times are written as ISO 8601 text, which SQLite's date functions read and which sorts as it should:
// YYYY-MM-DD, HH:MM:SS and YYYY-MM-DD HH:MM:SS, with a fraction of 3 or 6 digits where there is one, and with +00:00 behind
// instants (Z would sort behind a fraction). Beyond the calendar they are written as parseMoment reads them.

func appendDay(b []byte, d change.Day) []byte {
	switch d {
	case change.PositiveInfinityDay:
		return append(b, "infinity"...)
	case change.NegativeInfinityDay:
		return append(b, "-infinity"...)
	}
	year, month, day := d.Civil()
	switch {
	case year < 0:
		b, year = append(b, '-'), -year
	case year == 0 && !d.IsOdd(), year > 9999:
		b = append(b, '+')
	}
	if year > 9999 || year == 0 && !d.IsOdd() {
		b = appendPadded(b, year, 5)
	} else {
		b = appendPadded(b, year, 4)
	}
	b = appendPadded(append(b, '-'), month, 2)
	return appendPadded(append(b, '-'), day, 2)
}

func appendPadded(b []byte, n, width int) []byte {
	for ; width > 1; width-- {
		if n < pow10(width-1) {
			b = append(b, '0')
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

func appendTime(b []byte, micros int64) []byte {
	if micros < 0 {
		b, micros = append(b, '-'), -micros
	}
	seconds, fraction := micros/microsPerSecond, int(micros%microsPerSecond)
	b = appendPadded(b, int(seconds/3600), 2)
	b = appendPadded(append(b, ':'), int(seconds/60%60), 2)
	b = appendPadded(append(b, ':'), int(seconds%60), 2)
	switch {
	case fraction == 0:
		return b
	case fraction%1000 == 0:
		return appendPadded(append(b, '.'), fraction/1000, 3)
	}
	return appendPadded(append(b, '.'), fraction, 6)
}

func appendMoment(b []byte, m change.Moment, zone bool) []byte {
	day, micros := m.Split()
	b = appendDay(b, day)
	if day.IsInfinite() {
		return b
	}
	b = appendTime(append(b, ' '), micros)
	if zone && !day.IsOdd() {
		b = append(b, "+00:00"...)
	}
	return b
}
