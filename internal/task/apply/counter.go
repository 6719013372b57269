package apply

import "sync/atomic"

// Counter counts what may come a second time after a connection was lost, once. It never goes back. One goroutine adds at a time.
type Counter struct {
	// n is the count, kept the part of it that is durable, owed what comes again.
	n, kept, owed atomic.Int64
}

// Load is the count.
func (c *Counter) Load() int64 { return c.n.Load() }

// Add counts n more, but for those that are owed.
func (c *Counter) Add(n int64) {
	if owed := c.owed.Load(); owed > 0 {
		again := min(owed, n)
		c.owed.Add(-again)
		n -= again
	}
	c.n.Add(n)
}

// Keep says that n more are durable: they do not come again.
func (c *Counter) Keep(n int64) { c.kept.Add(n) }

// Lost says that everything that was not kept comes again.
func (c *Counter) Lost() { c.owed.Store(c.n.Load() - c.kept.Load()) }
