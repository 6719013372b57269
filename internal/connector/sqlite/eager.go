package sqlite

import (
	"context"
	"time"
)

// eagerPause is how often the write lock is asked for.
const eagerPause = 500 * time.Microsecond

// transactEagerly runs f in a transaction that it begins as soon as nobody else writes. SQLite's own way of waiting looks
// more and more seldom, up to ten times a second, and hardly ever gets the lock from an application that writes all the time.
func transactEagerly(ctx context.Context, c *conn, patience time.Duration, f func() error) error {
	c.wait(0)
	for begun := time.Now(); ; {
		err := c.exec("BEGIN IMMEDIATE")
		if err == nil {
			break
		}
		if !isBusy(err) || time.Since(begun) > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(eagerPause):
		}
	}
	// In a rollback-journal file the commit waits for readers, and keeps new ones away meanwhile.
	c.wait(patience)
	return finish(c, f())
}
