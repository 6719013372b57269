package sqlite

import (
	"time"

	lib "modernc.org/sqlite/lib"
)

const (
	// hotPatience bounds how long a reader waits for others to roll back what stands in a journal: nothing interrupts it meanwhile.
	hotPatience = time.Second
	hotPause    = time.Millisecond
)

// settled calls f again while it meets a journal that only a writer could roll back. A program that rolls back deletes its journal, and a
// reader that has seen it and finds it gone takes it for one that a crash has left ("this might be a false positive", says hasHotJournal in
// SQLite's pager.c of it; ticket 3883). Where f fails so it has begun nothing yet.
func (c *conn) settled(f func() int32) int32 {
	rc := f()
	for begun := time.Now(); rc == lib.SQLITE_READONLY_ROLLBACK && time.Since(begun) < c.hotPatience; rc = f() {
		<-time.After(hotPause)
	}
	return rc
}

// wait sets how long the connection waits for others.
func (c *conn) wait(d time.Duration) {
	c.hotPatience = min(d, hotPatience)
	lib.Xsqlite3_busy_timeout(c.tls, c.db, int32(d.Milliseconds()))
}
