package expr

import "math"

// arithmetic is + - * / %.
type arithmetic struct {
	plain
	op          byte
	left, right node
}

func (n *arithmetic) eval(f *frame) Value {
	l, r := n.left.eval(f), n.right.eval(f)
	if l.Class == Null || r.Class == Null {
		return Value{}
	}
	a, b := l.numeric(), r.numeric()
	if a.Class == Integer && b.Class == Integer {
		if v, ok := integerResult(n.op, a.Int, b.Int); ok {
			return v
		}
	}
	if n.op == '%' {
		if b := r.int64(); b == 0 {
			return Value{}
		} else if b != -1 {
			return number(float64(l.int64() % b))
		}
		return number(0)
	}
	return realResult(n.op, a.float(), b.float())
}

// integerResult computes with integers; ok is false when the result has no room in 64 bits.
func integerResult(op byte, a, b int64) (v Value, ok bool) {
	switch op {
	case '+':
		s := a + b
		return integer(s), (a < 0) != (b < 0) || (s < 0) == (a < 0)
	case '-':
		s := a - b
		return integer(s), (a < 0) == (b < 0) || (s < 0) == (a < 0)
	case '*':
		return multiply(a, b)
	case '/':
		if b == 0 {
			return Value{}, true
		}
		if b == -1 && a == math.MinInt64 {
			return Value{}, false
		}
		return integer(a / b), true
	}
	switch b {
	case 0:
		return Value{}, true
	case -1:
		return integer(0), true
	}
	return integer(a % b), true
}

func multiply(a, b int64) (Value, bool) {
	if a == 0 || b == 0 {
		return integer(0), true
	}
	p := a * b
	if a == -1 && b == math.MinInt64 || b == -1 && a == math.MinInt64 || p/b != a {
		return Value{}, false
	}
	return integer(p), true
}

func realResult(op byte, a, b float64) Value {
	switch op {
	case '+':
		return number(a + b)
	case '-':
		return number(a - b)
	case '*':
		return number(a * b)
	}
	if b == 0 {
		return Value{}
	}
	return number(a / b)
}

// bits is & | << >>.
type bits struct {
	plain
	op          string
	left, right node
}

func (n *bits) eval(f *frame) Value {
	l, r := n.left.eval(f), n.right.eval(f)
	if l.Class == Null || r.Class == Null {
		return Value{}
	}
	a, b := l.int64(), r.int64()
	switch n.op {
	case "&":
		return integer(a & b)
	case "|":
		return integer(a | b)
	case ">>":
		return integer(shift(a, b))
	}
	if b == math.MinInt64 {
		return integer(shift(a, math.MaxInt64))
	}
	return integer(shift(a, -b))
}

// shift moves right by n bits, left when n is negative.
func shift(a, n int64) int64 {
	switch {
	case n >= 64 && a < 0:
		return -1
	case n >= 64 || n <= -64:
		return 0
	case n >= 0:
		return a >> uint(n)
	}
	return a << uint(-n)
}

// invert is ~x.
type invert struct {
	plain
	of node
}

func (n *invert) eval(f *frame) Value {
	v := n.of.eval(f)
	if v.Class == Null {
		return v
	}
	return integer(^v.int64())
}

// unaryPlus keeps the value and takes away its affinity.
type unaryPlus struct {
	plain
	of node
}

func (n *unaryPlus) eval(f *frame) Value { return n.of.eval(f) }

// concat is ||.
type concat struct {
	plain
	parts []node
}

func (n *concat) eval(f *frame) Value {
	var buf [8]Value
	values := buf[:0]
	null := false
	for _, p := range n.parts {
		v := p.eval(f)
		null = null || v.Class == Null
		values = append(values, v)
	}
	if null {
		return Value{}
	}
	start := len(f.arena)
	for _, v := range values {
		f.arena = v.AppendText(f.arena)
	}
	return text(f.since(start))
}

// logic is AND and OR.
type logic struct {
	plain
	or          bool
	left, right node
}

func (n *logic) eval(f *frame) Value {
	l := n.left.eval(f)
	if n.or && l.isTrue() || !n.or && l.isFalse() {
		return truth(n.or)
	}
	r := n.right.eval(f)
	switch {
	case n.or && r.isTrue() || !n.or && r.isFalse():
		return truth(n.or)
	case l.Class == Null || r.Class == Null:
		return Value{}
	}
	return truth(!n.or)
}

// not is NOT x.
type not struct {
	plain
	of node
}

func (n *not) eval(f *frame) Value {
	v := n.of.eval(f)
	if v.Class == Null {
		return v
	}
	return truth(v.isFalse())
}

// isTruth is x IS [NOT] TRUE and x IS [NOT] FALSE.
type isTruth struct {
	plain
	of           node
	want, negate bool
}

func (n *isTruth) eval(f *frame) Value {
	v := n.of.eval(f)
	is := v.isTrue()
	if !n.want {
		is = v.isFalse()
	}
	return truth(is != n.negate)
}
