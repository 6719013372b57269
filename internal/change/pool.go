package change

import (
	"context"
	"sync"
)

// Pool lends a fixed number of batches. Get waits until one is free, which is how a slow writer holds back its reader.
//
// The batch that came back last is lent first, so that where huge values travel one at a time, as they should, one
// buffer serves all of them.
type Pool struct {
	places chan struct{}
	mu     struct {
		sync.Mutex
		free []*Batch
		huge *Batch // the one batch that may keep a huge buffer
	}
}

// Buffers above hugeBuffer are let go, but for one; above keptBuffer, all are.
const (
	hugeBuffer = 4 * MaxBatchBytes
	keptBuffer = 128 << 20
)

// NewPool makes a pool of n batches of at most maxRows rows each; 0 leaves the bound at MaxBatchRows.
func NewPool(n, maxRows int) *Pool {
	p := &Pool{places: make(chan struct{}, n)}
	for range n {
		p.mu.free = append(p.mu.free, &Batch{maxRows: maxRows})
		p.places <- struct{}{}
	}
	return p
}

// Get borrows a batch and resets it to the layouts.
func (p *Pool) Get(ctx context.Context, layouts []Layout) (*Batch, error) {
	select {
	case <-p.places:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	p.mu.Lock()
	last := len(p.mu.free) - 1
	b := p.mu.free[last]
	p.mu.free = p.mu.free[:last]
	p.mu.Unlock()
	b.Reset(layouts)
	return b, nil
}

// Put gives a batch back.
func (p *Pool) Put(b *Batch) {
	p.mu.Lock()
	if b.blownUp() && (p.mu.huge == nil || p.mu.huge == b) {
		p.mu.huge = b
		b.letGo(keptBuffer)
	} else {
		b.letGo(hugeBuffer)
	}
	p.mu.free = append(p.mu.free, b)
	p.mu.Unlock()
	p.places <- struct{}{}
}

// blownUp reports whether a huge value has left a huge buffer behind.
func (b *Batch) blownUp() bool {
	for i := range b.Columns {
		if cap(b.Columns[i].Data) > hugeBuffer {
			return true
		}
	}
	return false
}

// letGo frees the buffers above a size, and all but one of those above hugeBuffer.
func (b *Batch) letGo(size int) {
	for i := range b.Columns {
		if n := cap(b.Columns[i].Data); n > size {
			b.Columns[i].Data = nil
		} else if n > hugeBuffer {
			size = hugeBuffer
		}
	}
}
