package connector

import "errors"

// Class says what an error means for the one who has to go on.
type Class uint8

// The classes.
const (
	Unclassified Class = iota
	Data               // the server refused a value or a row (SQLSTATE class 22 or 23, MySQL 1264, 1366, 1406 …)
	Lost               // the connection or the snapshot is gone; the work may be tried again from its start
	Busy               // deadlock, lock timeout, too many connections: the same work may be tried again
	Full               // disk or quota
	Denied             // login or privilege
	Missing            // a database, table or file that should be there is not
	Present            // what a statement should make exists already
	Invalid            // the request itself is wrong: a URL, a setting, an unsupported combination
)

// Error is a database's error with its class and, when there is something to be done, what to do.
type Error struct {
	Class  Class
	Err    error
	Remedy string // an imperative sentence, or empty
}

// Error returns the message and the remedy.
func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + " (" + e.Remedy + ")"
}

// Unwrap returns the database's own error.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of an error, Unclassified when no *Error is in its chain.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Unclassified
}
