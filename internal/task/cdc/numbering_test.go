package cdc

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// TestNumbersGrow: every change has a greater number than those before, whatever the source's clock says, and numbers go on from what is
// noted.
func TestNumbersGrow(t *testing.T) {
	pool := change.NewGroupPool(1)
	follower := &follower{}
	table := fakeTable(0, "a", &Stats{})
	table.numbers = true
	p := &pipe{follower: follower, tables: map[int]*Table{0: table}}
	noon := time.Date(2026, 2, 3, 12, 0, 0, 120_000_000, time.UTC)
	last := ""
	for round, times := range [][]time.Time{{noon, noon.Add(-time.Hour), noon.Add(time.Second)}, {noon}, {}} {
		g, err := pool.Get(t.Context())
		require.NoError(t, err)
		c := g.Table(0, []change.Layout{change.Int64, change.Int64})
		for i := range len(times) + 1 {
			for range 2 {
				c.New.Columns[0].AppendInt(1)
				c.New.Columns[1].AppendInt(1)
				c.New.EndRow()
				g.Add(c, change.Insert, true, false, 16)
			}
			if i < len(times) {
				g.Commit(times[i])
			}
		}
		n := p.number(g)
		for i, seq := range c.Seq {
			number := n.of(seq, g.TransactionOf(seq))
			require.Len(t, number, 35)
			require.Greater(t, number, last, "round %d, change %d", round, i)
			last = number
		}
		pool.Put(g)
		if round == 0 {
			require.Equal(t, "20260203120000120000000000000000001", n.of(0, 0))
		}
		again := &pipe{follower: follower, tables: p.tables}
		require.NoError(t, again.readNumber(map[string]string{numberNote: noteText(p.last)}))
		require.Equal(t, p.last, again.last)
		p = again
	}
	table.numbers = false
	g, err := pool.Get(t.Context())
	require.NoError(t, err)
	g.Table(0, []change.Layout{change.Int64, change.Int64})
	require.Nil(t, p.number(g), "nobody asks")
	require.Error(t, p.readNumber(map[string]string{numberNote: "nonsense"}))
}
