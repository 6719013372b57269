package expr

// comparison is = <> < <= > >= and IS.
type comparison struct {
	plain
	op          string
	left, right node
	lean        affinity
}

func newComparison(op string, left, right node) *comparison {
	return &comparison{op: op, left: left, right: right, lean: lean(left.affinity(), right.affinity())}
}

// lean is the affinity a comparison applies to its operands.
func lean(a, b affinity) affinity {
	switch {
	case a > noAffinity && b > noAffinity:
		if a >= numericAffinity || b >= numericAffinity {
			return numericAffinity
		}
		return blobAffinity
	case a > noAffinity:
		return a
	}
	return b
}

func (n *comparison) eval(f *frame) Value {
	l, r := n.left.eval(f), n.right.eval(f)
	if n.op == "IS" || n.op == "IS NOT" {
		same := l.Class == Null && r.Class == Null
		if l.Class != Null && r.Class != Null {
			same = f.compare(n.lean, l, r) == 0
		}
		return truth(same == (n.op == "IS"))
	}
	if l.Class == Null || r.Class == Null {
		return Value{}
	}
	return truth(holds(n.op, f.compare(n.lean, l, r)))
}

func holds(op string, c int) bool {
	switch op {
	case "=":
		return c == 0
	case "<>":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// compare compares two values that are not NULL under an affinity.
func (f *frame) compare(lean affinity, a, b Value) int {
	switch {
	case lean >= numericAffinity:
		a, b = leanToNumber(a), leanToNumber(b)
	case lean == textAffinity && (a.Class == Text || b.Class == Text):
		a, b = f.leanToText(a), f.leanToText(b)
	}
	return compare(a, b)
}

// leanToNumber makes a number of a text that is one from end to end.
func leanToNumber(v Value) Value {
	if v.Class != Text {
		return v
	}
	n := scan(v.Bytes)
	switch {
	case !n.full:
		return v
	case n.integer:
		return integer(n.i)
	}
	return Value{Class: Real, Float: n.f}
}

func (f *frame) leanToText(v Value) Value {
	if rank(v.Class) != 1 {
		return v
	}
	p, _ := f.text(v)
	return text(p)
}

// between is x BETWEEN low AND high.
type between struct {
	plain
	of, low, high node
	negate        bool
}

func (n *between) eval(f *frame) Value {
	v, low, high := n.of.eval(f), n.low.eval(f), n.high.eval(f)
	above := f.atMost(lean(n.low.affinity(), n.of.affinity()), low, v)
	below := f.atMost(lean(n.of.affinity(), n.high.affinity()), v, high)
	switch {
	case above.isFalse() || below.isFalse():
		return truth(n.negate)
	case above.Class == Null || below.Class == Null:
		return Value{}
	}
	return truth(!n.negate)
}

func (f *frame) atMost(lean affinity, a, b Value) Value {
	if a.Class == Null || b.Class == Null {
		return Value{}
	}
	return truth(f.compare(lean, a, b) <= 0)
}

// in is x IN (list).
type in struct {
	plain
	of     node
	list   []node
	negate bool
}

func (n *in) eval(f *frame) Value {
	if len(n.list) == 0 {
		return truth(n.negate)
	}
	v := n.of.eval(f)
	if v.Class == Null {
		return v
	}
	null := false
	for _, item := range n.list {
		w := item.eval(f)
		if w.Class == Null {
			null = true
		} else if f.compare(n.of.affinity(), v, w) == 0 {
			return truth(!n.negate)
		}
	}
	if null {
		return Value{}
	}
	return truth(n.negate)
}

// choice is CASE in both its forms.
type choice struct {
	plain
	of        node // nil in the searched form
	when      []node
	then      []node
	otherwise node // nil means NULL
}

func (n *choice) eval(f *frame) Value {
	var v Value
	if n.of != nil {
		v = n.of.eval(f)
	}
	for i, w := range n.when {
		x := w.eval(f)
		met := x.isTrue()
		if n.of != nil {
			met = v.Class != Null && x.Class != Null && f.compare(lean(n.of.affinity(), w.affinity()), v, x) == 0
		}
		if met {
			return n.then[i].eval(f)
		}
	}
	if n.otherwise == nil {
		return Value{}
	}
	return n.otherwise.eval(f)
}

// cast is CAST(x AS type).
type cast struct {
	of node
	to affinity
}

func (n *cast) affinity() affinity { return n.to }

func (n *cast) eval(f *frame) Value {
	v := n.of.eval(f)
	if v.Class == Null {
		return v
	}
	switch n.to {
	case textAffinity:
		p, _ := f.text(v)
		return text(p)
	case blobAffinity:
		p, _ := f.text(v)
		return blob(p)
	case integerAffinity:
		return integer(v.int64())
	case realAffinity:
		return Value{Class: Real, Float: v.float()}
	}
	return castNumeric(v)
}

func castNumeric(v Value) Value {
	if v.Class == Integer || v.Class == Real {
		return v
	}
	n := v.numeric()
	if n.Class == Real {
		const exact = 1 << 51
		if i := truncate(n.Float); float64(i) == n.Float && i >= -exact && i < exact {
			return integer(i)
		}
	}
	return n
}
