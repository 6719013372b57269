package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// snapshot is a set of connections, each inside a read transaction on the same commit.
//
// A rollback-journal database lets nobody commit while one reader holds its SHARED lock, so transactions begun one
// after another see the same rows once the first has read. In WAL mode writers go on, and each transaction sees the
// last commit before its first read. There sqlite3_snapshot_open takes the other readers to the commit of the first.
// It needs a write-ahead log that holds at least one commit; without one, a watcher connection compares
// PRAGMA data_version, which changes with every commit by anyone else, from before the first transaction to after the
// last, and when it has changed all begin again.
type snapshot struct {
	source   *source
	readers  []*conn
	free     chan *conn
	closing  sync.Once
	files    string // as they were before it began
	position string // of the last change in the snapshot, when changes are captured
}

var _ connector.Snapshot = (*snapshot)(nil)

// errMoved says that somebody has committed between two of the readers.
var errMoved = errors.New("the database changed while the readers were opened")

// beginAttempts times beginPause bounds how long readers are opened again and again under a stream of commits.
const (
	beginAttempts = 500
	beginPause    = 10 * time.Millisecond
)

// Snapshot implements connector.Source.
func (s *source) Snapshot(ctx context.Context, readers int) (connector.Snapshot, error) {
	readers = max(readers, 1)
	sn := &snapshot{source: s, free: make(chan *conn, readers)}
	for range readers {
		c, err := s.connect()
		if err != nil {
			_ = sn.disconnect()
			return nil, err
		}
		// Waiting with some of the readers open would keep away the very writer that is waited for.
		c.wait(beginPause)
		sn.readers = append(sn.readers, c)
	}
	if err := sn.begin(ctx); err != nil {
		_ = sn.disconnect()
		return nil, classify("begin a snapshot of "+s.at.path, err)
	}
	for _, c := range sn.readers {
		sn.free <- c
	}
	return sn, nil
}

func (sn *snapshot) begin(ctx context.Context) error {
	watcher, err := sn.source.connect()
	if err != nil {
		return err
	}
	defer watcher.close()
	for range beginAttempts {
		err = watcher.during(ctx, func() error { return sn.beginOnce(watcher) })
		if !errors.Is(err, errMoved) && !isBusy(err) {
			return err
		}
		for _, c := range sn.readers {
			if c.inTransaction() {
				_ = c.exec("ROLLBACK")
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(beginPause):
		}
	}
	if isHot(err) {
		return err
	}
	return &connector.Error{Class: connector.Busy, Err: errMoved, Remedy: "pause the program that writes, or migrate a copy of the file"}
}

func isBusy(err error) bool {
	var ce *codeError
	return errors.As(err, &ce) && (ce.code&0xff == lib.SQLITE_BUSY || ce.code&0xff == lib.SQLITE_LOCKED || isHot(err))
}

// isHot reports whether a journal stands in the way that is to be rolled back by others.
func isHot(err error) bool {
	var ce *codeError
	return errors.As(err, &ce) && ce.code == lib.SQLITE_READONLY_ROLLBACK
}

// beginOnce begins a transaction on every reader and proves that they see the same commit.
func (sn *snapshot) beginOnce(watcher *conn) error {
	before, err := watcher.number("PRAGMA data_version")
	if err != nil {
		return err
	}
	if sn.files, err = sn.source.at.lookAtFiles(); err != nil {
		return err
	}
	first := sn.readers[0]
	if err := beginRead(first); err != nil {
		return err
	}
	if mark, ok := first.snapshotGet(); ok {
		defer lib.Xsqlite3_snapshot_free(first.tls, mark)
		for _, c := range sn.readers[1:] {
			if err := c.snapshotOpen(mark); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range sn.readers[1:] {
		if err := beginRead(c); err != nil {
			return err
		}
	}
	after, err := watcher.number("PRAGMA data_version")
	if err == nil && after != before {
		err = errMoved
	}
	return err
}

// beginRead begins a transaction and reads, since BEGIN alone takes no lock.
func beginRead(c *conn) error {
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	_, err := c.number("SELECT count(*) FROM sqlite_schema")
	return err
}

// snapshotGet names the commit that the connection's transaction sees, in WAL mode and once the log holds a commit.
func (c *conn) snapshotGet() (mark uintptr, ok bool) {
	slot := c.tls.Alloc(16)
	defer c.tls.Free(16)
	rc := lib.Xsqlite3_snapshot_get(c.tls, c.db, mainName(slot+8), slot)
	return *(*uintptr)(pointer(slot)), rc == lib.SQLITE_OK
}

// snapshotOpen begins a transaction that sees the commit of the mark. The commit cannot have been lost, as the
// transaction the mark was taken in is still open.
func (c *conn) snapshotOpen(mark uintptr) error {
	// The library opens the log of a connection at its first read only.
	if err := beginRead(c); err != nil {
		return err
	}
	if err := c.exec("COMMIT; BEGIN"); err != nil {
		return err
	}
	slot := c.tls.Alloc(8)
	defer c.tls.Free(8)
	if rc := lib.Xsqlite3_snapshot_open(c.tls, c.db, mainName(slot), mark); rc != lib.SQLITE_OK {
		if rc == lib.SQLITE_ERROR_SNAPSHOT || rc&0xff == lib.SQLITE_BUSY {
			return errMoved
		}
		return c.failure(rc)
	}
	return nil
}

// mainName writes the schema's name as a C string into eight bytes of SQLite's memory.
func mainName(at uintptr) uintptr {
	*(*[8]byte)(pointer(at)) = [8]byte{'m', 'a', 'i', 'n'}
	return at
}

// borrow takes a reader, waiting for one that is free.
func (sn *snapshot) borrow(ctx context.Context) (*conn, error) {
	select {
	case c, ok := <-sn.free:
		if !ok {
			return nil, &connector.Error{Class: connector.Lost, Err: errors.New("the snapshot is closed")}
		}
		return c, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// with runs f on a reader.
func (sn *snapshot) with(ctx context.Context, doing string, f func(*conn) error) error {
	c, err := sn.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { sn.free <- c }()
	if !c.inTransaction() {
		return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("%s: the read transaction has ended", doing)}
	}
	return classify(doing, c.during(ctx, func() error { return f(c) }))
}

// Position implements connector.Snapshot. It is empty but for a snapshot that Capture has opened.
func (sn *snapshot) Position() string { return sn.position }

// Layout implements connector.Snapshot.
func (sn *snapshot) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.ReadType()) }

// Close implements connector.Snapshot. It waits for the reads that are under way; later ones fail with class Lost.
func (sn *snapshot) Close() error {
	var err error
	sn.closing.Do(func() {
		for range sn.readers {
			<-sn.free
		}
		close(sn.free)
		err = sn.disconnect()
	})
	return err
}

func (sn *snapshot) disconnect() error {
	var all []error
	for _, c := range sn.readers {
		all = append(all, c.close())
	}
	return errors.Join(all...)
}
