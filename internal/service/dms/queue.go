package dms

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A queue hands keys of records to workers. A key is in it once, however often it was added, and is never worked on twice
// at the same time: added meanwhile, it comes again afterwards.
type queue struct {
	wake chan struct{} // holds a token while keys may wait

	mu struct {
		sync.Mutex
		order   []string
		waiting map[string]bool
		working map[string]bool
		again   map[string]bool // added while it was worked on
		timers  map[string]*time.Timer
		tries   map[string]int // failures in a row
		closed  bool
	}
}

func newQueue() *queue {
	q := &queue{wake: make(chan struct{}, 1)}
	q.mu.waiting, q.mu.working, q.mu.again = map[string]bool{}, map[string]bool{}, map[string]bool{}
	q.mu.timers, q.mu.tries = map[string]*time.Timer{}, map[string]int{}
	return q
}

func (q *queue) add(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.addLocked(key)
}

func (q *queue) addLocked(key string) {
	if timer := q.mu.timers[key]; timer != nil {
		timer.Stop()
		delete(q.mu.timers, key)
	}
	switch {
	case q.mu.closed || q.mu.waiting[key]:
	case q.mu.working[key]:
		q.mu.again[key] = true
	default:
		q.mu.waiting[key] = true
		q.mu.order = append(q.mu.order, key)
		q.signal()
	}
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// addAfter adds a key later, unless it is added before.
func (q *queue) addAfter(key string, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.addAfterLocked(key, wait)
}

func (q *queue) addAfterLocked(key string, wait time.Duration) {
	if q.mu.closed || q.mu.waiting[key] || q.mu.timers[key] != nil {
		return
	}
	q.mu.timers[key] = time.AfterFunc(wait, func() { q.add(key) })
}

// take waits for a key.
func (q *queue) take(ctx context.Context) (string, bool) {
	for {
		q.mu.Lock()
		if len(q.mu.order) > 0 {
			key := q.mu.order[0]
			q.mu.order = q.mu.order[1:]
			delete(q.mu.waiting, key)
			q.mu.working[key] = true
			if len(q.mu.order) > 0 {
				q.signal() // for the next worker
			}
			q.mu.Unlock()
			return key, true
		}
		q.mu.Unlock()
		select {
		case <-q.wake:
		case <-ctx.Done():
			return "", false
		}
	}
}

// Bounds of the wait after a failure; it doubles from one to the next.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 30 * time.Second
)

// done gives a key back. After a failure it comes again by itself, later each time. The answer is how often it has failed
// in a row.
func (q *queue) done(key string, failed bool) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.mu.working, key)
	again := q.mu.again[key]
	delete(q.mu.again, key)
	if !failed {
		delete(q.mu.tries, key)
	} else {
		q.mu.tries[key]++
	}
	switch {
	case again:
		q.addLocked(key)
	case failed:
		wait := min(firstWait<<min(q.mu.tries[key]-1, 10), longestWait)
		q.addAfterLocked(key, wait/2+rand.N(wait/2))
	}
	return q.mu.tries[key]
}

// tries is how often a key has failed in a row.
func (q *queue) tries(key string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.mu.tries[key]
}

// close drops what waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.closed = true
	for key, timer := range q.mu.timers {
		timer.Stop()
		delete(q.mu.timers, key)
	}
	q.mu.order = nil
}
