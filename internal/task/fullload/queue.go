package fullload

import (
	"container/heap"
	"context"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// work is one thing for a worker to do: load a segment, or run the statements that follow a table's last row.
type work struct {
	table      *tableState
	segment    connector.Segment
	statements []catalog.Statement // set for a build
	then       func(context.Context)
}

func (w work) isBuild() bool { return w.then != nil }

// before orders the work of one table: the largest first.
func (w work) before(o work) bool {
	if w.segment.Bytes != o.segment.Bytes {
		return w.segment.Bytes > o.segment.Bytes
	}
	return w.segment.Number < o.segment.Number
}

// queue hands out work until all of it, and what it led to, is done.
type queue struct {
	perTable int  // how much work of one table is done at once; 0 means no bound
	extra    bool // there are workers for small tables alone
	mu       struct {
		sync.Mutex
		tables tableHeap
		// huge are the tables of huge rows: one worker at a time takes from them, or each would hold some such rows.
		huge       tableHeap
		hugeActive int
		// small are those that extra workers take from too.
		small tableHeap
		open  int // pieces of work queued or being done
	}
	changed *sync.Cond
}

func newQueue(perTable int) *queue {
	q := &queue{perTable: perTable}
	q.changed = sync.NewCond(&q.mu)
	return q
}

func (q *queue) push(w work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.open++
	l := &w.table.line
	heap.Push(&l.waiting, w)
	q.place(w.table)
	if q.extra {
		q.changed.Broadcast() // the one that a signal wakes may not be one to take it
		return
	}
	q.changed.Signal()
}

// place puts a table where it belongs after its work has changed: into its heap, or out of it while there is nothing of it
// that may be done now.
func (q *queue) place(t *tableState) {
	l, h := &t.line, q.of(t)
	ready := len(l.waiting) > 0 && (q.perTable == 0 || l.active < q.perTable)
	switch {
	case ready && l.queued:
		heap.Fix(h, l.place)
	case ready:
		heap.Push(h, t)
	case l.queued:
		heap.Remove(h, l.place)
	}
}

// of returns the heap the table belongs to.
func (q *queue) of(t *tableState) *tableHeap {
	switch {
	case t.huge:
		return &q.mu.huge
	case t.small:
		return &q.mu.small
	}
	return &q.mu.tables
}

// next returns the table whose work is to be done next, or nil when there is none now.
func (q *queue) next() *tableState {
	t := q.nextSmall()
	if len(q.mu.tables) > 0 && (t == nil || q.mu.tables[0].goesBefore(t)) {
		t = q.mu.tables[0]
	}
	if len(q.mu.huge) > 0 && q.mu.hugeActive == 0 && (t == nil || q.mu.huge[0].goesBefore(t)) {
		t = q.mu.huge[0]
	}
	return t
}

// nextSmall is next for an extra worker.
func (q *queue) nextSmall() *tableState {
	if len(q.mu.small) == 0 {
		return nil
	}
	return q.mu.small[0]
}

// pop waits for work. It returns false when there is none left or ctx has ended.
func (q *queue) pop(ctx context.Context) (work, bool) { return q.popBy(ctx, q.next) }

// popSmall is pop for an extra worker.
func (q *queue) popSmall(ctx context.Context) (work, bool) { return q.popBy(ctx, q.nextSmall) }

func (q *queue) popBy(ctx context.Context, next func() *tableState) (work, bool) {
	defer context.AfterFunc(ctx, q.wake)()
	q.mu.Lock()
	defer q.mu.Unlock()
	for next() == nil && q.mu.open > 0 && ctx.Err() == nil {
		q.changed.Wait()
	}
	t := next()
	if ctx.Err() != nil || t == nil {
		return work{}, false
	}
	w := heap.Pop(&t.line.waiting).(work)
	t.line.active++
	if t.huge {
		q.mu.hugeActive++
	}
	q.place(t)
	return w, true
}

// done says that a piece of popped work, and every push it makes, is over.
func (q *queue) done(w work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w.table.line.active--
	q.place(w.table)
	if w.table.huge {
		q.mu.hugeActive--
	}
	if w.table.huge || q.perTable > 0 {
		q.changed.Broadcast()
	}
	q.mu.open--
	if q.mu.open == 0 {
		q.changed.Broadcast()
	}
}

func (q *queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.changed.Broadcast()
}

// line is a table's place in the queue; the queue's lock guards it.
type line struct {
	waiting workHeap
	active  int // pieces being done
	queued  bool
	place   int
}

// goesBefore orders the tables: those with an index to build first, for that is the tail of the longest ones; then DMS's
// load order; then the one with the fewest workers, since loads of one table may wait for each other (MySQL's
// AUTO_INCREMENT lock, a B-tree's last page); then the one with the largest segment.
func (t *tableState) goesBefore(o *tableState) bool {
	w, v := t.line.waiting[0], o.line.waiting[0]
	if w.isBuild() != v.isBuild() {
		return w.isBuild()
	}
	if t.LoadOrder != o.LoadOrder {
		return t.LoadOrder > o.LoadOrder
	}
	if t.line.active != o.line.active {
		return t.line.active < o.line.active
	}
	if w.segment.Bytes != v.segment.Bytes {
		return w.segment.Bytes > v.segment.Bytes
	}
	return t.index < o.index
}

type tableHeap []*tableState

func (h tableHeap) Len() int           { return len(h) }
func (h tableHeap) Less(i, j int) bool { return h[i].goesBefore(h[j]) }
func (h tableHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].line.place, h[j].line.place = i, j
}

func (h *tableHeap) Push(x any) {
	t := x.(*tableState)
	t.line.queued, t.line.place = true, len(*h)
	*h = append(*h, t)
}

func (h *tableHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	t.line.queued = false
	*h = (*h)[:last]
	return t
}

type workHeap []work

func (h workHeap) Len() int           { return len(h) }
func (h workHeap) Less(i, j int) bool { return h[i].before(h[j]) }
func (h workHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *workHeap) Push(x any)        { *h = append(*h, x.(work)) }
func (h *workHeap) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	*h = (*h)[:last]
	return w
}
