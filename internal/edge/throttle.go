package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Throttle says how many calls each principal may make: a bucket of Burst calls that fills at Rate a second. A Rate of 0
// is no limit.
type Throttle struct {
	Rate  float64
	Burst int
}

const maxBuckets = 10000

type throttle struct {
	config Throttle
	mu     struct {
		sync.Mutex
		buckets map[string]*bucket
	}
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

func newThrottle(c Throttle) *throttle {
	t := &throttle{config: c}
	t.mu.buckets = map[string]*bucket{}
	return t
}

// allow takes a call out of the principal's bucket. Sessions of one role share the role's.
// Callers that are nobody yet are told apart by their address.
func (t *throttle) allow(call *service.Call, now time.Time) (wait time.Duration, ok bool) {
	if t.config.Rate <= 0 {
		return 0, true
	}
	if t.take(call, 1, now) {
		return 0, true
	}
	return time.Duration(float64(time.Second) / t.config.Rate), false
}

// charge takes further calls out of the principal's bucket, but no more than a full one holds once the call itself is taken.
func (t *throttle) charge(call *service.Call, calls int, now time.Time) bool {
	return t.config.Rate <= 0 || t.take(call, min(calls, max(t.config.Burst, 1)-1), now)
}

func (t *throttle) take(call *service.Call, calls int, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := call.Principal.IdentityARN()
	if call.Principal.Kind == service.Anonymous {
		name = sourceOf(call.Source.IP).String()
	}
	b := t.mu.buckets[name]
	if b == nil {
		if len(t.mu.buckets) >= maxBuckets {
			t.sweep(now)
		}
		b = &bucket{Limiter: rate.NewLimiter(rate.Limit(t.config.Rate), max(t.config.Burst, 1))}
		t.mu.buckets[name] = b
	}
	if b.used.After(now) { // the limiter would fill the bucket for that time once more
		now = b.used
	}
	b.used = now
	return b.AllowN(now, calls)
}

// sweep forgets buckets that have filled up again.
func (t *throttle) sweep(now time.Time) {
	full := time.Duration(float64(t.config.Burst) / t.config.Rate * float64(time.Second))
	for name, b := range t.mu.buckets {
		if now.Sub(b.used) >= full {
			delete(t.mu.buckets, name)
		}
	}
}

// charge counts further calls of the caller.
func (x *exchange) charge(calls int) error {
	if !x.edge.throttle.charge(x.call, calls, x.now) {
		return throttled(x.protocol, 0)
	}
	return nil
}

func throttled(p wire.Protocol, _ time.Duration) error {
	return wire.Throttling.New(p, "Rate exceeded")
}
