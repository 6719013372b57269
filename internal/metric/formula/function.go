package formula

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

type function struct {
	least, most int
	do          func(e *evaluation, args []Value) (Value, error)
}

func arguments(f function) string {
	switch {
	case f.least == f.most && f.least == 1:
		return "one argument"
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

// functions are all of them by their names.
var functions = sync.OnceValue(func() map[string]function {
	all := map[string]function{
		"ABS": each(math.Abs), "CEIL": each(math.Ceil), "FLOOR": each(math.Floor),
		"LOG": each(math.Log), "LOG10": each(math.Log10),
		"AVG": folded(average), "SUM": folded(sum), "MIN": folded(smallest), "MAX": folded(largest), "STDDEV": folded(deviation),
		"MEDIAN":          folded(median),
		"DATAPOINT_COUNT": {1, 1, datapointCount}, "METRIC_COUNT": {1, 1, metricCount},
		"FIRST": {1, 1, ends(false)}, "LAST": {1, 1, ends(true)},
		"DIFF": alongLines(difference), "DIFF_TIME": alongLines(differenceOfTime), "RATE": alongLines(rate), "RUNNING_SUM": alongLines(runningSum),
		"FILL": {2, 2, fill}, "IF": {2, 3, conditional}, "METRICS": {0, 1, metrics}, "PERIOD": {1, 1, period},
		"REMOVE_EMPTY": {1, 1, removeEmpty}, "SEARCH": {2, 3, search}, "SLICE": {2, 3, slice}, "SORT": {3, 4, sortLines},
		"TIME_SERIES": {1, 1, timeSeries},
	}
	for name, of := range map[string]func(time.Time) float64{
		"MINUTE": func(t time.Time) float64 { return float64(t.Minute()) }, "HOUR": func(t time.Time) float64 { return float64(t.Hour()) },
		"DAY": func(t time.Time) float64 { return float64((t.Weekday()+6)%7 + 1) }, "DATE": func(t time.Time) float64 { return float64(t.Day()) },
		"MONTH": func(t time.Time) float64 { return float64(t.Month()) }, "YEAR": func(t time.Time) float64 { return float64(t.Year()) },
		"EPOCH": func(t time.Time) float64 { return float64(t.Unix()) },
	} {
		all[name] = alongLines(func(l Line) Line {
			for i, t := range l.At {
				l.Values[i] = of(t.UTC())
			}
			return l
		})
	}
	return all
})

// each applies a function to every number.
func each(f func(float64) float64) function {
	return function{1, 1, func(e *evaluation, args []Value) (Value, error) {
		if args[0].Kind == Text {
			return Value{}, complaint("takes a number or lines of values, not a text")
		}
		return e.mapped(args[0], f)
	}}
}

// alongLines makes a new line of every one; the function may write into the values it is given.
func alongLines(f func(Line) Line) function {
	return function{1, 1, func(e *evaluation, args []Value) (Value, error) {
		if args[0].Kind != Lines {
			return Value{}, complaint("takes lines of values")
		}
		if err := e.spend(args[0].Lines); err != nil {
			return Value{}, err
		}
		out := args[0]
		out.Lines = make([]Line, len(args[0].Lines))
		for i, l := range args[0].Lines {
			l.At, l.Values = append([]time.Time(nil), l.At...), append([]float64(nil), l.Values...)
			out.Lines[i] = f(l).finite()
		}
		return out, nil
	}}
}

// folded makes one number of a line's values, and one line of several lines.
func folded(f func([]float64) float64) function {
	return function{1, 1, func(e *evaluation, args []Value) (Value, error) {
		v := args[0]
		switch {
		case v.Kind == Scalar:
			return v, nil
		case v.Kind == Text:
			return Value{}, complaint("takes lines of values, not a text")
		case !v.Many:
			values := first(v).Values
			if len(values) == 0 {
				return Value{Kind: Scalar, Number: math.NaN()}, nil
			}
			return Value{Kind: Scalar, Number: f(values)}, nil
		}
		l, err := e.across(v.Lines, f)
		return Value{Kind: Lines, Lines: []Line{l}}, err
	}}
}

// across makes one line of several, from the values that they have at each moment.
func (e *evaluation) across(lines []Line, f func([]float64) float64) (Line, error) {
	if err := e.spend(lines); err != nil {
		return Line{}, err
	}
	type point struct {
		at    time.Time
		value float64
	}
	out := Line{}
	var all []point
	for i := range lines {
		out.Period = max(out.Period, lines[i].Period)
		for j, at := range lines[i].At {
			all = append(all, point{at, lines[i].Values[j]})
		}
	}
	slices.SortStableFunc(all, func(a, b point) int { return a.at.Compare(b.at) }) // of one moment, in the order of the lines
	var values []float64
	for i := 0; i < len(all); {
		at := all[i].at
		values = values[:0]
		for ; i < len(all) && all[i].at.Equal(at); i++ {
			values = append(values, all[i].value)
		}
		out.At, out.Values = append(out.At, at), append(out.Values, f(values))
	}
	return out.finite(), nil
}

func conditional(e *evaluation, args []Value) (Value, error) {
	for _, a := range args {
		if a.Kind == Text || a.Many {
			return Value{}, complaint("takes a condition and what holds if it is true, and if not: numbers or single lines")
		}
	}
	if args[0].Kind == Scalar {
		switch {
		case args[0].Number != 0:
			return args[1], nil
		case len(args) == 3:
			return args[2], nil
		}
		return Value{Kind: Lines, Lines: []Line{{}}}, nil
	}
	if err := e.spend(args[0].Lines); err != nil {
		return Value{}, err
	}
	condition := first(args[0])
	out := condition
	out.At, out.Values = nil, nil
	for i, at := range condition.At {
		chosen := 1
		if condition.Values[i] == 0 {
			chosen = 2
		}
		if chosen == len(args) {
			continue
		}
		if v, ok := args[chosen].when(at); ok {
			out.At, out.Values = append(out.At, at), append(out.Values, v)
		}
	}
	return Value{Kind: Lines, Lines: []Line{out}}, nil
}

// when is a number, or a line's value at a moment.
func (v Value) when(at time.Time) (float64, bool) {
	if v.Kind == Scalar {
		return v.Number, true
	}
	l := first(v)
	low, high := 0, len(l.At)
	for low < high {
		if middle := (low + high) / 2; l.At[middle].Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(l.At) && l.At[low].Equal(at) {
		return l.Values[low], true
	}
	return 0, false
}

func metrics(e *evaluation, args []Value) (Value, error) {
	part := ""
	if len(args) == 1 {
		if args[0].Kind != Text {
			return Value{}, complaint("takes a part of the ids, as a text")
		}
		part = args[0].Text
	}
	out := Value{Kind: Lines, Many: true}
	for _, id := range e.source.Metrics() {
		if !strings.Contains(id, part) {
			continue
		}
		v, err := e.source.Value(e.ctx, id)
		if err == nil {
			err = e.spend(v.Lines)
		}
		if err != nil {
			return Value{}, err
		}
		out.Lines = append(out.Lines, v.Lines...)
	}
	return out, nil
}

func search(e *evaluation, args []Value) (Value, error) {
	if args[0].Kind != Text || args[1].Kind != Text || len(args) == 3 && args[2].Kind != Scalar {
		return Value{}, complaint("takes a search, a statistic and, as a number, a period")
	}
	what, err := ParseSearch(args[0].Text)
	if err != nil {
		return Value{}, complaint(err.Error())
	}
	length := 5 * time.Minute
	if len(args) == 3 {
		if args[2].Number < 1 || args[2].Number > 86400*365 {
			return Value{}, complaint("takes a period of at least one second")
		}
		length = time.Duration(args[2].Number) * time.Second
	}
	lines, err := e.source.Search(e.ctx, what, args[1].Text, length)
	return Value{Kind: Lines, Lines: lines, Many: true}, err
}
