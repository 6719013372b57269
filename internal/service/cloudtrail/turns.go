package cloudtrail

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

const (
	// perSecond is how many look-ups an account may begin in a second ("The rate of lookup requests is limited to two per second, per account, per
	// Region. If this limit is exceeded, a throttling error occurs", CloudTrail API reference, LookupEvents).
	perSecond = 2
	// burst is how many may follow each other at once: a client turns a few pages.
	burst = 10
	// atOnce bounds those that are under way, each of which may read for the length of its patience.
	atOnce = 4
)

// turns bound look-ups: each may read much of the trail.
type turns struct {
	rate  *rate.Limiter
	under chan struct{}
}

func newTurns() *turns {
	return &turns{rate: rate.NewLimiter(perSecond, burst), under: make(chan struct{}, atOnce)}
}

// take begins a look-up; end ends it.
func (t *turns) take(now time.Time) (end func(), err error) {
	if !t.rate.AllowN(now, 1) {
		return nil, tooMany()
	}
	select {
	case t.under <- struct{}{}:
		return func() { <-t.under }, nil
	default:
		return nil, tooMany()
	}
}

func tooMany() error { return wire.Throttling.New(wire.JSON11, "Rate exceeded") }
