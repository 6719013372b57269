package dms

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A maintenance window is a stretch of each week, in minutes from Sunday 00:00 UTC; one that ends before it begins goes
// over the end of the week.
type window struct{ from, to int }

const (
	minutesOfDay   = 24 * 60
	minutesOfWeek  = 7 * minutesOfDay
	shortestWindow = 30
	longestWindow  = minutesOfDay
)

var (
	weekdays   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	windowForm = regexp.MustCompile(`^(sun|mon|tue|wed|thu|fri|sat):([01][0-9]|2[0-3]):([0-5][0-9])-(sun|mon|tue|wed|thu|fri|sat):([01][0-9]|2[0-3]):([0-5][0-9])$`)
)

// windowOf reads a PreferredMaintenanceWindow; it is kept in lower case.
func windowOf(text string) (window, error) {
	m := windowForm.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return window{}, invalidValue("Invalid PreferredMaintenanceWindow: %q. The format is ddd:hh24:mi-ddd:hh24:mi in UTC, such as sun:06:00-sun:06:30.", text)
	}
	at := func(m []string) int {
		hour, _ := strconv.Atoi(m[1])   // the form says so
		minute, _ := strconv.Atoi(m[2]) // the form says so
		return slices.Index(weekdays, m[0])*minutesOfDay + hour*60 + minute
	}
	w := window{at(m[1:4]), at(m[4:7])}
	if n := w.length(); n < shortestWindow || n > longestWindow {
		return window{}, invalidValue("Invalid PreferredMaintenanceWindow: %q has %d minutes; windows have %d minutes to 24 hours.", text, n, shortestWindow)
	}
	return w, nil
}

func (w window) length() int { return (w.to - w.from + minutesOfWeek) % minutesOfWeek }

// minuteOf is a moment as windows count them.
func minuteOf(t time.Time) int {
	t = t.UTC()
	return int(t.Weekday())*minutesOfDay + t.Hour()*60 + t.Minute()
}

// contains reports that a moment lies in the window.
func (w window) contains(t time.Time) bool {
	return (minuteOf(t)-w.from+minutesOfWeek)%minutesOfWeek < w.length()
}

// next is when the window begins next, or now if it has begun.
func (w window) next(now time.Time) time.Time {
	if w.contains(now) {
		return now.UTC().Truncate(time.Minute)
	}
	wait := (w.from - minuteOf(now) + minutesOfWeek) % minutesOfWeek
	return now.UTC().Truncate(time.Minute).Add(time.Duration(wait) * time.Minute)
}

func (w window) String() string {
	spell := func(m int) string {
		return fmt.Sprintf("%s:%02d:%02d", weekdays[m/minutesOfDay], m%minutesOfDay/60, m%60)
	}
	return spell(w.from) + "-" + spell(w.to)
}

// randomWindow is half an hour of some night.
func randomWindow() window {
	const night, hours = 22 * 60, 8 * 60
	from := (rand.IntN(7)*minutesOfDay + night + rand.IntN(hours-shortestWindow)) % minutesOfWeek
	return window{from, (from + shortestWindow) % minutesOfWeek}
}
