package change

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGroupKeepsOrderAcrossTables(t *testing.T) {
	g, err := NewGroupPool(1).Get(t.Context())
	require.NoError(t, err)
	layouts := []Layout{Int64}
	add := func(table int, op Op, after, before bool) {
		c := g.Table(table, layouts)
		if after {
			c.New.Columns[0].AppendInt(1)
			c.New.EndRow()
		}
		if before {
			c.Old.Columns[0].AppendInt(2)
			c.Old.EndRow()
		}
		g.Add(c, op, after, before, 8)
	}
	add(4, Insert, true, false)
	add(2, Update, true, true)
	g.Commit(time.Unix(1, 0))
	add(4, Delete, false, true)
	require.True(t, g.Open)
	require.Equal(t, []int32{2}, g.Ends)
	require.Len(t, g.Tables, 2)
	four := g.Tables[0]
	require.Equal(t, []int32{0, 2}, four.Seq)
	require.Equal(t, []int32{0, None}, four.After)
	require.Equal(t, []int32{None, 0}, four.Before)
	g.Reset()
	require.True(t, g.Empty())
	require.Zero(t, g.Table(4, layouts).Len())
}

func TestOnlyALargeTransactionIsCut(t *testing.T) {
	g, err := NewBoundedGroupPool(1, 10, MaxGroupBytes).Get(t.Context())
	require.NoError(t, err)
	c := g.Table(0, nil)
	for range 12 {
		g.Add(c, Delete, false, false, 0)
	}
	require.False(t, g.Full(), "a small transaction goes on over the bound")
	g.Commit(time.Unix(1, 0))
	require.True(t, g.Full())
	g.Reset()
	c = g.Table(0, nil)
	for range 20 {
		g.Add(c, Delete, false, false, 0)
	}
	require.True(t, g.Full(), "a large one is cut")
}

func TestAGroupThatWaitsHoldsNothingLarge(t *testing.T) {
	p := NewBoundedGroupPool(1, 10, 4<<20)
	layouts := []Layout{Bytes}
	fill := func(value, tables int) *Group {
		g, err := p.Get(t.Context())
		require.NoError(t, err)
		require.True(t, g.Empty())
		for table := range tables {
			c := g.Table(table, layouts)
			c.New.Columns[0].AppendData(make([]byte, value))
			c.New.EndRow()
			g.Add(c, Insert, true, false, value)
		}
		p.Put(g)
		return g
	}
	held := func(g *Group) (n int) {
		for _, c := range g.spare {
			n += c.held()
		}
		return n
	}
	require.Zero(t, held(fill(5<<20, 1)))
	g := fill(1<<20, 3)
	require.Less(t, 3<<20, held(g), "what it needs again it keeps")
	require.Less(t, held(fill(2<<20, 3)), 4<<20+1, "of all tables together")
}

func TestALargeValueGetsTheRoomItNeeds(t *testing.T) {
	var v Vector
	v.Reset(Bytes)
	for range 2 {
		v.AppendData(make([]byte, 16<<20))
	}
	require.Equal(t, 32<<20, cap(v.Data))
	require.Equal(t, 32<<20, v.Payload())
}

func TestAbsentValues(t *testing.T) {
	var v, w Vector
	v.Reset(Text)
	v.AppendString("a")
	for range 70 {
		v.AppendAbsent()
	}
	v.AppendNull()
	require.True(t, v.HasAbsent())
	require.False(t, v.IsAbsent(0))
	require.True(t, v.IsAbsent(70))
	require.True(t, v.IsNull(70), "whoever does not ask sees a null")
	require.False(t, v.IsAbsent(71))
	w.Reset(Text)
	w.AppendFrom(&v, 70)
	w.AppendFrom(&v, 71)
	require.True(t, w.IsAbsent(0))
	require.False(t, w.IsAbsent(1))
	v.Truncate(1)
	v.AppendNull()
	require.False(t, v.IsAbsent(1))
	v.Reset(Text)
	require.False(t, v.HasAbsent())
}
