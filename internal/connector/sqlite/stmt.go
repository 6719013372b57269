package sqlite

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// stmt is a prepared statement of one connection.
type stmt struct {
	c *conn
	p uintptr
}

// Storage classes of a value, as sqlite3_column_type numbers them.
const (
	classInteger = lib.SQLITE_INTEGER
	classReal    = lib.SQLITE_FLOAT
	classText    = lib.SQLITE_TEXT
	classBlob    = lib.SQLITE_BLOB
	classNull    = lib.SQLITE_NULL
)

func (s *stmt) finalize() {
	if s.p != 0 {
		lib.Xsqlite3_finalize(s.c.tls, s.p)
		s.p = 0
	}
}

// step goes to the next row and reports whether there is one.
func (s *stmt) step() (bool, error) {
	rc := lib.Xsqlite3_step(s.c.tls, s.p)
	if rc == lib.SQLITE_READONLY_ROLLBACK {
		rc = s.c.settled(func() int32 { return lib.Xsqlite3_step(s.c.tls, s.p) })
	}
	switch rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.failure(rc)
	}
}

// reset makes the statement ready for another run. The error of the last step has been reported by step.
func (s *stmt) reset() { lib.Xsqlite3_reset(s.c.tls, s.p) }

func (s *stmt) class(i int) int    { return int(lib.Xsqlite3_column_type(s.c.tls, s.p, int32(i))) }
func (s *stmt) int(i int) int64    { return lib.Xsqlite3_column_int64(s.c.tls, s.p, int32(i)) }
func (s *stmt) real(i int) float64 { return lib.Xsqlite3_column_double(s.c.tls, s.p, int32(i)) }
func (s *stmt) isNull(i int) bool  { return s.class(i) == classNull }
func (s *stmt) text(i int) string  { return string(s.textBytes(i)) }
func (s *stmt) bytesLen(i int) int { return int(lib.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i))) }
func (s *stmt) textBytes(i int) []byte {
	p := lib.Xsqlite3_column_text(s.c.tls, s.p, int32(i))
	return view(p, s.bytesLen(i))
}

// blob returns the bytes of a blob, valid until the next step.
func (s *stmt) blob(i int) []byte {
	p := lib.Xsqlite3_column_blob(s.c.tls, s.p, int32(i))
	return view(p, s.bytesLen(i))
}

func view(p uintptr, n int) []byte {
	if p == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// Parameters count from 0 here, from 1 in SQLite. bindText and bindBlob take an address and do not copy: what is there
// must stay as it is until the statement is reset.

func (s *stmt) bindNull(i int) int32 { return lib.Xsqlite3_bind_null(s.c.tls, s.p, int32(i+1)) }
func (s *stmt) bindInt(i int, v int64) int32 {
	return lib.Xsqlite3_bind_int64(s.c.tls, s.p, int32(i+1), v)
}
func (s *stmt) bindReal(i int, v float64) int32 {
	return lib.Xsqlite3_bind_double(s.c.tls, s.p, int32(i+1), v)
}
func (s *stmt) bindText(i int, p uintptr, n int) int32 {
	return lib.Xsqlite3_bind_text(s.c.tls, s.p, int32(i+1), p, int32(n), lib.SQLITE_STATIC)
}
func (s *stmt) bindBlob(i int, p uintptr, n int) int32 {
	return lib.Xsqlite3_bind_blob(s.c.tls, s.p, int32(i+1), p, int32(n), lib.SQLITE_STATIC)
}

// transient asks SQLite to copy what is bound.
const transient = ^uintptr(0)

// bindCopy binds a string and leaves SQLite a copy.
func (s *stmt) bindCopy(i int, text string) int32 {
	p := libc.Xmalloc(s.c.tls, libc.Tsize_t(len(text)+1))
	if p == 0 {
		return lib.SQLITE_NOMEM
	}
	defer libc.Xfree(s.c.tls, p)
	copy(view(p, len(text)), text)
	return lib.Xsqlite3_bind_text(s.c.tls, s.p, int32(i+1), p, int32(len(text)), transient)
}

// bindAll binds the arguments of a control statement.
func (s *stmt) bindAll(args []any) error {
	for i, a := range args {
		var rc int32
		switch a := a.(type) {
		case nil:
			rc = s.bindNull(i)
		case int:
			rc = s.bindInt(i, int64(a))
		case int64:
			rc = s.bindInt(i, a)
		case string:
			rc = s.bindCopy(i, a)
		default:
			return fmt.Errorf("bind parameter %d: unexpected type %T", i+1, a)
		}
		if rc != lib.SQLITE_OK {
			return s.c.failure(rc)
		}
	}
	return nil
}
