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

// Held counts the bytes of bodies whose senders are not known.
func (e *Edge) Held() int {
	e.strangers.mu.Lock()
	defer e.strangers.mu.Unlock()
	return e.strangers.mu.held
}

// HeldOfKnown counts those of bodies that name a known key and found no room among strangers'.
func (e *Edge) HeldOfKnown() int {
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	return e.known.mu.held
}

// Bound sets how many connections may be.
func (c *Connections) Bound(most, share int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most, c.share = most, share
}

// RoomOfSource is how much a source may hold.
const RoomOfSource = shareOfSource

// MaxHead bounds a request's head.
const MaxHead = maxHeaderBytes
