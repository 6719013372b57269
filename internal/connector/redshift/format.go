package redshift

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// format is how texts become dates or moments, by DateFormat and TimeFormat, which are those of COPY (Database Developer Guide, "DATEFORMAT and
// TIMEFORMAT strings"). They are read here, and COPY finds them in one form, so that they hold for changes too. The zero format reads ISO alone.
type format struct {
	layouts []string // of package time, which are tried in turn
	strict  bool     // ISO is none of them
	epoch   int64    // microseconds that a number counts in; 0 where a number is no moment
}

// formatPart is a part of a format string, with how package time spells it beside separators, where it may have one digit, and between others.
type formatPart struct {
	name            string
	kind            byte // y m d of a date, h i s of a clock, p of its half
	apart, together string
}

// formatParts are all of them, those that begin with the name of another one before it.
var formatParts = []formatPart{
	{"YYYY", 'y', "2006", "2006"}, {"YY", 'y', "06", "06"}, {"MON", 'm', "Jan", "Jan"}, {"MM", 'm', "1", "01"}, {"MI", 'i', "4", "04"}, {"DD", 'd', "2", "02"},
	{"HH24", 'h', "15", "15"}, {"HH12", 'h', "3", "03"}, {"HH", 'h', "15", "15"}, {"SS", 's', "5", "05"}, {"AM", 'p', "PM", "PM"}, {"PM", 'p', "PM", "PM"},
}

// autoLayouts are what auto reads beside ISO: of what Redshift recognizes by itself, the forms that can be taken for no other.
var autoLayouts = []string{
	"20060102", "20060102 150405", "1/2/2006", "1/2/2006 15:4:5", "Jan-2-2006", "Jan 2, 2006", "2-Jan-2006", "2 Jan 2006", "2 Jan 2006 15:4:5", "2 Jan 15:4:5 2006",
}

// readFormat reads the value of a setting. moments is set for TimeFormat.
func readFormat(text string, moments bool) (format, error) {
	switch {
	case text == "auto":
		return format{layouts: autoLayouts}, nil
	case text == "", text == "YYYY-MM-DD", moments && text == "YYYY-MM-DD HH:MI:SS":
		return format{}, nil
	case moments && text == "epochsecs":
		return format{strict: true, epoch: 1_000_000}, nil
	case moments && text == "epochmillisecs":
		return format{strict: true, epoch: 1_000}, nil
	}
	return compile(strings.ToUpper(text), moments)
}

// compile makes a layout of a format string.
func compile(rest string, moments bool) (format, error) {
	var layout strings.Builder
	var kinds string
	separated := true
	for rest != "" {
		if isSeparator(rest) {
			layout.WriteByte(rest[0])
			rest, separated = rest[1:], true
			continue
		}
		i := slices.IndexFunc(formatParts, func(p formatPart) bool { return strings.HasPrefix(rest, p.name) })
		if i < 0 {
			return format{}, fmt.Errorf("%q means nothing", rest)
		}
		p := formatParts[i]
		if strings.IndexByte(kinds, p.kind) >= 0 {
			return format{}, fmt.Errorf("%s is one part too many of its kind", p.name)
		}
		kinds, rest = kinds+string(p.kind), rest[len(p.name):]
		if separated && (rest == "" || isSeparator(rest)) {
			layout.WriteString(p.apart)
		} else {
			layout.WriteString(p.together)
		}
		separated = false
	}
	switch {
	case !strings.Contains(kinds, "y"), !strings.Contains(kinds, "m"), !strings.Contains(kinds, "d"):
		return format{}, errors.New("it needs a year, a month and a day")
	case !moments && strings.ContainsAny(kinds, "hisp"):
		return format{}, errors.New("a date has no time of day")
	}
	short := layout.String()
	return format{layouts: []string{short, strings.Replace(short, "Jan", "January", 1)}, strict: true}, nil
}

// isSeparator reports whether a format goes on with what may stand between its parts.
func isSeparator(rest string) bool { return strings.IndexByte("-/.:, ", rest[0]) >= 0 }

// text reads a text.
func (f *format) text(p []byte) (day change.Day, micros int64, ok bool) {
	if !f.strict {
		if day, micros, ok = readISO(p); ok {
			return day, micros, true
		}
	}
	if f.epoch > 0 {
		n, err := strconv.ParseInt(string(p), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		return f.number(n)
	}
	for _, layout := range f.layouts {
		at, err := time.Parse(layout, string(bytes.ToUpper(p)))
		if err == nil && at.Nanosecond()%1000 == 0 {
			day, micros = apart(at)
			return day, micros, true
		}
	}
	return 0, 0, false
}

// farthest is a second beyond those of the years that COPY reads, on either side of 1970.
const farthest = 1 << 38

// number reads one of seconds or milliseconds since 1970.
func (f *format) number(n int64) (day change.Day, micros int64, ok bool) {
	if f.epoch == 0 || n/(1_000_000/f.epoch) > farthest || n/(1_000_000/f.epoch) < -farthest {
		return 0, 0, false
	}
	day, micros = apart(time.UnixMicro(n * f.epoch).UTC())
	return day, micros, true
}

// apart takes a moment apart into its day and the microseconds since midnight.
func apart(at time.Time) (change.Day, int64) {
	y, m, d := at.Date()
	return change.DayOf(y, int(m), d), int64(at.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) / time.Microsecond)
}

// readISO reads YYYY-MM-DD, with or without a time behind it.
func readISO(p []byte) (day change.Day, micros int64, ok bool) {
	if day, ok := change.ParseDay(p); ok {
		return day, 0, true
	}
	m, ok := change.ParseMoment(p)
	if !ok {
		m, ok = change.ParseInstant(p)
	}
	day, micros = m.Split()
	return day, micros, ok
}
