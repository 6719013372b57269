package insight

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// mostGroups bounds the groups of a stats, and the rows that dedup tells apart.
const mostGroups = 10_000

// mostKept bounds the values that a percentile or a count of different ones looks at.
const mostKept = 100_000

// aggregate makes a value of many rows.
type aggregate interface {
	// add says how many bytes more it keeps.
	add(r *row) int
	value() value
}

// aggregator is one column of a stats.
type aggregator struct {
	name string
	make func() aggregate
}

func readStats(p *parser, q *Query) error {
	var columns []aggregator
	for {
		start := p.next
		make, err := readAggregate(p)
		if err != nil {
			return err
		}
		a := aggregator{p.spelled(start), make}
		if p.word("as") {
			t := p.take()
			if t.kind != word {
				return wrong(t.at, "a name is wanted behind as")
			}
			a.name = t.text
		}
		columns = append(columns, a)
		if !p.sign(",") {
			break
		}
	}
	var by []named
	if p.word("by") {
		var err error
		if by, err = readNamed(p); err != nil {
			return err
		}
	}
	q.shown, q.grouped, q.sorted = nil, true, false
	for _, n := range by {
		q.shown = append(q.shown, n.name)
	}
	for _, a := range columns {
		q.shown = append(q.shown, a.name)
	}
	q.commands = append(q.commands, func(next stage, h *held) stage {
		return &grouping{next: next, columns: columns, by: by, groups: map[string]*group{}, held: h}
	})
	return nil
}

func readAggregate(p *parser) (func() aggregate, error) {
	t := p.take()
	name := strings.ToLower(t.text)
	known := slices.Contains([]string{"count", "count_distinct", "sum", "avg", "min", "max", "pct", "median", "stddev", "earliest", "latest"}, name)
	if t.kind != word || !known {
		return nil, wrong(t.at, "%q is no function of many events: want count, count_distinct, sum, avg, min, max, pct, median, stddev, earliest or latest", t.text)
	}
	if err := p.want("("); err != nil {
		return nil, err
	}
	if name == "count" && (p.sign("*") || p.peek().text == ")") {
		return func() aggregate { return &counting{} }, p.want(")")
	}
	of, err := p.expression()
	if err != nil {
		return nil, err
	}
	percent := 50.0
	if name == "pct" {
		if err := p.want(","); err != nil {
			return nil, err
		}
		at := p.peek().at
		n, err := p.operand()
		if err != nil {
			return nil, err
		}
		var ok bool
		if percent, ok = n(&row{}).asNumber(); !ok || percent < 0 || percent > 100 {
			return nil, wrong(at, "a percentile is a number from 0 to 100")
		}
	}
	return func() aggregate {
		switch name {
		case "count":
			return &counting{of: of}
		case "count_distinct":
			return &distinct{of: of, seen: map[string]bool{}}
		case "pct", "median":
			return &percentile{of: of, percent: percent}
		case "earliest", "latest":
			return &nearest{of: of, last: name == "latest"}
		case "min", "max":
			return &extremum{of: of, sign: map[string]int{"min": -1, "max": 1}[name]}
		}
		return &moments{of: of, kind: name}
	}, p.want(")")
}

type counting struct {
	of expression
	n  float64
}

func (c *counting) add(r *row) int {
	if c.of == nil || c.of(r).there {
		c.n++
	}
	return 0
}
func (c *counting) value() value { return numberValue(c.n) }

type distinct struct {
	of   expression
	seen map[string]bool
}

func (d *distinct) add(r *row) int {
	v := d.of(r)
	if !v.there || d.seen[v.text] || len(d.seen) >= mostKept {
		return 0
	}
	d.seen[v.text] = true
	return v.cost()
}
func (d *distinct) value() value { return numberValue(float64(len(d.seen))) }

// percentile keeps values, and of too many every other one.
type percentile struct {
	of      expression
	percent float64
	values  []float64
	step, n int
}

func (p *percentile) add(r *row) int {
	const cost = 2 * 8 // a number, and the room of a slice that has just grown
	v, ok := p.of(r).asNumber()
	if !ok {
		return 0
	}
	if p.step == 0 {
		p.step = 1
	}
	if p.n++; p.n%p.step != 0 {
		return 0
	}
	if p.values = append(p.values, v); len(p.values) < mostKept {
		return cost
	}
	for i := range len(p.values) / 2 {
		p.values[i] = p.values[2*i]
	}
	p.values, p.step = p.values[:len(p.values)/2], 2*p.step
	return cost - cost*(mostKept-len(p.values)) // what is left out makes room for as many
}

func (p *percentile) value() value {
	if len(p.values) == 0 {
		return value{}
	}
	slices.SortFunc(p.values, cmp.Compare[float64])
	return numberValue(p.values[int(math.Ceil(p.percent/100*float64(len(p.values)-1)))])
}

type nearest struct {
	of   expression
	last bool
	at   float64
	v    value
}

func (n *nearest) add(r *row) int {
	at, v := r.get("@timestamp").number, n.of(r)
	if v.there && (!n.v.there || n.last && at >= n.at || !n.last && at < n.at) {
		more := len(v.text) - len(n.v.text)
		n.at, n.v = at, v
		return more
	}
	return 0
}
func (n *nearest) value() value { return n.v }

type extremum struct {
	of   expression
	sign int
	v    value
}

func (e *extremum) add(r *row) int {
	if v := e.of(r); v.there && (!e.v.there || e.sign*order(v, e.v) > 0) {
		more := len(v.text) - len(e.v.text)
		e.v = v
		return more
	}
	return 0
}
func (e *extremum) value() value { return e.v }

// moments is a sum, a mean or a deviation.
type moments struct {
	of              expression
	kind            string
	n, mean, square float64 // of differences from the mean
	sum             float64
}

func (m *moments) add(r *row) int {
	v, ok := m.of(r).asNumber()
	if !ok {
		return 0
	}
	m.n++
	m.sum += v
	d := v - m.mean
	m.mean += d / m.n
	m.square += d * (v - m.mean)
	return 0
}

func (m *moments) value() value {
	switch {
	case m.n == 0:
		return value{}
	case m.kind == "sum":
		return numberValue(m.sum)
	case m.kind == "avg":
		return numberValue(m.sum / m.n)
	}
	return numberValue(math.Sqrt(m.square / m.n))
}
