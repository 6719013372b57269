package parquetfile

import (
	"errors"
	"fmt"
	"io"
)

// FormatError is a place where a file is not what Parquet says. Reading it again would end alike.
type FormatError struct {
	RowGroup int    // from 1; 0 is the file's end, which describes all of it
	Column   string // empty is none
	Reason   string
}

// Error says where it is.
func (e *FormatError) Error() string {
	switch {
	case e.RowGroup == 0 && e.Column == "":
		return "it is no Parquet file, or not a whole one: " + e.Reason
	case e.RowGroup == 0:
		return fmt.Sprintf("column %q: %s", e.Column, e.Reason)
	}
	return fmt.Sprintf("row group %d, column %q: %s", e.RowGroup, e.Column, e.Reason)
}

// input remembers what went wrong below the library, which calls a broken disk and a broken file by the same names.
type input struct {
	io.ReaderAt
	failed error
}

// ReadAt implements io.ReaderAt.
func (in *input) ReadAt(p []byte, at int64) (int, error) {
	n, err := in.ReaderAt.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		in.failed = err
	}
	return n, err
}

// guard runs what reads a file by the library, which answers some files with a panic. Whatever goes wrong, but for the reading itself,
// is the file's fault.
func (in *input) guard(group int, column string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("it cannot be decoded: %v", v)
		}
		var known *FormatError
		switch {
		case err == nil, errors.As(err, &known):
		case in.failed != nil:
			err = in.failed
		default:
			err = &FormatError{RowGroup: group, Column: column, Reason: err.Error()}
		}
	}()
	return f()
}
