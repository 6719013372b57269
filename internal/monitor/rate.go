package monitor

import "time"

// slot is the beginning of the ten seconds that a look ends.
func (l *look) slot() time.Time { return l.at.Truncate(Interval).Add(-Interval) }

// mostSlots bounds the turns that one look may stand for, where those between came to nothing.
const mostSlots = 30

// slots is how many turns lie between two looks: what was counted meanwhile is shared out over them, so that all values of a
// rate add up to what was counted, also when a machine is too busy to look on time.
func slots(now, before *look) int {
	if !sameProcess(now, before) {
		return 1
	}
	return int(min(max(now.slot().Sub(before.slot())/Interval, 1), mostSlots))
}

func sameProcess(now, before *look) bool {
	return before != nil && before.figures.Began.Equal(now.figures.Began)
}

// grown is how much a counter has grown between two looks; one of another process begins at 0.
func grown(now, before *look, of func(*look) int64) float64 {
	n := of(now)
	if sameProcess(now, before) {
		n -= of(before)
	}
	return float64(max(n, 0))
}

// perSecond is what was counted in a second, over the turns between two looks.
func perSecond(now, before *look, of func(*look) int64) float64 {
	return grown(now, before, of) / (float64(slots(now, before)) * Interval.Seconds())
}

// busy is how much of a counter of nanoseconds went by in the time between two looks.
func busy(now, before *look, of func(*look) int64) float64 {
	since := now.figures.Began
	if sameProcess(now, before) {
		since = before.at
	}
	took := now.at.Sub(since)
	if took <= 0 {
		return 0
	}
	return grown(now, before, of) / float64(took)
}
