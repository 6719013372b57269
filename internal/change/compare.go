package change

import (
	"bytes"
	"cmp"
)

// Compare orders value i of v and value j of w, which have the same layout and are not null. Text is ordered by its bytes, and
// NaN above every number, as PostgreSQL has it.
func Compare(v *Vector, i int, w *Vector, j int) int {
	switch v.Layout {
	case Uint64:
		return cmp.Compare(uint64(v.Ints[i]), uint64(w.Ints[j]))
	case Decimal:
		return compareDecimals(v.Value(i), w.Value(j))
	}
	switch v.Layout.Holds() {
	case InInts:
		return cmp.Compare(v.Ints[i], w.Ints[j])
	case InFloats:
		return compareFloats(v.Floats[i], w.Floats[j])
	default:
		return bytes.Compare(v.Value(i), w.Value(j))
	}
}

func compareFloats(a, b float64) int {
	aNaN, bNaN := a != a, b != b
	if aNaN || bNaN {
		return compareBools(aNaN, bNaN)
	}
	return cmp.Compare(a, b)
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// rank places the special numbers around the ordinary ones.
func rank(p []byte) int {
	switch string(p) {
	case "-Infinity":
		return -1
	case "Infinity":
		return 1
	case "NaN":
		return 2
	default:
		return 0
	}
}

func compareDecimals(a, b []byte) int {
	if x, y := rank(a), rank(b); x != 0 || y != 0 {
		return cmp.Compare(x, y)
	}
	m, _ := scanNumber(a)
	n, _ := scanNumber(b)
	negative, other := m.negative && !m.isZero(), n.negative && !n.isZero()
	if negative != other {
		return compareBools(other, negative)
	}
	order := m.compareSize(&n)
	if negative {
		return -order
	}
	return order
}

// compareSize orders two numbers without their signs. Neither has an exponent.
func (n *number) compareSize(o *number) int {
	if len(n.whole) != len(o.whole) { // leading zeros are gone
		return cmp.Compare(len(n.whole), len(o.whole))
	}
	for i := range max(len(n.whole)+len(n.fraction), len(o.whole)+len(o.fraction)) {
		if a, b := n.at(i), o.at(i); a != b {
			return cmp.Compare(a, b)
		}
	}
	return 0
}
