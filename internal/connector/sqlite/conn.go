package sqlite

import (
	"context"
	"fmt"
	"sync"
	"time"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// conn is one SQLite connection, used by one goroutine at a time. It speaks SQLite's C interface directly, because
// database/sql boxes and copies every value; the statements below it bind and read without allocating.
type conn struct {
	tls *libc.TLS
	db  uintptr
	// hotPatience is how long a journal of others is waited for.
	hotPatience time.Duration

	mu struct {
		sync.Mutex
		closed bool
	}
}

// openConn opens a database file. The flags are SQLite's own; the connection has no lock of its own, so whoever holds
// it must not share it.
func openConn(l location, flags int32) (*conn, error) {
	name := l.path
	if l.immutable {
		name = l.uri()
		flags |= lib.SQLITE_OPEN_URI
	}
	c := &conn{tls: libc.NewTLS()}
	zName, err := libc.CString(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", l.path, err)
	}
	defer libc.Xfree(c.tls, zName)
	slot := c.tls.Alloc(8)
	defer c.tls.Free(8)
	rc := lib.Xsqlite3_open_v2(c.tls, zName, slot, flags|lib.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(pointer(slot))
	if rc != lib.SQLITE_OK {
		err := c.failure(rc)
		_ = c.close()
		return nil, openError(l, err)
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	c.wait(l.busyTimeout)
	return c, nil
}

func (c *conn) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return nil
	}
	c.mu.closed = true
	rc := int32(lib.SQLITE_OK)
	if c.db != 0 {
		rc = lib.Xsqlite3_close_v2(c.tls, c.db)
	}
	c.tls.Close()
	if rc != lib.SQLITE_OK {
		return &codeError{code: rc, message: "close"}
	}
	return nil
}

// interrupt makes a running statement fail soon. Any goroutine may call it, even after close.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return
	}
	tls := libc.NewTLS() // a TLS belongs to one goroutine
	defer tls.Close()
	lib.Xsqlite3_interrupt(tls, c.db)
}

// during runs f, interrupts it when the context ends, and turns the error of an interrupted statement into the context's.
// It returns only once no interrupt can come any more, lest it hit whoever uses the connection next.
func (c *conn) during(ctx context.Context, f func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		c.interrupt()
	})
	defer func() {
		if !stop() {
			<-interrupted
		}
	}()
	return contextual(ctx, f())
}

// contextual replaces an error that the end of the context has caused with the context's own.
func contextual(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w (%v)", context.Cause(ctx), err) //nolint:errorlint // SQLite's own class must not outlive the interruption
	}
	return err
}

// failure builds the error of the call that has just returned rc.
func (c *conn) failure(rc int32) error {
	if c.db == 0 {
		return &codeError{code: rc, message: libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))}
	}
	return &codeError{code: rc, message: libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))}
}

// prepare compiles one statement. What follows it in the text is not looked at.
func (c *conn) prepare(sql string) (*stmt, error) {
	zSQL, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, zSQL)
	p, _, err := c.prepareAt(zSQL)
	if err != nil {
		return nil, err
	}
	return &stmt{c: c, p: p}, nil
}

func (c *conn) prepareAt(zSQL uintptr) (p, tail uintptr, err error) {
	slot := c.tls.Alloc(16)
	defer c.tls.Free(16)
	if rc := c.settled(func() int32 { return lib.Xsqlite3_prepare_v2(c.tls, c.db, zSQL, -1, slot, slot+8) }); rc != lib.SQLITE_OK {
		return 0, 0, c.failure(rc)
	}
	return *(*uintptr)(pointer(slot)), *(*uintptr)(pointer(slot + 8)), nil
}

// exec runs every statement of a text and ignores the rows they return.
func (c *conn) exec(sql string) error {
	zSQL, err := libc.CString(sql)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, zSQL)
	for at := zSQL; *(*byte)(pointer(at)) != 0; {
		p, tail, err := c.prepareAt(at)
		if err != nil {
			return err
		}
		at = tail
		if p == 0 { // white space or a comment
			continue
		}
		s := &stmt{c: c, p: p}
		for more := true; more && err == nil; {
			more, err = s.step()
		}
		s.finalize()
		if err != nil {
			return err
		}
	}
	return nil
}

// query runs one statement and calls each for every row. Control work only.
func (c *conn) query(sql string, each func(*stmt) error, args ...any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.finalize()
	if err := s.bindAll(args); err != nil {
		return err
	}
	for {
		more, err := s.step()
		if err != nil || !more {
			return err
		}
		if err := each(s); err != nil {
			return err
		}
	}
}

// run executes one statement with arguments.
func (c *conn) run(sql string, args ...any) error {
	return c.query(sql, func(*stmt) error { return nil }, args...)
}

// number returns the first column of the first row, 0 when it is null or there is none.
func (c *conn) number(sql string, args ...any) (n int64, err error) {
	first := true
	err = c.query(sql, func(s *stmt) error {
		if first {
			n, first = s.int(0), false
		}
		return nil
	}, args...)
	return n, err
}

// inTransaction reports whether a transaction is open. SQLite ends one by itself after some errors.
func (c *conn) inTransaction() bool { return lib.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// changes is the number of rows that the last INSERT, UPDATE or DELETE has changed.
func (c *conn) changes() int64 { return lib.Xsqlite3_changes64(c.tls, c.db) }

// disableTriggers keeps the triggers of existing tables from acting on loaded rows. Others' connections still run them.
func (c *conn) disableTriggers() error {
	va := c.tls.Alloc(16)
	defer c.tls.Free(16)
	rc := lib.Xsqlite3_db_config(c.tls, c.db, lib.SQLITE_DBCONFIG_ENABLE_TRIGGER, libc.VaList(va, int32(0), uintptr(0)))
	if rc != lib.SQLITE_OK {
		return c.failure(rc)
	}
	return nil
}

// pointer turns an address in SQLite's own memory, which the Go collector neither moves nor frees, into a pointer.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }
