package sqlite

import (
	"errors"
	"fmt"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// codeError is what SQLite said, with its extended result code.
type codeError struct {
	code    int32
	message string
}

// Error returns the message with the code, as SQLite's own shell prints it.
func (e *codeError) Error() string { return fmt.Sprintf("%s (%d)", e.message, e.code) }

// classify wraps an error with what was being done and with its class.
func classify(doing string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("%s: %w", doing, err)
	var own *connector.Error
	if errors.As(err, &own) {
		return wrapped
	}
	var ce *codeError
	if !errors.As(err, &ce) {
		return wrapped
	}
	class, remedy := classOf(ce.code)
	if isNoTable(err) {
		class = connector.Missing
	}
	if class == connector.Unclassified {
		return wrapped
	}
	return &connector.Error{Class: class, Err: wrapped, Remedy: remedy}
}

// isNoTable reports whether SQLite has missed a table, for which it has no code.
func isNoTable(err error) bool {
	var ce *codeError
	return errors.As(err, &ce) && ce.code == lib.SQLITE_ERROR && strings.HasPrefix(ce.message, "no such table")
}

// isTaken reports whether a row was refused because its key is another's.
func isTaken(err error) bool {
	var ce *codeError
	if !errors.As(err, &ce) {
		return false
	}
	switch ce.code {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return false
}

func classOf(code int32) (connector.Class, string) {
	switch code {
	case lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_FSYNC, lib.SQLITE_IOERR_SHMSIZE:
		return connector.Full, "look at the disk and its free space"
	case lib.SQLITE_READONLY_ROLLBACK, lib.SQLITE_READONLY_RECOVERY:
		// A writer was cut off; the next one, or we when we write to the log, rolls back what it has left.
		return connector.Busy, "open the file once with a program that may write to it"
	}
	switch code & 0xff {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_TOOBIG:
		return connector.Data, ""
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return connector.Busy, "close other programs that write to the file; on the command line, ?busy_timeout=60000 in the URL waits a minute for them"
	case lib.SQLITE_FULL:
		return connector.Full, "free space on the disk that holds the file"
	case lib.SQLITE_NOTADB:
		return connector.Invalid, "name a SQLite 3 database file; an encrypted one must be decrypted first"
	case lib.SQLITE_CORRUPT:
		return connector.Invalid, "run PRAGMA integrity_check and recover the file with the sqlite3 shell's .recover"
	case lib.SQLITE_CANTOPEN:
		return connector.Missing, "check that the file's folder exists and may be read and written"
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return connector.Denied, "give write permission on the file and on its folder"
	case lib.SQLITE_IOERR:
		return connector.Lost, ""
	}
	return connector.Unclassified, ""
}

// openError names the file in an error of opening it. A reader that cannot open a file that is there most often lacks
// the right to make the shared-memory file that WAL mode needs.
func openError(l location, err error) error {
	err = classify("open "+l.path, err)
	var e *connector.Error
	if errors.As(err, &e) && e.Class == connector.Missing && l.mode == "ro" && !l.immutable {
		e.Remedy = "make the folder writable, which WAL mode needs, or add ?immutable=1 if nothing writes to the file"
	}
	return err
}

func invalid(remedy, format string, args ...any) error {
	return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf(format, args...), Remedy: remedy}
}
