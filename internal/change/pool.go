package change

import "context"

// Pool lends a fixed number of batches. Get waits until one is free, which is how a slow writer holds back its reader.
type Pool struct{ free chan *Batch }

// NewPool makes a pool of n batches of at most maxRows rows each; 0 leaves the bound at MaxBatchRows.
func NewPool(n, maxRows int) *Pool {
	p := &Pool{free: make(chan *Batch, n)}
	for range n {
		p.free <- &Batch{maxRows: maxRows}
	}
	return p
}

// Get borrows a batch and resets it to the layouts.
func (p *Pool) Get(ctx context.Context, layouts []Layout) (*Batch, error) {
	select {
	case b := <-p.free:
		b.Reset(layouts)
		return b, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Put gives a batch back. Buffers that one huge value has blown up are let go.
func (p *Pool) Put(b *Batch) {
	for i := range b.Columns {
		if cap(b.Columns[i].Data) > 4*MaxBatchBytes {
			b.Columns[i].Data = nil
		}
	}
	p.free <- b
}
