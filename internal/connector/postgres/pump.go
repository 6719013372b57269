package postgres

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/whimbreldb/whimbrel/internal/rescue"
)

const (
	pumpBuffers = 4
	pumpSize    = 128 << 10
	// shortPause and longPause are how long the pump lets bytes gather while the stream is behind, and far behind: the
	// server sends every change by itself, and taking each by itself costs more than all the rest.
	shortPause = time.Millisecond
	longPause  = 4 * time.Millisecond
)

// pump reads a connection ahead of its user, so that the user can tell whether more is at hand. Only the goroutine that
// uses the stream calls its methods.
type pump struct {
	ready, free chan []byte
	err         error // why ready was closed
	now         []byte
	whole       []byte // the buffer that now is the rest of
	ctx         context.Context
	pause       atomic.Int64 // a time.Duration
	done        chan struct{}
}

func newPump(r io.Reader) *pump {
	p := &pump{ready: make(chan []byte, pumpBuffers), free: make(chan []byte, pumpBuffers), ctx: context.Background(), done: make(chan struct{})}
	for range pumpBuffers {
		p.free <- make([]byte, pumpSize)
	}
	go p.run(r)
	return p
}

func (p *pump) run(r io.Reader) {
	defer close(p.done)
	defer close(p.ready)
	p.err = rescue.Run(func() error { return p.fill(r) })
}

// fill reads until it cannot go on, or nobody wants more.
func (p *pump) fill(r io.Reader) error {
	full := false
	for b := range p.free {
		if pause := time.Duration(p.pause.Load()); pause > 0 && !full {
			<-time.After(pause)
		}
		n, err := r.Read(b[:cap(b)])
		full = n > pumpSize/2
		if n > 0 {
			p.ready <- b[:n]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stop waits for the pump to end; its connection must have been closed.
func (p *pump) stop() {
	close(p.free)
	<-p.done
}

// atHand reports whether bytes can be read without waiting.
func (p *pump) atHand() bool { return len(p.now) > 0 || len(p.ready) > 0 }

// await waits until bytes are at hand, or for a time.
func (p *pump) await(ctx context.Context, timer <-chan time.Time) (bool, error) {
	if len(p.now) > 0 {
		return true, nil
	}
	select {
	case b, ok := <-p.ready:
		return p.take(b, ok)
	default:
	}
	select {
	case b, ok := <-p.ready:
		return p.take(b, ok)
	case <-timer:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

func (p *pump) take(b []byte, ok bool) (bool, error) {
	if !ok {
		return false, p.err
	}
	p.now, p.whole = b, b
	return true, nil
}

// Read implements io.Reader; it waits as long as the context of the pump lasts.
func (p *pump) Read(dst []byte) (int, error) {
	if len(p.now) == 0 {
		if _, err := p.await(p.ctx, nil); err != nil {
			return 0, err
		}
	}
	n := copy(dst, p.now)
	p.now = p.now[n:]
	if len(p.now) == 0 {
		p.free <- p.whole[:0:cap(p.whole)]
		p.whole = nil
	}
	return n, nil
}
