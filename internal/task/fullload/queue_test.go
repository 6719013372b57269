package fullload

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// queued makes tables whose segments have the sizes given, and queues them all.
func queued(q *queue, orders []int, sizes ...[]int64) []*tableState {
	var tables []*tableState
	for i, ss := range sizes {
		t := &tableState{Table: &Table{LoadOrder: orders[i]}, index: i}
		tables = append(tables, t)
		for n, size := range ss {
			q.push(work{table: t, segment: connector.Segment{Number: n + 1, Of: len(ss), Bytes: size}})
		}
	}
	return tables
}

func next(t *testing.T, q *queue) work {
	t.Helper()
	w, ok := q.pop(t.Context())
	require.True(t, ok)
	return w
}

func TestWorkersSpreadOverTables(t *testing.T) {
	q := newQueue(0)
	tables := queued(q, []int{0, 0}, []int64{100, 100, 100}, []int64{10, 10})
	first, second := next(t, q), next(t, q)
	require.Same(t, tables[0], first.table, "the largest first")
	require.Same(t, tables[1], second.table, "a second worker takes another table")
	third := next(t, q)
	require.Same(t, tables[0], third.table, "as many workers on each: the largest again")
	q.done(first)
	q.done(third)
	require.Same(t, tables[0], next(t, q).table)
}

func TestLoadOrderGoesBeforeSize(t *testing.T) {
	q := newQueue(0)
	tables := queued(q, []int{0, 5}, []int64{100}, []int64{1})
	require.Same(t, tables[1], next(t, q).table)
}

func TestBuildsGoFirst(t *testing.T) {
	q := newQueue(0)
	tables := queued(q, []int{9, 0}, []int64{100, 100}, []int64{1})
	w := next(t, q)
	q.push(work{table: tables[1], then: func(context.Context) {}, segment: connector.Segment{Bytes: 1 << 40}})
	require.True(t, next(t, q).isBuild())
	q.done(w)
}

func TestQueueEndsWhenAllIsDone(t *testing.T) {
	q := newQueue(0)
	queued(q, []int{0}, []int64{1})
	w := next(t, q)
	ended := make(chan bool)
	go func() {
		_, ok := q.pop(context.Background())
		ended <- ok
	}()
	q.done(w)
	require.False(t, <-ended)
}

func TestQueueEndsWithItsContext(t *testing.T) {
	q := newQueue(0)
	queued(q, []int{0}, []int64{1})
	next(t, q)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan bool)
	go func() {
		_, ok := q.pop(ctx)
		ended <- ok
	}()
	cancel()
	require.False(t, <-ended)
}

func TestOneWorkerTakesHugeRows(t *testing.T) {
	q := newQueue(0)
	tables := queued(q, []int{0}, []int64{10, 10})
	huge := &tableState{Table: &Table{}, index: 1, huge: true}
	for n := range 3 {
		q.push(work{table: huge, segment: connector.Segment{Number: n + 1, Of: 3, Bytes: 1 << 30}})
	}
	first := next(t, q)
	require.Same(t, huge, first.table, "the largest first")
	second, third := next(t, q), next(t, q)
	require.Same(t, tables[0], second.table, "no second worker on huge rows")
	require.Same(t, tables[0], third.table)
	waiting := make(chan work)
	go func() {
		w, _ := q.pop(context.Background())
		waiting <- w
	}()
	q.done(first)
	require.Same(t, huge, (<-waiting).table)
}

func TestNoMoreWorkersOnATableThanAsked(t *testing.T) {
	q := newQueue(2)
	tables := queued(q, []int{7, 0}, []int64{100, 100, 100, 100}, []int64{1, 1, 1})
	first, second := next(t, q), next(t, q)
	require.Same(t, tables[0], first.table)
	require.Same(t, tables[0], second.table)
	third, fourth := next(t, q), next(t, q)
	require.Same(t, tables[1], third.table, "the table of the higher load-order has its two")
	require.Same(t, tables[1], fourth.table)
	require.Nil(t, q.next(), "a fifth worker has nothing to do")
	waiting := make(chan work)
	go func() {
		w, _ := q.pop(context.Background())
		waiting <- w
	}()
	q.done(second)
	fifth := <-waiting
	require.Same(t, tables[0], fifth.table)
	for _, w := range []work{first, third, fourth, fifth} {
		q.done(w)
	}
	last := []work{next(t, q), next(t, q)}
	require.ElementsMatch(t, tables, []*tableState{last[0].table, last[1].table})
	q.done(last[0])
	q.done(last[1])
	_, more := q.pop(t.Context())
	require.False(t, more)
}

func TestExtraWorkersTakeSmallTablesAlone(t *testing.T) {
	q := newQueue(0)
	q.extra = true
	tables := queued(q, []int{0}, []int64{100, 100})
	small := make([]*tableState, 2)
	for i := range small {
		small[i] = &tableState{Table: &Table{}, index: 1 + i, small: true}
		q.push(work{table: small[i], segment: connector.Segment{Number: 1, Of: 1, Bytes: 200 + int64(i)}})
	}
	require.Same(t, small[1], next(t, q).table, "to the others a small table is one among all")
	extra, ok := q.popSmall(t.Context())
	require.True(t, ok)
	require.Same(t, small[0], extra.table)
	waiting := make(chan work)
	go func() {
		w, _ := q.popSmall(context.Background())
		waiting <- w
	}()
	require.Same(t, tables[0], next(t, q).table)
	q.push(work{table: tables[0], segment: connector.Segment{Number: 3, Of: 3, Bytes: 300}})
	q.push(work{table: small[0], then: func(context.Context) {}})
	require.Same(t, small[0], (<-waiting).table, "what follows the rows too")
}
