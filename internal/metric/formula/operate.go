package formula

import (
	"math"
	"slices"
	"time"
)

func (n *unary) eval(e *evaluation) (Value, error) {
	v, err := n.of.eval(e)
	if err != nil {
		return Value{}, err
	}
	if v.Kind == Text {
		return Value{}, wrong(n.at, "a text has no sign")
	}
	if n.op == "+" {
		return v, nil
	}
	return e.mapped(v, func(x float64) float64 { return -x })
}

// mapped applies a function to every number of a value.
func (e *evaluation) mapped(v Value, f func(float64) float64) (Value, error) {
	if v.Kind == Scalar {
		v.Number = f(v.Number)
		return v, nil
	}
	if err := e.spend(v.Lines); err != nil {
		return Value{}, err
	}
	lines := make([]Line, len(v.Lines))
	for i, l := range v.Lines {
		values := make([]float64, len(l.Values))
		for j, x := range l.Values {
			values[j] = f(x)
		}
		l.Values = values
		lines[i] = l.finite()
	}
	v.Lines = lines
	return v, nil
}

// finite leaves out the moments at which there is no number, as after a division by zero.
func (l Line) finite() Line {
	for _, v := range l.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return l.where(func(i int) bool { return !math.IsNaN(l.Values[i]) && !math.IsInf(l.Values[i], 0) })
		}
	}
	return l
}

// where keeps the moments that keep says yes to.
func (l Line) where(keep func(i int) bool) Line {
	out := l
	out.At, out.Values = nil, nil
	for i := range l.At {
		if keep(i) {
			out.At, out.Values = append(out.At, l.At[i]), append(out.Values, l.Values[i])
		}
	}
	return out
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// operations are what stands between two operands.
func operate(op string) func(a, b float64) float64 {
	switch op {
	case "+":
		return func(a, b float64) float64 { return a + b }
	case "-":
		return func(a, b float64) float64 { return a - b }
	case "*":
		return func(a, b float64) float64 { return a * b }
	case "/":
		return func(a, b float64) float64 {
			if b == 0 {
				return math.NaN()
			}
			return a / b
		}
	case "^":
		return math.Pow
	case "<":
		return func(a, b float64) float64 { return truth(a < b) }
	case ">":
		return func(a, b float64) float64 { return truth(a > b) }
	case "<=":
		return func(a, b float64) float64 { return truth(a <= b) }
	case ">=":
		return func(a, b float64) float64 { return truth(a >= b) }
	case "==":
		return func(a, b float64) float64 { return truth(a == b) }
	case "!=":
		return func(a, b float64) float64 { return truth(a != b) }
	case "&&", "AND":
		return func(a, b float64) float64 { return truth(a != 0 && b != 0) }
	default: // || and OR
		return func(a, b float64) float64 { return truth(a != 0 || b != 0) }
	}
}

// eval goes down a chain such as a-b-c-d in a loop: hundreds of expressions may each be the beginning of another's chain,
// and a stack that overflows ends the process.
func (n *binary) eval(e *evaluation) (Value, error) {
	chain := []*binary{n}
	for left, ok := n.left.(*binary); ok; left, ok = left.left.(*binary) {
		chain = append(chain, left)
	}
	v, err := chain[len(chain)-1].left.eval(e)
	for _, b := range slices.Backward(chain) {
		if err != nil {
			return Value{}, err
		}
		v, err = b.with(e, v)
	}
	return v, err
}

// with is the operation with its left side worked out.
func (n *binary) with(e *evaluation, left Value) (Value, error) {
	right, err := n.right.eval(e)
	if err != nil {
		return Value{}, err
	}
	if left.Kind == Text || right.Kind == Text {
		return Value{}, wrong(n.at, "%s takes numbers and lines of values, not texts", n.op)
	}
	f := operate(n.op)
	switch {
	case left.Kind == Scalar && right.Kind == Scalar:
		return Value{Kind: Scalar, Number: f(left.Number, right.Number)}, nil
	case left.Kind == Scalar:
		return e.mapped(right, func(x float64) float64 { return f(left.Number, x) })
	case right.Kind == Scalar:
		return e.mapped(left, func(x float64) float64 { return f(x, right.Number) })
	}
	more := left.Lines
	if !left.Many || right.Many && len(right.Lines) > len(more) {
		more = right.Lines
	}
	if err := e.spend(more); err != nil {
		return Value{}, err
	}
	return n.lines(left, right, f)
}

// lines combines lines: one with one, one with each of several, or several with as many.
func (n *binary) lines(left, right Value, f func(a, b float64) float64) (Value, error) {
	out := Value{Kind: Lines, Many: left.Many || right.Many}
	switch {
	case !left.Many && !right.Many, left.Many && right.Many:
		if len(left.Lines) != len(right.Lines) {
			return Value{}, wrong(n.at, "%s has %d lines on its left and %d on its right", n.op, len(left.Lines), len(right.Lines))
		}
		for i := range left.Lines {
			out.Lines = append(out.Lines, combine(left.Lines[i], right.Lines[i], f))
		}
	case left.Many:
		for i := range left.Lines {
			out.Lines = append(out.Lines, combine(left.Lines[i], first(right), f))
		}
	default:
		for i := range right.Lines {
			l := combine(first(left), right.Lines[i], f)
			l.Label, l.Metric, l.Stat = right.Lines[i].Label, right.Lines[i].Metric, right.Lines[i].Stat
			out.Lines = append(out.Lines, l)
		}
	}
	return out, nil
}

// first is the one line of a value that is no array.
func first(v Value) Line {
	if len(v.Lines) == 0 {
		return Line{}
	}
	return v.Lines[0]
}

// combine applies a function where both lines have a value.
func combine(a, b Line, f func(x, y float64) float64) Line {
	out := a
	out.Period = max(a.Period, b.Period)
	out.At, out.Values = nil, nil
	for i, j := 0, 0; i < len(a.At) && j < len(b.At); {
		switch c := a.At[i].Compare(b.At[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			out.At, out.Values = append(out.At, a.At[i]), append(out.Values, f(a.Values[i], b.Values[j]))
			i++
			j++
		}
	}
	return out.finite()
}

// moments are all moments of some lines, in order.
func moments(lines []Line) []time.Time {
	var out []time.Time
	places := make([]int, len(lines))
	for {
		var next time.Time
		found := false
		for i := range lines {
			if p := places[i]; p < len(lines[i].At) && (!found || lines[i].At[p].Before(next)) {
				next, found = lines[i].At[p], true
			}
		}
		if !found {
			return out
		}
		out = append(out, next)
		for i := range lines {
			if p := places[i]; p < len(lines[i].At) && lines[i].At[p].Equal(next) {
				places[i]++
			}
		}
	}
}
