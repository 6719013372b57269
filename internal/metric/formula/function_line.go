package formula

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// ends is the first or last value of a line, or the first or last line of several.
func ends(last bool) func(*evaluation, []Value) (Value, error) {
	return func(_ *evaluation, args []Value) (Value, error) {
		v := args[0]
		if v.Kind != Lines {
			return Value{}, complaint("takes lines of values")
		}
		at := func(n int) int {
			if last {
				return n - 1
			}
			return 0
		}
		switch {
		case v.Many && len(v.Lines) == 0:
			return Value{Kind: Lines, Lines: []Line{{}}}, nil
		case v.Many:
			return Value{Kind: Lines, Lines: []Line{v.Lines[at(len(v.Lines))]}}, nil
		case len(first(v).Values) == 0:
			return Value{Kind: Scalar, Number: math.NaN()}, nil
		}
		return Value{Kind: Scalar, Number: first(v).Values[at(len(first(v).Values))]}, nil
	}
}

func removeEmpty(e *evaluation, args []Value) (Value, error) {
	v := args[0]
	if v.Kind != Lines {
		return Value{}, complaint("takes lines of values")
	}
	if err := e.source.Spend(e.ctx, len(v.Lines), 0); err != nil {
		return Value{}, err
	}
	v.Lines = slices.DeleteFunc(slices.Clone(v.Lines), func(l Line) bool { return len(l.At) == 0 })
	return v, nil
}

func slice(_ *evaluation, args []Value) (Value, error) {
	v := args[0]
	if v.Kind != Lines || args[1].Kind != Scalar || len(args) == 3 && args[2].Kind != Scalar {
		return Value{}, complaint("takes lines of values, where to begin and, before which one to end")
	}
	begin, till := bounded(args[1].Number, len(v.Lines)), len(v.Lines)
	if len(args) == 3 {
		till = bounded(args[2].Number, len(v.Lines))
	}
	if len(args) == 2 { // one line
		if begin >= len(v.Lines) {
			return Value{Kind: Lines, Lines: []Line{{}}}, nil
		}
		return Value{Kind: Lines, Lines: v.Lines[begin : begin+1]}, nil
	}
	return Value{Kind: Lines, Many: true, Lines: v.Lines[begin:max(begin, till)]}, nil
}

func bounded(n float64, most int) int {
	if math.IsNaN(n) || n < 0 {
		return 0
	}
	return int(min(n, float64(most)))
}

func sortLines(e *evaluation, args []Value) (Value, error) {
	v := args[0]
	if v.Kind != Lines || args[1].Kind != Text || args[2].Kind != Text || len(args) == 4 && args[3].Kind != Scalar {
		return Value{}, complaint("takes lines of values, a function (AVG, SUM, MIN, MAX), ASC or DSC and, as a number, how many")
	}
	f := map[string]func([]float64) float64{"AVG": average, "SUM": sum, "MIN": smallest, "MAX": largest}[args[1].Text]
	order := map[string]int{"ASC": 1, "DSC": -1, "DESC": -1}[args[2].Text]
	if f == nil || order == 0 {
		return Value{}, complaint("sorts by AVG, SUM, MIN or MAX, and ASC or DSC")
	}
	if err := e.source.Spend(e.ctx, len(v.Lines), 0); err != nil {
		return Value{}, err
	}
	key := func(l Line) float64 {
		if len(l.Values) == 0 {
			return math.Inf(-1)
		}
		return f(l.Values)
	}
	v.Lines = slices.Clone(v.Lines)
	type keyed struct {
		by float64
		Line
	}
	all := make([]keyed, len(v.Lines)) // a key looks at every value of its line: once
	for i, l := range v.Lines {
		all[i] = keyed{key(l), l}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return order * cmp.Compare(a.by, b.by) })
	for i := range all {
		v.Lines[i] = all[i].Line
	}
	if len(args) == 4 {
		v.Lines = v.Lines[:bounded(args[3].Number, len(v.Lines))]
	}
	v.Many = true
	return v, nil
}

// mostMoments bounds the lines that are made of nothing.
const mostMoments = 200_000

// timeline are the moments of the window, a period apart.
func (e *evaluation) timeline(length time.Duration) ([]time.Time, error) {
	from, to := e.source.Window()
	if length <= 0 {
		length = time.Minute
	}
	n := min(int((to.Sub(from)-1)/length)+1, mostMoments)
	if err := e.source.Spend(e.ctx, 1, max(n, 0)); err != nil {
		return nil, err
	}
	var out []time.Time
	for at := from; at.Before(to) && len(out) < mostMoments; at = at.Add(length) {
		out = append(out, at)
	}
	return out, nil
}

func timeSeries(e *evaluation, args []Value) (Value, error) {
	if args[0].Kind != Scalar {
		return Value{}, complaint("takes a number")
	}
	at, err := e.timeline(time.Minute)
	if err != nil {
		return Value{}, err
	}
	l := Line{Period: time.Minute, At: at}
	for range l.At {
		l.Values = append(l.Values, args[0].Number)
	}
	return Value{Kind: Lines, Lines: []Line{l.finite()}}, nil
}

// fill gives every moment of the window a value.
func fill(e *evaluation, args []Value) (Value, error) {
	v, with := args[0], args[1]
	if v.Kind != Lines {
		return Value{}, complaint("takes lines of values, and a number, a line, REPEAT or LINEAR")
	}
	if with.Kind == Text && with.Text != "REPEAT" && with.Text != "LINEAR" || with.Many {
		return Value{}, complaint("fills with a number, a line, REPEAT or LINEAR")
	}
	lines := make([]Line, len(v.Lines))
	for i, l := range v.Lines {
		at, err := e.timeline(l.Period)
		if err == nil {
			err = e.spend(v.Lines[i : i+1])
		}
		if err != nil {
			return Value{}, err
		}
		lines[i] = filled(l, with, at)
	}
	v.Lines = lines
	return v, nil
}

// filled has a value at every moment of the window.
func filled(l Line, with Value, window []time.Time) Line {
	out := l
	out.At, out.Values = nil, nil
	next := 0 // of l
	for _, at := range moments([]Line{{At: window}, {At: l.At}}) {
		if next < len(l.At) && l.At[next].Equal(at) {
			out.At, out.Values = append(out.At, at), append(out.Values, l.Values[next])
			next++
			continue
		}
		if v, ok := filler(l, with, next, at); ok {
			out.At, out.Values = append(out.At, at), append(out.Values, v)
		}
	}
	return out
}

// filler is what stands at a moment before l's next value.
func filler(l Line, with Value, next int, at time.Time) (float64, bool) {
	switch {
	case with.Kind != Text:
		return with.when(at)
	case next == 0:
		return 0, false
	case with.Text == "REPEAT":
		return l.Values[next-1], true
	case next == len(l.At):
		return 0, false
	}
	share := float64(at.Sub(l.At[next-1])) / float64(l.At[next].Sub(l.At[next-1]))
	return l.Values[next-1] + share*(l.Values[next]-l.Values[next-1]), true
}
