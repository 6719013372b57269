package postgres

import (
	"context"
	"sync"
)

// pool keeps up to a number of connections and lends each to one user at a time. C is *wire or *pgx.Conn.
type pool[C any] struct {
	slots chan struct{}
	open  func(context.Context) (C, error)
	end   func(C)

	mu struct {
		sync.Mutex
		idle   []C
		closed bool
	}
}

func newPool[C any](n int, open func(context.Context) (C, error), end func(C)) *pool[C] {
	return &pool[C]{slots: make(chan struct{}, n), open: open, end: end}
}

// get waits for a free slot and lends an idle connection or a new one.
func (p *pool[C]) get(ctx context.Context) (C, error) {
	var none C
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	p.mu.Lock()
	if n := len(p.mu.idle); n > 0 {
		c := p.mu.idle[n-1]
		p.mu.idle = p.mu.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := p.open(ctx)
	if err != nil {
		<-p.slots
		return none, err
	}
	return c, nil
}

// put gives a connection back; one that is not fit for more work is ended.
func (p *pool[C]) put(c C, fit bool) {
	p.mu.Lock()
	keep := fit && !p.mu.closed
	if keep {
		p.mu.idle = append(p.mu.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		p.end(c)
	}
	<-p.slots
}

// close ends the idle connections; those still lent end when they come back.
func (p *pool[C]) close() {
	p.mu.Lock()
	idle := p.mu.idle
	p.mu.idle, p.mu.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		p.end(c)
	}
}
