package cdc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// step is what a transaction of the fake source does, one after another.
type step struct {
	kind  string // insert, update, delete, truncate, create, drop
	table string
	key   int64
	to    int64 // the key afterwards, of an update
	value int64
}

// fakeSource has committed transactions, the first of which ends at position 1.
type fakeSource struct {
	connector.Streamer
	log [][]step
	// roll draws whether, and how, things go.
	roll func(n int) int
	// breaks is one in how many calls of Next loses the stream; 0: none.
	breaks int

	mu           sync.Mutex
	acknowledged int
	onAck        func(position int)
}

func position(n int) string { return strconv.Itoa(n) }

func placeOf(p string) int {
	n, err := strconv.Atoi(p)
	if err != nil {
		return 0
	}
	return n
}

// roller draws from a seed, for several goroutines.
func roller(seed uint64) func(n int) int {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 1))
	return func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(n)
	}
}

func lost(what string) error {
	return &connector.Error{Class: connector.Lost, Err: errors.New(what)}
}

func tableName(name string) catalog.Name { return catalog.Name{Schema: "s", Name: name} }

func sourceTable(name string) *catalog.Table {
	return &catalog.Table{Name: tableName(name), Columns: []*catalog.Column{{Name: "id", NotNull: true}, {Name: "v"}}, PrimaryKey: &catalog.Key{Columns: []string{"id"}}}
}

// fakeTable is a table that is followed under a number.
func fakeTable(number int, name string, stats *Stats) *Table {
	source := sourceTable(name)
	t := &Table{Plan: &mapping.TablePlan{Source: source}}
	var columns []connector.LoadColumn
	for _, c := range source.Columns {
		columns = append(columns, connector.LoadColumn{Column: c, Layout: change.Int64})
		t.Read = append(t.Read, connector.ReadColumn{Column: c, Layout: change.Int64})
	}
	t.Table = apply.NewTable(number, source, source, columns, []int{0})
	t.Stats = stats.table(source.Name, source.Name)
	return t
}

func (s *fakeSource) End(context.Context) (string, error) { return position(len(s.log)), nil }

func (s *fakeSource) Compare(a, b string) (int, error) { return placeOf(a) - placeOf(b), nil }

func (s *fakeSource) Stream(_ context.Context, r connector.StreamRequest, from string) (connector.Stream, error) {
	if s.breaks > 0 && s.roll(s.breaks) == 0 {
		return nil, lost("the source is away")
	}
	st := &fakeStream{source: s, request: r, done: placeOf(from), numbers: map[string]int{}}
	for _, f := range r.Tables {
		st.numbers[f.Table.Name.Name] = f.Number
	}
	return st, nil
}

// fakeStream delivers the log in groups of any size.
type fakeStream struct {
	source  *fakeSource
	request connector.StreamRequest
	done    int // transactions delivered
	within  int // steps delivered of the next one
	numbers map[string]int
	dead    bool
}

func (st *fakeStream) Next(ctx context.Context) (connector.Event, error) {
	s := st.source
	switch {
	case st.dead:
		return connector.Event{}, errors.New("the stream is used after it was lost")
	case ctx.Err() != nil:
		return connector.Event{}, context.Cause(ctx)
	case s.breaks > 0 && s.roll(s.breaks) == 0:
		st.dead = true
		return connector.Event{}, lost("the stream is lost")
	case st.done == len(s.log):
		<-time.After(100 * time.Microsecond)
		return connector.Event{Position: position(st.done), Quiet: true}, nil
	}
	g, err := st.request.Pool.Get(ctx)
	if err != nil {
		return connector.Event{}, err
	}
	e := connector.Event{Changes: g}
	for most := 1 + s.roll(8); most > 0 && st.done < len(s.log) && e.Structure == nil; most-- {
		if st.within == len(s.log[st.done]) {
			st.done, st.within = st.done+1, 0
			g.Commit(time.Unix(int64(st.done), 0))
			g.Position = position(st.done)
			continue
		}
		e.Structure = st.take(g, s.log[st.done][st.within])
		st.within++
	}
	if g.Empty() {
		st.request.Pool.Put(g)
		e.Changes = nil
	}
	if st.within == 0 && e.Structure == nil {
		e.Position = position(st.done)
	}
	return e, nil
}

// take puts a step into the group, or returns it as a change of structure.
func (st *fakeStream) take(g *change.Group, s step) *connector.Structure {
	number, followed := st.numbers[s.table]
	switch {
	case s.kind == "create" && !followed:
		return &connector.Structure{Kind: connector.Created, Number: -1, Table: sourceTable(s.table)}
	case !followed:
		return nil
	case s.kind == "truncate":
		return &connector.Structure{Kind: connector.Truncated, Number: number, Table: sourceTable(s.table)}
	case s.kind == "drop":
		return &connector.Structure{Kind: connector.Dropped, Number: number, Table: sourceTable(s.table)}
	}
	c := g.Table(number, []change.Layout{change.Int64, change.Int64})
	row := func(b *change.Batch, id, v int64) {
		b.Columns[0].AppendInt(id)
		b.Columns[1].AppendInt(v)
		b.EndRow()
	}
	switch s.kind {
	case "insert":
		row(&c.New, s.key, s.value)
		g.Add(c, change.Insert, true, false, 16)
	case "update":
		row(&c.New, s.to, s.value)
		if s.to != s.key {
			row(&c.Old, s.key, 0)
		}
		g.Add(c, change.Update, true, s.to != s.key, 16)
	case "delete":
		row(&c.Old, s.key, 0)
		g.Add(c, change.Delete, false, true, 16)
	}
	return nil
}

func (st *fakeStream) Follow(f connector.Followed) error {
	st.numbers[f.Table.Name.Name] = f.Number
	return nil
}

func (st *fakeStream) Drop(number int) {
	for name, n := range st.numbers {
		if n == number {
			delete(st.numbers, name)
		}
	}
}

func (st *fakeStream) Acknowledge(p string) {
	s := st.source
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acknowledged = max(s.acknowledged, placeOf(p))
	if s.onAck != nil {
		s.onAck(placeOf(p))
	}
}

func (st *fakeStream) Status() connector.StreamStatus { return connector.StreamStatus{} }
func (st *fakeStream) Close() error                   { return nil }

// world is what tables hold, by name and key.
type world map[string]map[int64]int64

// at is the world when so many transactions have committed.
func (s *fakeSource) at(transactions int) world {
	w := world{"a": {}, "b": {}}
	for _, tx := range s.log[:transactions] {
		for _, st := range tx {
			w.do(st)
		}
	}
	return w
}

func (w world) do(s step) {
	switch s.kind {
	case "create":
		w[s.table] = map[int64]int64{}
	case "drop":
		delete(w, s.table)
	case "truncate":
		clear(w[s.table])
	case "insert":
		w[s.table][s.key] = s.value
	case "update":
		delete(w[s.table], s.key)
		w[s.table][s.to] = s.value
	case "delete":
		delete(w[s.table], s.key)
	default:
		panic(fmt.Sprint("no such step: ", s.kind))
	}
}
