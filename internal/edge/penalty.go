package edge

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// A source that sends bad signatures is answered later each time. Only its failed requests wait: whoever shares its
// address and signs well is not held up, however many wait. Few of them may wait at a time; more are turned away at once.
const (
	freeFailures   = 5 // a person's slips cost nothing
	firstDelay     = 50 * time.Millisecond
	longestDelay   = 5 * time.Second
	forgetAfter    = time.Minute // without a failure
	waitingPerAddr = 16
	maxSources     = 8192
)

type penalties struct {
	mu struct {
		sync.Mutex
		sources map[netip.Prefix]*offender
	}
}

type offender struct {
	failures int
	last     time.Time
	waiting  int
}

func newPenalties() *penalties {
	p := &penalties{}
	p.mu.sources = map[netip.Prefix]*offender{}
	return p
}

// sourceOf takes an IPv6 network for one source: its holder has all addresses of it.
func sourceOf(ip netip.Addr) netip.Prefix {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	source, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return source
}

// failed counts a bad signature.
func (p *penalties) failed(ip netip.Addr, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	source := sourceOf(ip)
	o := p.mu.sources[source]
	if o == nil {
		if len(p.mu.sources) >= maxSources {
			p.forget(now)
		}
		o = &offender{}
		p.mu.sources[source] = o
	}
	if now.Sub(o.last) > forgetAfter {
		o.failures = 0
	}
	o.failures++
	o.last = now
}

// forget makes room: first those that have been quiet, then anyone who is not waiting.
func (p *penalties) forget(now time.Time) {
	for source, o := range p.mu.sources {
		if o.waiting == 0 && now.Sub(o.last) > forgetAfter {
			delete(p.mu.sources, source)
		}
	}
	for source, o := range p.mu.sources {
		if len(p.mu.sources) < maxSources {
			return
		}
		if o.waiting == 0 {
			delete(p.mu.sources, source)
		}
	}
}

// delay begins a wait; end ends it. It is not ok when as many of the source wait as may.
func (p *penalties) delay(ip netip.Addr) (wait time.Duration, end func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.mu.sources[sourceOf(ip)]
	switch {
	case o == nil || o.failures <= freeFailures:
		return 0, func() {}, true
	case o.waiting >= waitingPerAddr:
		return 0, nil, false
	}
	o.waiting++
	wait = min(firstDelay<<min(o.failures-freeFailures-1, 10), longestDelay)
	return wait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		o.waiting--
	}, true
}

// slowed counts a request whose signature is refused, and holds the answer back. What fails on our side is nobody's offence.
func (x *exchange) slowed(ctx context.Context, err error) error {
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		return err
	}
	x.edge.penalties.failed(x.source.IP, x.now)
	wait, end, ok := x.edge.penalties.delay(x.source.IP)
	if !ok {
		return wire.Throttling.New(x.protocol, "Rate exceeded")
	}
	defer end()
	if wait == 0 {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return err
}
