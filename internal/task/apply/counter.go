package apply

import "sync/atomic"

// Counter counts what may come a second time after a connection was lost, once. It never goes back. One goroutine adds at a time.
type Counter struct {
	// n is the count, kept the part of it that is durable, owed what comes again.
	n, kept, owed atomic.Int64
}

// Load is the count.
func (c *Counter) Load() int64 { return c.n.Load() }

// Kept is the part of the count that is durable: the rest comes again, unless its commit has become durable unheard.
func (c *Counter) Kept() int64 { return c.kept.Load() }

// Add counts n more, but for those that are owed.
func (c *Counter) Add(n int64) {
	if owed := c.owed.Load(); owed > 0 {
		again := min(owed, n)
		c.owed.Add(-again)
		n -= again
	}
	c.n.Add(n)
}

// Again takes one that is owed off, when what comes again is passed over. It reports whether one was owed.
func (c *Counter) Again() bool {
	owed := c.owed.Load() > 0
	if owed {
		c.owed.Add(-1)
	}
	return owed
}

// Keep says that n more are durable: they do not come again. Those that nobody has counted, because the answer to their commit was
// lost, are counted now.
func (c *Counter) Keep(n int64) {
	kept := c.kept.Add(n)
	if kept > c.n.Load() {
		c.n.Store(kept)
	}
}

// Lost says that everything that was not kept comes again.
func (c *Counter) Lost() { c.owed.Store(c.n.Load() - c.kept.Load()) }
