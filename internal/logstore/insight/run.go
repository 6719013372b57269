package insight

import (
	"container/heap"
	"errors"
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/logstore"
)

// A Cell is a field of a row of the answer.
type Cell struct{ Field, Value string }

// errFull says that a query has more groups than may be.
var errFull = errors.New("the query groups into more than 10000 groups: group by something with fewer values")

// stage takes rows and hands what it makes of them on; after the last row it is told to finish.
type stage interface {
	push(*row) error
	finish() error
}

// A Run is a query at work.
type Run struct {
	query   *Query
	first   stage
	out     *collector
	Scanned int64 // events
	Matched int64 // rows that came to the end
}

// Start makes a run of a query. limit bounds its rows beside what the query says; 0 does not.
func (q *Query) Start(limit int) *Run {
	if limit <= 0 || limit > q.limit {
		limit = q.limit
	}
	h := &held{}
	r := &Run{query: q, out: &collector{limit: limit, held: h}}
	r.first = r.out
	for _, c := range slices.Backward(q.commands) {
		r.first = c(r.first, h)
	}
	return r
}

// See gives the run an event. It keeps nothing of the event's message.
func (r *Run) See(log, stream string, e *logstore.Event) error {
	r.Scanned++
	own := *e
	return r.first.push(&row{event: &own, stream: stream, log: log})
}

// Rows ends the run.
func (r *Run) Rows() ([][]Cell, error) {
	if err := r.first.finish(); err != nil {
		return nil, err
	}
	r.Matched = r.out.seen
	var all [][]Cell
	bytes := 0
	for _, x := range r.out.rows {
		var cells []Cell
		for _, name := range r.query.shown {
			if v := x.get(name); v.there {
				cells = append(cells, Cell{name, v.text})
				bytes += v.cost()
			}
		}
		if x.forget(); bytes > mostAnswered {
			return nil, fmt.Errorf("the answer is longer than %d MiB: limit the query to fewer rows, or show shorter fields", mostAnswered>>20)
		}
		if x.event != nil {
			cells = append(cells, Cell{"@ptr", x.get("@ptr").text})
		}
		all = append(all, cells)
	}
	return all, nil
}

type collector struct {
	limit int
	seen  int64
	rows  []*row
	held  *held
}

func (c *collector) push(r *row) error {
	if c.seen++; len(c.rows) >= c.limit {
		return nil
	}
	r.forget()
	c.rows = append(c.rows, r)
	return c.held.take(r.cost())
}
func (*collector) finish() error { return nil }

// pass hands on the rows that it says yes to.
type pass struct {
	next stage
	keep func(*row) (bool, error)
}

func (p *pass) push(r *row) error {
	keep, err := p.keep(r)
	if err == nil {
		err = r.fits()
	}
	if err != nil || !keep {
		return err
	}
	return p.next.push(r)
}
func (p *pass) finish() error { return p.next.finish() }

func each(keep func(*row) bool) command {
	return func(next stage, _ *held) stage {
		return &pass{next, func(r *row) (bool, error) { return keep(r), nil }}
	}
}

// sortKey is what rows are sorted by: an expression, or the field of its name where rows are not events any more.
type sortKey struct {
	name       string
	of         expression
	descending bool
}

func (k *sortKey) value(r *row) value {
	if v, ok := r.fields[k.name]; ok || k.of == nil {
		if ok {
			return v
		}
		return r.get(k.name)
	}
	return k.of(r)
}

// sorting keeps the MostRows rows that come first: a heap whose root is the last of them.
type sorting struct {
	next stage
	keys []sortKey
	rows []sortRow
	n    int
	held *held
}

type sortRow struct {
	*row
	by   []value
	n    int
	cost int
}

func sortBy(keys []sortKey) command {
	return func(next stage, h *held) stage { return &sorting{next: next, keys: keys, held: h} }
}

func (s *sorting) compare(a, b *sortRow) int {
	for i := range s.keys {
		c := order(a.by[i], b.by[i])
		if s.keys[i].descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return a.n - b.n
}

func (s *sorting) push(r *row) error {
	x := sortRow{row: r, n: s.n, cost: r.cost()}
	s.n++
	for i := range s.keys {
		v := s.keys[i].value(r)
		x.by, x.cost = append(x.by, v), x.cost+v.cost()
	}
	if err := r.fits(); err != nil {
		return err
	}
	if len(s.rows) == MostRows {
		if s.compare(&x, &s.rows[0]) > 0 {
			return nil
		}
		s.held.give(heap.Pop(s).(sortRow).cost)
	}
	r.forget()
	if e := r.event; e != nil && e.Message != nil {
		e.Message = slices.Clone(e.Message) // it lies in a buffer that is used again
	}
	heap.Push(s, x)
	return s.held.take(x.cost)
}

func (s *sorting) finish() error {
	slices.SortFunc(s.rows, func(a, b sortRow) int { return s.compare(&a, &b) })
	for i := range s.rows {
		x := s.rows[i]
		s.rows[i] = sortRow{}
		s.held.give(x.cost)
		if err := s.next.push(x.row); err != nil {
			return err
		}
	}
	return s.next.finish()
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (s *sorting) Len() int           { return len(s.rows) }
func (s *sorting) Less(i, j int) bool { return s.compare(&s.rows[i], &s.rows[j]) > 0 }
func (s *sorting) Swap(i, j int)      { s.rows[i], s.rows[j] = s.rows[j], s.rows[i] }

// Push implements heap.Interface.
func (s *sorting) Push(x any) { s.rows = append(s.rows, x.(sortRow)) }

// Pop implements heap.Interface.
func (s *sorting) Pop() any {
	last := s.rows[len(s.rows)-1]
	s.rows = s.rows[:len(s.rows)-1]
	return last
}

// grouping is stats.
type grouping struct {
	next    stage
	columns []aggregator
	by      []named
	groups  map[string]*group
	order   []*group
	held    *held
}

type group struct {
	by  []value
	all []aggregate
}

func (g *grouping) push(r *row) error {
	key := keyOf(g.by, r)
	of := g.groups[key]
	if of == nil {
		if len(g.groups) >= mostGroups {
			return errFull
		}
		of = &group{}
		cost := rowCost + len(key)
		for _, n := range g.by {
			v := n.of(r)
			of.by, cost = append(of.by, v), cost+v.cost()
		}
		for _, c := range g.columns {
			of.all, cost = append(of.all, c.make()), cost+fieldCost
		}
		g.groups[key] = of
		g.order = append(g.order, of)
		if err := g.held.take(cost); err != nil {
			return err
		}
	}
	for _, a := range of.all {
		if err := g.held.take(a.add(r)); err != nil {
			return err
		}
	}
	return r.fits()
}

func (g *grouping) finish() error {
	if len(g.order) == 0 && len(g.by) == 0 {
		of := &group{}
		for _, c := range g.columns {
			of.all = append(of.all, c.make())
		}
		g.order = append(g.order, of)
	}
	for _, of := range g.order {
		r := &row{}
		for i, n := range g.by {
			if of.by[i].there {
				r.set(n.name, of.by[i])
			}
		}
		for i, c := range g.columns {
			if v := of.all[i].value(); v.there {
				r.set(c.name, v)
			}
		}
		if err := g.next.push(r); err != nil {
			return err
		}
	}
	return g.next.finish()
}
