package metric

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// A Weighted is a value that came in a number of times.
type Weighted struct{ Value, Count float64 }

// A Point sums up the values of some time.
type Point struct {
	Count, Sum, Min, Max float64
	// Spread are the values themselves, in their order; nil when they are all Min, or when only their sum is known.
	Spread []Weighted
}

// One is the point of one value that came count times.
func One(value, count float64) Point {
	return Point{Count: count, Sum: value * count, Min: value, Max: value}
}

// values are the values themselves; ok is false when only their sum is known.
func (p *Point) values() (all []Weighted, ok bool) {
	switch {
	case p.Spread != nil:
		return p.Spread, true
	case p.Min == p.Max:
		return []Weighted{{p.Min, p.Count}}, true
	}
	return nil, false
}

// Add takes another point's values in.
func (p *Point) Add(q Point) {
	if q.Count == 0 {
		return
	}
	if p.Count == 0 {
		*p = q
		p.Spread = slices.Clone(q.Spread)
		return
	}
	mine, known := p.values()
	others, also := q.values()
	p.Spread = nil
	if known && also {
		p.Spread = join(mine, others)
	}
	p.Count += q.Count
	p.Sum += q.Sum
	p.Min, p.Max = min(p.Min, q.Min), max(p.Max, q.Max)
	if p.Min == p.Max {
		p.Spread = nil
	}
}

// join merges two sorted lists of values.
func join(a, b []Weighted) []Weighted {
	out := make([]Weighted, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		var next Weighted
		if len(b) == 0 || len(a) > 0 && a[0].Value <= b[0].Value {
			next, a = a[0], a[1:]
		} else {
			next, b = b[0], b[1:]
		}
		if last := len(out) - 1; last >= 0 && out[last].Value == next.Value {
			out[last].Count += next.Count
			continue
		}
		out = append(out, next)
	}
	return out
}

// mostKept bounds the values kept of one point.
const mostKept = 128

// thinned brings neighbours together until there are few enough values. Those at the ends stay as they are.
func thinned(all []Weighted) []Weighted {
	for len(all) > mostKept {
		out := append(make([]Weighted, 0, len(all)/2+2), all[0])
		inner := all[1 : len(all)-1]
		for i := 0; i < len(inner); i += 2 {
			w := inner[i]
			if i+1 < len(inner) {
				o := inner[i+1]
				n := w.Count + o.Count
				w = Weighted{(w.Value*w.Count + o.Value*o.Count) / n, n}
			}
			out = append(out, w)
		}
		all = append(out, all[len(all)-1])
	}
	return all
}

// sorted brings values that came in any order into one point.
func sorted(all []Weighted) Point {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Weighted) int { return cmp.Compare(a.Value, b.Value) })
	var p Point
	joined := join(all, nil)
	for _, w := range joined {
		if p.Count == 0 {
			p.Min = w.Value
		}
		p.Count += w.Count
		p.Sum += w.Value * w.Count
		p.Max = w.Value
	}
	if len(joined) > 1 {
		p.Spread = joined
	}
	return p
}

// Many is the point of several values.
func Many(all []Weighted) Point { return sorted(all) }

// spreadText is how a spread stands in the file.
func spreadText(all []Weighted) []byte {
	if all == nil {
		return nil
	}
	out := make([]byte, 0, 16*len(all))
	for _, w := range thinned(all) {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(w.Value))
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(w.Count))
	}
	return out
}

func spreadOf(raw []byte) []Weighted {
	if len(raw) < 16 {
		return nil
	}
	out := make([]Weighted, 0, len(raw)/16)
	for ; len(raw) >= 16; raw = raw[16:] {
		out = append(out, Weighted{math.Float64frombits(binary.LittleEndian.Uint64(raw)), math.Float64frombits(binary.LittleEndian.Uint64(raw[8:]))})
	}
	return out
}
