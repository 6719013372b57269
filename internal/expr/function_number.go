package expr

import (
	"errors"
	"math"
)

func numberFunction(name string) (function, bool) {
	switch name {
	case "abs":
		return function{1, 1, absolute, nil}, true
	case "round":
		return function{1, 2, round, nil}, true
	case "sign":
		return function{1, 1, sign, nil}, true
	case "random":
		return function{0, 0, func(f *frame, _ []Value) Value { return integer(f.random()) }, nil}, true
	case "max":
		return function{2, -1, extreme(func(c int) bool { return c < 0 }), nil}, true
	case "min":
		return function{2, -1, extreme(func(c int) bool { return c >= 0 }), nil}, true
	case "nullif":
		return function{2, 2, nullIf, nil}, true
	}
	return function{}, false
}

func absolute(f *frame, a []Value) Value {
	v := a[0].settled()
	switch {
	case v.Class == Null:
		return v
	case v.Class != Integer:
		return number(math.Abs(v.float()))
	case v.Int == math.MinInt64:
		return f.fail(errors.New("abs: integer overflow"))
	case v.Int < 0:
		return integer(-v.Int)
	}
	return v
}

// round rounds half away from zero, by the decimal digits of the number.
func round(_ *frame, a []Value) Value {
	places := int64(0)
	if len(a) == 2 {
		if a[1].Class == Null {
			return Value{}
		}
		places = min(max(a[1].int64(), 0), 30)
	}
	if a[0].Class == Null {
		return Value{}
	}
	f := a[0].float()
	const whole = 1 << 52 // from here on a double has no fraction
	switch {
	case f < -whole || f > whole:
		return number(f)
	case places == 0 && f < 0:
		return number(float64(int64(f - 0.5)))
	case places == 0:
		return number(float64(int64(f + 0.5)))
	}
	return number(roundPlaces(f, int(places)))
}

func roundPlaces(f float64, places int) float64 {
	if f == 0 {
		return f
	}
	d := digitsOf(math.Abs(f))
	keep := d.point + places
	switch {
	case keep >= d.n:
		return f
	case keep < 0:
		return 0
	case keep == 17:
		d.shorten(math.Abs(f))
	case keep == 0 && d.d[0] >= '5':
		d = digits{d: [19]byte{'1'}, n: 1, point: d.point + 1}
	case keep == 0:
		return 0
	default:
		d.round(keep)
	}
	return math.Copysign(scale(d.prefix(d.n), d.point-d.n), f)
}

func sign(_ *frame, a []Value) Value {
	v := leanToNumber(a[0].settled())
	if rank(v.Class) != 1 {
		return Value{}
	}
	switch f := v.float(); {
	case f < 0:
		return integer(-1)
	case f > 0:
		return integer(1)
	}
	return integer(0)
}

// extreme keeps the best argument; better tells from the comparison of the best so far with the next.
func extreme(better func(c int) bool) func(*frame, []Value) Value {
	return func(_ *frame, a []Value) Value {
		best := a[0]
		for _, v := range a {
			if v.Class == Null {
				return Value{}
			}
			if better(compare(best, v)) {
				best = v
			}
		}
		return best
	}
}

func nullIf(_ *frame, a []Value) Value {
	if compare(a[0], a[1]) == 0 {
		return Value{}
	}
	return a[0]
}
