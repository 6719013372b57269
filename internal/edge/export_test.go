package edge

import (
	"net/netip"
	"time"
)

// Within sets how long a request and its answer may take, which tests do not wait for.
func (s *Server) Within(request, answer time.Duration) {
	s.http.ReadTimeout, s.http.WriteTimeout = request, answer
}

// Crowd makes as many bad requests of an address wait as may, for good.
func (e *Edge) Crowd(ip netip.Addr) {
	for range freeFailures + waitingPerAddr {
		e.penalties.failed(ip, time.Now())
		e.penalties.delay(ip)
	}
}

// Offenders counts the sources that have sent bad signatures.
func (e *Edge) Offenders() int {
	e.penalties.mu.Lock()
	defer e.penalties.mu.Unlock()
	return len(e.penalties.mu.sources)
}
