package change

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTruncateTakesBackARolledBackEnd and leaves what has committed, in every table, rows and all.
func TestTruncateTakesBackARolledBackEnd(t *testing.T) {
	g, err := NewGroupPool(1).Get(t.Context())
	require.NoError(t, err)
	add := func(table int, op Op, x int64) {
		c := g.Table(table, []Layout{Int64})
		if op != Delete {
			c.New.Columns[0].AppendInt(x)
			c.New.EndRow()
		}
		if op != Insert {
			c.Old.Columns[0].AppendInt(-x)
			c.Old.EndRow()
		}
		g.Add(c, op, op != Delete, op != Insert, 8)
	}
	add(1, Insert, 10)
	add(2, Update, 20)
	g.Commit(time.Unix(1, 0))
	add(2, Delete, 30)
	add(1, Update, 40)
	add(3, Insert, 50)
	g.Truncate(3)
	require.Equal(t, 3, g.Len())
	require.True(t, g.Open)
	g.Truncate(2)
	require.Equal(t, 2, g.Len())
	require.False(t, g.Open)
	add(1, Insert, 60)
	one, two := g.Table(1, nil), g.Table(2, nil)
	require.Equal(t, []int64{10, 60}, one.New.Columns[0].Ints)
	require.Equal(t, []int32{0, 2}, one.Seq)
	require.Zero(t, one.Old.Rows())
	require.Equal(t, []int64{-20}, two.Old.Columns[0].Ints)
	require.Equal(t, 1, two.Len())
	require.Zero(t, g.Table(3, nil).New.Rows())
}
