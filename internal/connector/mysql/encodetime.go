package mysql

import (
	"bytes"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/change"
)

func (e *cellEncoder) appendTemporal(dst []byte, v *change.Vector, i int) ([]byte, error) {
	switch e.put {
	case putDay:
		return e.appendDay(dst, change.Day(v.Ints[i]))
	case putMoment:
		return e.appendMoment(dst, change.Moment(v.Ints[i]))
	case putClock:
		return e.appendClock(dst, v.Ints[i])
	}
	return e.appendScaled(dst, v.Value(i))
}

// appendDay writes YYYY-MM-DD. A text column takes infinities too.
func (e *cellEncoder) appendDay(dst []byte, d change.Day) ([]byte, error) {
	if d.IsInfinite() {
		return e.appendInfinity(dst, d == change.PositiveInfinityDay)
	}
	y, m, day := d.Civil()
	if y > 9999 || y < 0 || y == 0 && !d.IsOdd() {
		if e.kind == textKind {
			return appendDate(dst, y, m, day), nil
		}
		return dst, e.refuse(change.DataFault, "the year %d is outside the range of %s", y, e.column.columnType)
	}
	return appendDate(dst, y, m, day), nil
}

func (e *cellEncoder) appendInfinity(dst []byte, positive bool) ([]byte, error) {
	text := "-infinity"
	if positive {
		text = "infinity"
	}
	if e.kind == textKind {
		return append(dst, text...), nil
	}
	return dst, e.refuse(change.DataFault, "%s has no counterpart in %s", text, e.column.columnType)
}

func (e *cellEncoder) appendMoment(dst []byte, m change.Moment) ([]byte, error) {
	if m.IsInfinite() {
		return e.appendInfinity(dst, m == change.PositiveInfinityMoment)
	}
	d, micros := m.Split()
	dst, err := e.appendDay(dst, d)
	if err != nil {
		return dst, err
	}
	if e.kind == dateKind {
		if micros != 0 {
			return dst, e.refuse(change.TruncationFault, "a date with a time of day does not fit %s", e.column.columnType)
		}
		return dst, nil
	}
	seconds := micros / 1_000_000
	dst = append(dst, ' ')
	dst = appendTwo(dst, int(seconds/3600))
	dst = appendTwo(append(dst, ':'), int(seconds/60%60))
	dst = appendTwo(append(dst, ':'), int(seconds%60))
	dst, err = e.appendFraction(dst, micros%1_000_000)
	if e.kind == textKind && e.layout == change.Instant {
		dst = append(dst, "+00:00"...)
	}
	return dst, err
}

func (e *cellEncoder) appendClock(dst []byte, t int64) ([]byte, error) {
	if t < 0 {
		dst = append(dst, '-')
		t = -t
	}
	seconds := t / 1_000_000
	hours := seconds / 3600
	if hours < 100 {
		dst = appendTwo(dst, int(hours))
	} else {
		dst = strconv.AppendInt(dst, hours, 10)
	}
	dst = appendTwo(append(dst, ':'), int(seconds/60%60))
	dst = appendTwo(append(dst, ':'), int(seconds%60))
	return e.appendFraction(dst, t%1_000_000)
}

// appendFraction writes microseconds without trailing zeros, and refuses digits that the column would lose.
func (e *cellEncoder) appendFraction(dst []byte, micros int64) ([]byte, error) {
	if micros == 0 {
		return dst, nil
	}
	var digits [6]byte
	for i := 5; i >= 0; i-- {
		digits[i] = '0' + byte(micros%10)
		micros /= 10
	}
	n := 6
	for digits[n-1] == '0' {
		n--
	}
	if e.kind != textKind && n > e.column.scale {
		return dst, e.refuse(change.TruncationFault, "0.%s s has more digits than %s keeps", digits[:n], e.column.columnType)
	}
	return append(append(dst, '.'), digits[:n]...), nil
}

// appendScaled takes text as it is, and refuses digits that the column would lose: the servers cut times and round
// numbers without a warning.
func (e *cellEncoder) appendScaled(dst, value []byte) ([]byte, error) {
	if e.kind == intKind && e.layout == change.Text && bytes.ContainsAny(value, "eE") {
		return dst, e.refuse(change.DataFault, "%.100q is not an integer", value)
	}
	return append(dst, value...), e.checkScale(value)
}

func appendDate(dst []byte, y, m, d int) []byte {
	if y < 0 || y > 9999 {
		dst = strconv.AppendInt(dst, int64(y), 10)
	} else {
		dst = appendTwo(appendTwo(dst, y/100), y%100)
	}
	return appendTwo(append(appendTwo(append(dst, '-'), m), '-'), d)
}

func appendTwo(dst []byte, n int) []byte { return append(dst, '0'+byte(n/10%10), '0'+byte(n%10)) }
