package redshift

import (
	"github.com/whimbreldb/whimbrel/internal/change"
)

// clock writes a time of day.
func (w *writer) clock(dst []byte, v *change.Vector, i int) ([]byte, bool, *refusal) {
	var micros int64
	switch v.Layout {
	case change.Time:
		micros = v.Ints[i]
	case change.Text:
		var ok bool
		if micros, ok = change.ParseTime(v.Value(i)); !ok {
			return dst, false, w.misfit(v, i, "is no time")
		}
	default:
		return dst, false, w.misfit(v, i, "is no time")
	}
	if micros < 0 || micros >= change.MicrosPerDay {
		return dst, false, w.misfit(v, i, "is no time of a day")
	}
	return change.AppendTime(dst, micros, 0), false, nil
}

// moment writes a date or an instant. What is in no calendar is null where AcceptAnyDate holds, as COPY has it.
func (w *writer) moment(dst []byte, f *field, v *change.Vector, i int) ([]byte, bool, *refusal) {
	day, micros, ok := w.read(f, v, i)
	if !ok || day.IsOdd() || day.IsInfinite() {
		if w.anyDate {
			return dst, true, nil
		}
		return dst, false, w.misfit(v, i, "is a date that Redshift has not, or not in this form (see AcceptAnyDate, DateFormat and TimeFormat)")
	}
	if year, _, _ := day.Civil(); year < 1 || year > 9999 {
		return dst, false, w.misfit(v, i, "is a date that COPY does not read: it takes the years 1 to 9999")
	}
	switch f.form {
	case dateForm:
		if micros != 0 {
			return dst, false, w.misfit(v, i, "has a time of day, which a date column does not hold")
		}
		return change.AppendDay(dst, day), false, nil
	case instantForm:
		return change.AppendInstant(dst, day.At(micros), 0), false, nil
	default:
		return change.AppendMoment(dst, day.At(micros), 0), false, nil
	}
}

// read takes a value apart into a day and the microseconds since its midnight.
func (w *writer) read(f *field, v *change.Vector, i int) (day change.Day, micros int64, ok bool) {
	how := &w.timeFormat
	if f.form == dateForm {
		how = &w.dateFormat
	}
	switch v.Layout {
	case change.Date:
		return change.Day(v.Ints[i]), 0, true
	case change.Timestamp, change.Instant:
		day, micros = change.Moment(v.Ints[i]).Split()
		return day, micros, true
	case change.Int64:
		return how.number(v.Ints[i])
	case change.Text, change.Decimal:
		return how.text(v.Value(i))
	}
	return 0, 0, false
}
