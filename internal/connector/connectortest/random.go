package connectortest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// prepare makes the tables in the source.
func (s *Suite) prepare(t testing.TB) Databases {
	d := s.Fresh(t)
	for _, table := range s.Tables {
		_, err := d.Source.ExecContext(t.Context(), table.Create)
		must(t, err)
	}
	if s.Carry != nil {
		must(t, s.writer(d, 3).write(t.Context(), s.Transactions/10))
		s.carry(t, d)
	}
	return d
}

// carry has what was written be where the engine reads it.
func (s *Suite) carry(t testing.TB, d Databases) {
	if s.Carry != nil {
		s.Carry(t, d)
	}
}

// write makes n random transactions.
func (w *writer) write(ctx context.Context, n int) error {
	for i := range n {
		if err := w.transaction(ctx); err != nil {
			return fmt.Errorf("transaction %d: %w", i, err)
		}
	}
	return nil
}

// beside has the writer write for as long as f runs. f is told whether the writer still has n transactions to make.
func beside(t testing.TB, w *writer, n int64, f func(more func() bool)) {
	t.Helper()
	var made atomic.Int64
	done := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		for {
			select {
			case <-done:
				ended <- nil
				return
			case <-time.After(w.pause):
			}
			if err := w.transaction(t.Context()); err != nil {
				made.Store(n)
				ended <- fmt.Errorf("transaction %d: %w", made.Load(), err)
				return
			}
			made.Add(1)
		}
	}()
	func() {
		defer close(done)
		f(func() bool { return made.Load() < n })
	}()
	must(t, <-ended)
}

// compare compares source and target row by row.
func (s *Suite) compare(t testing.TB, f *follower, d Databases, tables []Table) {
	t.Helper()
	if s.Onto != nil && s.Onto.Log != nil {
		s.compareLog(t, f, d, tables)
		return
	}
	for _, table := range tables {
		want, got := s.Dump(t, d.Source, table), s.dumpTarget(t, d, table)
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"), "table %s", table.Name)
	}
}

// testRandom captures, loads and follows while others write.
func (s *Suite) testRandom(t *testing.T, native bool) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := s.prepare(t)
			f := s.follower(t, d, native)
			w := s.writer(d, seed)
			must(t, w.write(t.Context(), s.Transactions/10))
			beside(t, w, int64(s.Transactions), func(more func() bool) {
				f.capture(t.Context())
				f.open(t.Context())
				for more() {
					f.step(t.Context())
				}
			})
			f.reach(t.Context(), s.end(t, f))
			f.close()
			s.compare(t, f, d, s.Tables)
			must(t, f.source.Release(t.Context(), f.request))
		})
	}
}

func (s *Suite) end(t testing.TB, f *follower) string {
	t.Helper()
	s.carry(t, f.databases)
	end, err := f.source.End(t.Context())
	must(t, err)
	return end
}

// testRestart ends stream and session at any event, acknowledged or not, and goes on from the checkpoint.
func (s *Suite) testRestart(t *testing.T, native bool) {
	d := s.prepare(t)
	f := s.follower(t, d, native)
	w := s.writer(d, 11)
	must(t, w.write(t.Context(), s.Transactions/10))
	f.capture(t.Context())
	r := rand.New(rand.NewPCG(5, 5))
	beside(t, w, int64(s.Transactions), func(more func() bool) {
		for more() {
			f.open(t.Context())
			for range r.IntN(6) {
				f.step(t.Context())
				if r.IntN(3) == 0 && !f.inside {
					must(t, f.session.Sync(t.Context()))
					f.stream.Acknowledge(f.applied)
				}
			}
			if r.IntN(2) == 0 && !f.inside { // the changes of the next event are lost on the way
				f.begin(t.Context())
				e, err := f.stream.Next(t.Context())
				must(t, err)
				if e.Changes != nil {
					f.pool.Put(e.Changes)
				}
			}
			f.close()
		}
	})
	f.open(t.Context())
	f.reach(t.Context(), s.end(t, f))
	f.close()
	s.compare(t, f, d, s.Tables)
}

