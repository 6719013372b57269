package redshift

import (
	"context"
	"errors"
	"sync"
)

var errClosed = errors.New("the target is closed")

// pool lends connections, at most so many at once.
type pool struct {
	open  func(context.Context) (*conn, error)
	slots chan struct{}
	mu    struct {
		sync.Mutex
		idle   []*conn
		closed bool
	}
}

func newPool(n int, open func(context.Context) (*conn, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, n)}
}

func (p *pool) get(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	p.mu.Lock()
	closed := p.mu.closed
	var c *conn
	if n := len(p.mu.idle); n > 0 {
		c, p.mu.idle = p.mu.idle[n-1], p.mu.idle[:n-1]
	}
	p.mu.Unlock()
	if c != nil && !c.IsClosed() && c.CheckConn() == nil { //nolint:staticcheck // Ping would be one more round trip each time, and this need only find what the server has closed
		return c, nil
	}
	if c != nil { // the server has closed it meanwhile
		c.end()
	}
	err := errClosed
	if !closed {
		c, err = p.open(ctx)
	}
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
}

// put takes a connection back. One that is not idle is ended.
func (p *pool) put(c *conn) {
	defer func() { <-p.slots }()
	p.mu.Lock()
	keep := !p.mu.closed && !c.IsClosed() && c.TxStatus() == 'I'
	if keep {
		p.mu.idle = append(p.mu.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.end()
	}
}

func (p *pool) with(ctx context.Context, doing string, f func(*conn) error) error {
	c, err := p.get(ctx)
	if err != nil {
		return classify(ctx, doing, err)
	}
	defer p.put(c)
	return classify(ctx, doing, f(c))
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.mu.idle
	p.mu.idle, p.mu.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.end()
	}
}

// once remembers what was done.
type once struct {
	sync.Mutex
	done map[string]bool
}

// first reports whether a key is asked for the first time.
func (o *once) first(key string) bool {
	o.Lock()
	defer o.Unlock()
	if o.done[key] {
		return false
	}
	if o.done == nil {
		o.done = map[string]bool{}
	}
	o.done[key] = true
	return true
}
