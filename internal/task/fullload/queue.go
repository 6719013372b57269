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

// before orders the queue: builds first, for they are the tail of the longest tables; then DMS's load order; then the
// largest.
func (w work) before(o work) bool {
	if w.isBuild() != o.isBuild() {
		return w.isBuild()
	}
	if w.table.LoadOrder != o.table.LoadOrder {
		return w.table.LoadOrder > o.table.LoadOrder
	}
	if w.segment.Bytes != o.segment.Bytes {
		return w.segment.Bytes > o.segment.Bytes
	}
	if w.table.index != o.table.index {
		return w.table.index < o.table.index
	}
	return w.segment.Number < o.segment.Number
}

// queue hands out work until all of it, and what it led to, is done.
type queue struct {
	mu struct {
		sync.Mutex
		heap workHeap
		open int // queued or being done
	}
	changed *sync.Cond
}

func newQueue() *queue {
	q := &queue{}
	q.changed = sync.NewCond(&q.mu)
	return q
}

func (q *queue) push(w work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.open++
	heap.Push(&q.mu.heap, w)
	q.changed.Signal()
}

// pop waits for work. It returns false when there is none left or ctx has ended.
func (q *queue) pop(ctx context.Context) (work, bool) {
	defer context.AfterFunc(ctx, q.wake)()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.mu.heap) == 0 && q.mu.open > 0 && ctx.Err() == nil {
		q.changed.Wait()
	}
	if ctx.Err() != nil || len(q.mu.heap) == 0 {
		return work{}, false
	}
	return heap.Pop(&q.mu.heap).(work), true
}

// done says that a piece of popped work, and every push it makes, is over.
func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
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