// testPositions streams once, then again from every position that was delivered: what follows must be the same.
func (s *Suite) testPositions(t *testing.T, native bool) {
	d := s.prepare(t)
	f := s.follower(t, d, native)
	w := s.writer(d, 23)
	f.capture(t.Context())
	type place struct {
		position string
		seen     int
	}
	var all []string
	var places []place
	collect := func(e connector.Event, into *[]string) {
		if e.Changes != nil {
			before := len(*into)
			*into = append(*into, flatten(f, e.Changes)...)
			if n := len(e.Changes.Ends); n > 0 {
				places = append(places, place{e.Changes.Position, before + int(e.Changes.Ends[n-1])})
			}
		}
		if e.Position != "" {
			places = append(places, place{e.Position, len(*into)})
		}
	}
	f.pool = change.NewBoundedGroupPool(2, 16, change.MaxGroupBytes)
	f.request.Pool = f.pool
	places = append(places, place{f.applied, 0})
	f.open(t.Context())
	read := func(st connector.Stream, into *[]string, end string) {
		deadline := time.Now().Add(time.Minute)
		for {
			require.True(t, time.Now().Before(deadline))
			e, err := st.Next(t.Context())
			must(t, err)
			collect(e, into)
			if e.Changes != nil {
				f.pool.Put(e.Changes)
			}
			if e.Position != "" && end != "" {
				n, err := f.source.Compare(e.Position, end)
				must(t, err)
				if n >= 0 {
					return
				}
			}
			if end == "" {
				return
			}
		}
	}
	beside(t, w, int64(s.Transactions/3), func(more func() bool) {
		for more() {
			s.carry(t, d)
			read(f.stream, &all, "")
		}
	})
	end := s.end(t, f)
	if n, err := f.source.Compare(places[len(places)-1].position, end); err == nil && n < 0 {
		read(f.stream, &all, end)
	}
	f.close()
	kept := slices.Clone(places)
	step := max(1, len(kept)/60)
	for i := 0; i < len(kept); i += step {
		p := kept[i]
		st, err := f.source.Stream(t.Context(), f.request, p.position)
		must(t, err)
		var again []string
		if n, err := f.source.Compare(p.position, end); err == nil && n < 0 {
			read(st, &again, end)
		}
		must(t, st.Close())
		require.Equal(t, strings.Join(all[p.seen:], "\n"), strings.Join(again, "\n"), "from position %s, %d of %d changes", p.position, p.seen, len(all))
	}
}

// flatten writes the changes of a group as texts, in their order.
func flatten(f *follower, g *change.Group) []string {
	out := make([]string, g.Len())
	for _, c := range g.Tables {
		for i := range c.Ops {
			out[c.Seq[i]] = fmt.Sprintf("%d %s %s %s", c.Table, c.Ops[i], image(&c.Old, c.Before[i]), image(&c.New, c.After[i]))
		}
	}
	return out
}

func image(b *change.Batch, row int32) string {
	if row == change.None {
		return "-"
	}
	var out strings.Builder
	for i := range b.Columns {
		v := &b.Columns[i]
		switch {
		case v.IsAbsent(int(row)):
			out.WriteString(" absent")
		case v.IsNull(int(row)):
			out.WriteString(" null")
		case v.Layout.Holds() == change.InInts:
			fmt.Fprintf(&out, " %d", v.Ints[row])
		case v.Layout.Holds() == change.InFloats:
			fmt.Fprintf(&out, " %x", v.Floats[row])
		default:
			fmt.Fprintf(&out, " %q", v.Value(int(row)))
		}
	}
	return out.String()
}

// testLarge makes one transaction larger than the groups that carry it.
func (s *Suite) testLarge(t *testing.T, native bool) {
	const bound = 100
	rows := 3000
	if s.Large > 0 {
		rows = s.Large
	}
	d := s.prepare(t)
	f := s.follower(t, d, native)
	f.pool = change.NewBoundedGroupPool(2, bound, change.MaxGroupBytes)
	f.request.Pool = f.pool
	f.capture(t.Context())
	w := s.writer(d, 31)
	tx, err := d.Source.BeginTx(t.Context(), nil)
	must(t, err)
	for range rows {
		must(t, w.statement(t.Context(), tx))
	}
	must(t, tx.Commit())
	must(t, w.write(t.Context(), 10))
	largest, opened := 0, 0
	f.watch = func(e connector.Event) {
		if e.Changes == nil {
			return
		}
		largest = max(largest, e.Changes.Len())
		if e.Changes.Open {
			opened++
			require.Empty(t, e.Position, "a position while a transaction is open")
		}
	}
	f.open(t.Context())
	f.reach(t.Context(), s.end(t, f))
	f.close()
	require.Greater(t, opened, 3)
	require.LessOrEqual(t, largest, 4*bound)
	s.compare(t, f, d, s.Tables)
}

