package cloudwatch

import (
	"math"
	"strconv"
	"time"
)

// axis is an axis of values: where they stand between its ends, and where it is marked.
type axis struct{ min, max, step float64 }

// axisOf is an axis with room for values between low and high, whose ends may be said. As CloudWatch draws them, one of positive values
// begins at 0 unless that leaves no shape to see.
func axisOf(low, high float64, ends axisLimits, marks int) axis {
	if low > high { // there is no value
		low, high = 0, 1
	}
	if low > 0 && (high-low) > high/10 {
		low = 0
	}
	if low == high {
		low, high = low-max(math.Abs(low)/10, 0.5), high+max(math.Abs(high)/10, 0.5)
	}
	step := niceStep((high - low) / float64(max(marks, 1)))
	a := axis{min: math.Floor(low/step) * step, max: math.Ceil(high/step) * step, step: step}
	if ends.Min != nil {
		a.min = *ends.Min
	}
	if ends.Max != nil {
		a.max = *ends.Max
	}
	if a.max <= a.min { // one end was said, and it is beyond the values
		a.max = a.min + 1
		if ends.Max != nil {
			a.min, a.max = *ends.Max-1, *ends.Max
		}
	}
	a.step = niceStep((a.max - a.min) / float64(max(marks, 1)))
	return a
}

// niceStep is the next of 1, 2 and 5 times a power of ten.
func niceStep(least float64) float64 {
	if least <= 0 || math.IsInf(least, 0) || math.IsNaN(least) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, n := range []float64{1, 2, 5} {
		if n*power >= least {
			return n * power
		}
	}
	return 10 * power
}

// place is how far up a value stands, from 0 to 1; what is beyond the ends stands at the end.
func (a axis) place(x float64) float64 {
	return min(max((x-a.min)/(a.max-a.min), 0), 1)
}

// marks are the values that the axis is marked at.
func (a axis) marks() (at []float64) {
	const most = 50
	for n := math.Ceil(a.min/a.step - 1e-9); len(at) < most && n*a.step <= a.max+a.step*1e-9; n++ {
		at = append(at, n*a.step+0) // no -0
	}
	return at
}

// shortNumber writes the number at a mark as CloudWatch does: 1.5k, 20M.
func shortNumber(x float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(x) >= unit.size {
			return strconv.FormatFloat(x/unit.size, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// momentStep is the least usual step between marks of which at most so many fit in a time.
func momentStep(whole time.Duration, most int) time.Duration {
	const day = 24 * time.Hour
	steps := []time.Duration{
		time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute,
		30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 30 * day,
	}
	for _, step := range steps {
		if whole/step <= time.Duration(max(most, 1)) {
			return step
		}
	}
	return 365 * day
}

// momentForm is how a mark is written, as finely as the step asks.
func momentForm(step time.Duration) string {
	switch {
	case step < time.Minute:
		return "15:04:05"
	case step < 12*time.Hour:
		return "15:04"
	case step < 24*time.Hour:
		return "01-02 15:04"
	}
	return "2006-01-02"
}
