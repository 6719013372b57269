package task_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestLakeCountsWhatComesAgainOnce has a task lose the store while changes are held back, at every second request of the flush, before and
// after it has its effect. It goes on by itself, and the changes, which come again, count once.
func TestLakeCountsWhatComesAgainOnce(t *testing.T) {
	for _, reaches := range []bool{false, true} {
		source, l := newEnd(t, "sqlite"), newLake(t)
		source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)", "CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT)")
		b := newBroker(t, l.Endpoint)
		b.reaches = reaches
		load(t, source, l.end, l.through(b))
		lost := 0
		var want []string
		for cut := int64(1); cut <= 8; cut += 2 {
			for i := range 3 {
				source.exec(t, fmt.Sprintf("INSERT INTO a VALUES (%d, 'v')", 10*cut+int64(i)))
				want = append(want, fmt.Sprintf("I,%d,v", 10*cut+int64(i)))
			}
			source.exec(t, fmt.Sprintf("INSERT INTO b VALUES (%d, 'v')", cut), fmt.Sprintf("UPDATE b SET v = 'w' WHERE id = %d", cut))
			b.n.Store(0)
			b.limit.Store(cut)
			b.tripped = func() { lost++; b.limit.Store(0) }
			report := catchUp(t, source, l.end, l.through(b), func(c *taskConfig) { c.Settings.ErrorBehavior.RecoverableErrorInterval = 0 })
			b.limit.Store(0)
			requireCounts(t, report, cut)
			require.Equal(t, want, l.lines(t, "main/a"), "lost at request %d", cut)
		}
		require.GreaterOrEqual(t, lost, 3)
	}
}

func requireCounts(t *testing.T, report *task.Report, cut int64) {
	t.Helper()
	a, b := changesOf(t, report, "a"), changesOf(t, report, "b")
	require.Equal(t, []int64{3, 3}, []int64{a.Inserts, a.AppliedInserts}, "lost at request %d", cut)
	require.Equal(t, []int64{1, 1, 1, 1}, []int64{b.Inserts, b.AppliedInserts, b.Updates, b.AppliedUpdates}, "lost at request %d", cut)
	c := report.Changes
	require.Equal(t, []int64{5, 5, 0}, []int64{c.Read, c.Applied, c.Waiting}, "lost at request %d", cut)
}

// TestLakeCountsRejectsAndStructureOnce is the same for rows that the target cannot hold, and for changes of structure.
func TestLakeCountsRejectsAndStructureOnce(t *testing.T) {
	for _, reaches := range []bool{false, true} {
		source, l := newEnd(t, "sqlite"), newLake(t)
		source.exec(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)")
		b := newBroker(t, l.Endpoint)
		b.reaches = reaches
		set := lakeWith("Rfc4180", "false")
		load(t, source, l.end, set, l.through(b))
		lost := 0
		for cut := int64(1); cut <= 9; cut += 2 {
			source.exec(t, fmt.Sprintf("INSERT INTO a (id, v) VALUES (%d, 'v'), (%d, 'a,b')", 10*cut, 10*cut+1), fmt.Sprintf("ALTER TABLE a ADD COLUMN c%d TEXT", cut),
				fmt.Sprintf("INSERT INTO a (id, v) VALUES (%d, 'c,d'), (%d, 'v')", 10*cut+2, 10*cut+3))
			b.n.Store(0)
			b.limit.Store(cut)
			b.tripped = func() { lost++; b.limit.Store(0) }
			report := catchUp(t, source, l.end, set, l.through(b), func(c *taskConfig) { c.Settings.ErrorBehavior.RecoverableErrorInterval = 0 })
			b.limit.Store(0)
			a := changesOf(t, report, "a")
			require.Equal(t, []int64{4, 2, 2, 1, 1}, []int64{a.Inserts, a.AppliedInserts, a.Failed, a.DDLs, a.AppliedDDLs}, "lost at request %d", cut)
		}
		require.GreaterOrEqual(t, lost, 3)
	}
}