// testStructure changes tables between writes.
func (s *Suite) testStructure(t *testing.T, native bool) {
	d := s.prepare(t)
	f := s.follower(t, d, native)
	f.request.Wanted = func(catalog.Name) bool { return true }
	w := s.writer(d, 41)
	must(t, w.write(t.Context(), 20))
	f.capture(t.Context())
	f.open(t.Context())
	for i, step := range s.Structure {
		must(t, w.write(t.Context(), 20))
		tx, err := d.Source.BeginTx(t.Context(), nil)
		must(t, err)
		for _, sql := range step.SQL {
			_, err := tx.ExecContext(t.Context(), sql)
			require.NoError(t, err, sql)
		}
		must(t, tx.Commit())
		w.tables = step.Tables
		must(t, w.write(t.Context(), 20))
		if i%2 == 0 {
			s.settle(t, f)
		}
	}
	must(t, w.write(t.Context(), 20))
	s.settle(t, f)
	f.close()
	s.compare(t, f, d, w.tables)
}

// settle applies events until there is nothing to do.
func (s *Suite) settle(t testing.TB, f *follower) {
	t.Helper()
	f.reach(t.Context(), s.end(t, f))
	for quiet := 0; quiet < 2; {
		e := f.step(t.Context())
		if e.Quiet && e.Changes == nil && e.Structure == nil {
			quiet++
		} else {
			quiet = 0
		}
	}
	must(t, f.session.Sync(t.Context()))
}

// testQuiet: while nothing happens Next comes back, and ends with its context.
func (s *Suite) testQuiet(t *testing.T) {
	d := s.prepare(t)
	f := s.follower(t, d, !s.NoNative)
	f.capture(t.Context())
	f.open(t.Context())
	defer f.close()
	begun := time.Now()
	e := f.step(t.Context())
	for !e.Quiet {
		e = f.step(t.Context())
	}
	require.Less(t, time.Since(begun), 5*time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(50*time.Millisecond, cancel)
	defer timer.Stop()
	for ctx.Err() == nil {
		begun = time.Now()
		_, err := f.stream.Next(ctx)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.Less(t, time.Since(begun), 2*time.Second)
}

// testBusy: while the source is busy with tables that are followed no more, Next comes back with the position all the same.
func (s *Suite) testBusy(t *testing.T) {
	d := s.prepare(t)
	f := s.follower(t, d, !s.NoNative)
	f.capture(t.Context())
	f.open(t.Context())
	defer f.close()
	for i := range f.request.Tables {
		f.stream.Drop(i)
	}
	for _, pause := range []time.Duration{0, 5 * time.Millisecond} {
		w := s.writer(d, 7)
		w.pause = pause
		beside(t, w, 1, func(func() bool) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for range 2 {
				for before := f.applied; f.applied == before; {
					f.step(ctx)
				}
			}
		})
	}
}

// testRelease: what Capture has made is gone.
func (s *Suite) testRelease(t *testing.T) {
	d := s.prepare(t)
	f := s.follower(t, d, true)
	must(t, f.source.Release(t.Context(), f.request))
	f.capture(t.Context())
	position := f.applied
	must(t, f.source.Release(t.Context(), f.request))
	must(t, f.source.Release(t.Context(), f.request))
	st, err := f.source.Stream(t.Context(), f.request, position)
	if err == nil {
		_, err = st.Next(t.Context())
		must(t, st.Close())
	}
	if err == nil {
		t.Skip("the engine keeps its changes whether they are asked for or not")
	}
}

// testStart begins without a snapshot: at the end, at a position, at a time.
func (s *Suite) testStart(t *testing.T) {
	d := s.prepare(t)
	f := s.follower(t, d, true)
	ctx := t.Context()
	cat, err := f.source.Inspect(ctx, connector.InspectOptions{})
	must(t, err)
	for i, table := range s.Tables {
		to := f.followed(i, cat.Table(s.name(table)))
		f.request.Tables = append(f.request.Tables, to)
		f.create(ctx, i, to.Table)
	}
	first, err := f.source.Start(ctx, f.request, connector.StartPoint{})
	must(t, err)
	must(t, s.writer(d, 51).write(ctx, 50))
	later, err := f.source.Start(ctx, f.request, connector.StartPoint{})
	must(t, err)
	n, err := f.source.Compare(first, later)
	must(t, err)
	require.Negative(t, n)
	_, err = f.source.Compare(first, "no position at all")
	require.Error(t, err)
	f.applied = first
	f.open(ctx)
	f.reach(ctx, s.end(t, f))
	f.close()
	s.compare(t, f, d, s.Tables)
}
