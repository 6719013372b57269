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
