package formula

import (
	"math"
	"slices"
)

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

func average(values []float64) float64 { return sum(values) / float64(len(values)) }

func smallest(values []float64) float64 { return slices.Min(values) }

func largest(values []float64) float64 { return slices.Max(values) }

func deviation(values []float64) float64 {
	mean, total := average(values), 0.0
	for _, v := range values {
		total += (v - mean) * (v - mean)
	}
	return math.Sqrt(total / float64(len(values)))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Reduce makes one number of values: AVG, SUM, MIN, MAX, FIRST or LAST; of none it is 0. known is false for another name.
func Reduce(name string, values []float64) (v float64, known bool) {
	f := map[string]func([]float64) float64{
		"AVG": average, "SUM": sum, "MIN": smallest, "MAX": largest,
		"FIRST": func(v []float64) float64 { return v[0] }, "LAST": func(v []float64) float64 { return v[len(v)-1] },
	}[name]
	if f == nil || len(values) == 0 {
		return 0, f != nil
	}
	return f(values), true
}

func datapointCount(e *evaluation, args []Value) (Value, error) {
	switch v := args[0]; {
	case v.Kind != Lines:
		return Value{}, complaint("takes lines of values")
	case v.Many:
		l, err := e.across(v.Lines, func(at []float64) float64 { return float64(len(at)) })
		return Value{Kind: Lines, Lines: []Line{l}}, err
	}
	return Value{Kind: Scalar, Number: float64(len(first(args[0]).Values))}, nil
}

func metricCount(_ *evaluation, args []Value) (Value, error) {
	if args[0].Kind != Lines {
		return Value{}, complaint("takes lines of values")
	}
	return Value{Kind: Scalar, Number: float64(len(args[0].Lines))}, nil
}

func period(_ *evaluation, args []Value) (Value, error) {
	if args[0].Kind != Lines || args[0].Many {
		return Value{}, complaint("takes one line of values")
	}
	return Value{Kind: Scalar, Number: first(args[0]).Period.Seconds()}, nil
}

// difference is by how much each value is above the one before.
func difference(l Line) Line {
	if len(l.At) == 0 {
		return l
	}
	values := make([]float64, len(l.Values)-1)
	for i := range values {
		values[i] = l.Values[i+1] - l.Values[i]
	}
	l.At, l.Values = l.At[1:], values
	return l
}

// differenceOfTime is how long, in seconds, each value came after the one before.
func differenceOfTime(l Line) Line {
	if len(l.At) == 0 {
		return l
	}
	values := make([]float64, len(l.Values)-1)
	for i := range values {
		values[i] = l.At[i+1].Sub(l.At[i]).Seconds()
	}
	l.At, l.Values = l.At[1:], values
	return l
}

func rate(l Line) Line {
	grown, took := difference(l), differenceOfTime(l)
	for i := range grown.Values {
		grown.Values[i] /= took.Values[i]
	}
	return grown
}

func runningSum(l Line) Line {
	total := 0.0
	for i, v := range l.Values {
		total += v
		l.Values[i] = total
	}
	return l
}
