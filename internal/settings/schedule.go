package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule says when the windows of a resync open: a cron expression of five fields in UTC (AWS DMS user guide, "Data resync",
// "Cron expression rules").
type Schedule struct {
	minutes, hours, days, months, weekdays uint64 // a bit for each number
	lastDay                                bool   // L: the last day of the month
	anyDay, anyWeekday                     bool   // the field is *
}

// cronField is a field of a cron expression.
type cronField struct {
	name      string
	low, high int
}

var cronFields = [...]cronField{{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"day of the week", 0, 6}}

// cronItems is how many items a list may have.
const cronItems = 10

// ParseSchedule reads a cron expression: numbers, *, lists with commas, ranges, steps of * or of a range, and L for the last day of the
// month.
func ParseSchedule(text string) (*Schedule, error) {
	fields := strings.Fields(text)
	if len(fields) != len(cronFields) {
		return nil, fmt.Errorf("has %d fields instead of five: minute, hour, day of the month, month, day of the week", len(fields))
	}
	s := &Schedule{anyDay: fields[2] == "*", anyWeekday: fields[4] == "*"}
	sets := [...]*uint64{&s.minutes, &s.hours, &s.days, &s.months, &s.weekdays}
	for i, f := range cronFields {
		items := strings.Split(fields[i], ",")
		if len(items) > cronItems {
			return nil, fmt.Errorf("lists %d items as the %s; want at most %d", len(items), f.name, cronItems)
		}
		for _, item := range items {
			if item == "L" && f.high == 31 {
				s.lastDay = true
				continue
			}
			set, err := f.item(item)
			if err != nil {
				return nil, err
			}
			*sets[i] |= set
		}
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("names no day that any month has")
	}
	return s, nil
}

// item reads one item of a list.
func (f cronField) item(item string) (set uint64, err error) {
	wrong := fmt.Errorf("has %q as the %s; want a number from %d to %d, a range such as %d-%d, or * (either with a step, such as */2)",
		item, f.name, f.low, f.high, f.low, f.low+1)
	numbers, step, stepped := strings.Cut(item, "/")
	low, high, isRange := strings.Cut(numbers, "-")
	from, to, every := f.low, f.high, 1
	switch {
	case numbers == "*":
	case isRange:
		var ok1, ok2 bool
		from, ok1 = f.number(low)
		to, ok2 = f.number(high)
		if !ok1 || !ok2 || from > to {
			return 0, wrong
		}
	default:
		var ok bool
		if from, ok = f.number(numbers); !ok || stepped {
			return 0, wrong
		}
		to = from
	}
	if stepped {
		if every, err = strconv.Atoi(step); err != nil || every < 1 || every > f.high || step[0] == '+' {
			return 0, wrong
		}
	}
	for n := from; n <= to; n += every {
		set |= 1 << n
	}
	return set, nil
}

func (f cronField) number(text string) (n int, ok bool) {
	if text == "" || len(text) > 2 || slices.ContainsFunc([]byte(text), func(c byte) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.low && n <= f.high
}

// leapYears is how far Next looks ahead: the 29th of February comes once in eight years at the latest.
const leapYears = 9 * 366

// Next is the first moment after another at which a window opens, in UTC.
func (s *Schedule) Next(after time.Time) time.Time {
	t := after.UTC().Truncate(time.Minute).Add(time.Minute)
	for range leapYears {
		if s.onDay(t) {
			for day := t.Day(); t.Day() == day; t = t.Add(time.Minute) {
				if s.hours>>t.Hour()&1 == 1 && s.minutes>>t.Minute()&1 == 1 {
					return t
				}
			}
			continue
		}
		t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// onDay reports whether windows open on a day. As ever in cron, where both the day of the month and of the week are bounded one of
// them is enough.
func (s *Schedule) onDay(t time.Time) bool {
	if s.months>>int(t.Month())&1 == 0 {
		return false
	}
	day := s.days>>t.Day()&1 == 1 || s.lastDay && t.AddDate(0, 0, 1).Month() != t.Month()
	weekday := s.weekdays>>int(t.Weekday())&1 == 1
	switch {
	case s.anyDay:
		return weekday
	case s.anyWeekday:
		return day
	}
	return day || weekday
}
