package apply

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// A row of the model: the key and two values. nil is null.
type row struct{ a, b string }

// world is a table of the model.
type world map[int64]row

// author writes random changes into a group, as a source does, and keeps the world in step.
type author struct {
	t *rapid.T
	g *change.Group
	c *change.Changes
	w world
}

func newAuthor(t *rapid.T, w world) *author {
	g, err := change.NewGroupPool(1).Get(t.Context())
	require.NoError(t, err)
	return &author{t: t, g: g, c: g.Table(0, []change.Layout{change.Int64, change.Text, change.Text}), w: w}
}

func put(b *change.Batch, key int64, r row, known [3]bool) {
	texts := [3]string{"", r.a, r.b}
	for i := range b.Columns {
		switch {
		case !known[i]:
			b.Columns[i].AppendAbsent()
		case i == 0:
			b.Columns[i].AppendInt(key)
		case texts[i] == "":
			b.Columns[i].AppendNull()
		default:
			b.Columns[i].AppendString(texts[i])
		}
	}
	b.EndRow()
}

func (u *author) change() {
	key := rapid.Int64Range(1, 6).Draw(u.t, "key")
	old, there := u.w[key]
	fresh := row{rapid.StringMatching(`[a-c]{0,2}`).Draw(u.t, "a"), rapid.StringMatching(`[a-c]{0,2}`).Draw(u.t, "b")}
	all, keyOnly := [3]bool{true, true, true}, [3]bool{true, false, false}
	switch {
	case !there:
		known := all
		if rapid.Bool().Draw(u.t, "without a column") { // which came into being later
			known[1], fresh.a = false, ""
		}
		put(&u.c.New, key, fresh, known)
		u.g.Add(u.c, change.Insert, true, false, 0)
		u.w[key] = fresh
	case rapid.Bool().Draw(u.t, "delete"):
		put(&u.c.Old, key, old, keyOnly)
		u.g.Add(u.c, change.Delete, false, true, 0)
		delete(u.w, key)
	default:
		u.update(key, old, fresh)
	}
}

// update leaves the second value as it was, unsent, now and then, and now and then changes the key.
func (u *author) update(key int64, old, fresh row) {
	known := [3]bool{true, true, true}
	if rapid.Bool().Draw(u.t, "unsent") {
		known[2], fresh.b = false, old.b
	}
	to := rapid.Int64Range(1, 6).Draw(u.t, "to")
	if _, taken := u.w[to]; taken {
		to = key
	}
	if to != key || rapid.Bool().Draw(u.t, "old sent") {
		put(&u.c.Old, key, old, [3]bool{true, false, false})
		put(&u.c.New, to, fresh, known)
		u.g.Add(u.c, change.Update, true, true, 0)
	} else {
		put(&u.c.New, to, fresh, known)
		u.g.Add(u.c, change.Update, true, false, 0)
	}
	delete(u.w, key)
	u.w[to] = fresh
}

func text(v *change.Vector, i int) string {
	if v.IsNull(i) {
		return ""
	}
	return string(v.Value(i))
}

// carryOut does to a world what a set asks for, and fails when a row is not as a target would need it.
func carryOut(t require.TestingT, w world, s connector.RowSet) {
	seen := map[int64]bool{}
	for i := range s.Len() {
		switch s.Op {
		case change.Delete:
			key := s.Old.Columns[0].Ints[i]
			require.Contains(t, w, key, "a row to be deleted is there")
			require.False(t, seen[key], "a set names a row once")
			seen[key] = true
			delete(w, key)
		case change.Insert:
			key := s.Rows.Columns[0].Ints[i]
			require.NotContains(t, w, key, "a row to be inserted is not there yet")
			r := row{}
			fill(t, &r, s, i)
			w[key] = r
		default:
			key := s.Rows.Columns[0].Ints[i]
			if s.Old != nil {
				key = s.Old.Columns[0].Ints[i]
			}
			require.False(t, seen[key], "a set names a row once")
			seen[key] = true
			r, there := w[key]
			require.True(t, there, "a row to be updated is there")
			fill(t, &r, s, i)
			delete(w, key)
			w[s.Rows.Columns[0].Ints[i]] = r
		}
	}
}

// fill sets what a row of a set tells.
func fill(t require.TestingT, r *row, s connector.RowSet, i int) {
	for c, column := range s.Columns {
		require.False(t, s.Rows.Columns[c].IsAbsent(i), "no set holds what is not known")
		switch column.Column.Name {
		case "a":
			r.a = text(&s.Rows.Columns[c], i)
		case "b":
			r.b = text(&s.Rows.Columns[c], i)
		}
	}
}

func testTable() *Table {
	columns := make([]connector.LoadColumn, 3)
	for i, name := range []string{"id", "a", "b"} {
		columns[i] = connector.LoadColumn{Column: &catalog.Column{Name: name}, Layout: change.Text}
	}
	columns[0].Layout = change.Int64
	n := catalog.Name{Schema: "s", Name: "t"}
	t := NewTable(0, &catalog.Table{Name: n}, &catalog.Table{Name: n}, columns, []int{0})
	t.Stats = &TableStats{Source: n, Target: n}
	return t
}

func TestSetsComeToWhatTheChangesDid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := world{}
		for key := range int64(4) {
			before[key+1] = row{fmt.Sprint("a", key), fmt.Sprint("b", key)}
		}
		after := maps.Clone(before)
		u := newAuthor(t, after)
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			u.change()
		}
		u.g.Commit(time.Now())
		table := testTable()
		w := NewWork()
		w.Reset(u.g, func(int) *Table { return table })
		w.Fold()
		require.False(t, w.inOrder)
		folded := maps.Clone(before)
		for _, s := range w.sets.list {
			carryOut(t, folded, s)
		}
		require.Equal(t, after, folded, "folded")

		single := maps.Clone(before)
		var one sets
		for _, s := range inOrder(w) {
			one.reset()
			require.NoError(t, one.single(s.table, s.changes, s.index))
			for _, set := range one.list {
				carryOut(t, single, set)
			}
		}
		require.Equal(t, after, single, "one by one")
	})
}

func TestARowThatComesAndGoesIsNoWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := newAuthor(t, world{})
		put(&u.c.New, 1, row{"a", "b"}, [3]bool{true, true, true})
		u.g.Add(u.c, change.Insert, true, false, 0)
		put(&u.c.Old, 1, row{}, [3]bool{true})
		u.g.Add(u.c, change.Delete, false, true, 0)
		w := NewWork()
		table := testTable()
		w.Reset(u.g, func(int) *Table { return table })
		w.Fold()
		require.Empty(t, w.sets.list)
	})
}

func BenchmarkFold(b *testing.B) {
	g, err := change.NewGroupPool(1).Get(b.Context())
	require.NoError(b, err)
	c := g.Table(0, []change.Layout{change.Int64, change.Text, change.Text})
	for i := range change.MaxGroupChanges {
		put(&c.New, int64(i*7919%50000), row{"some text", "and another"}, [3]bool{true, true, true})
		g.Add(c, change.Update, true, false, 30)
	}
	g.Commit(time.Now())
	table := testTable()
	w := NewWork()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		w.Reset(g, func(int) *Table { return table })
		w.Fold()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/change.MaxGroupChanges, "ns/change")
}
