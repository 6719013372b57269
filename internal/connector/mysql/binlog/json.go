package binlog

import "errors"

// errJSON is replaced once MySQL's binary JSON is read.
var errJSON = errors.New("MySQL's binary JSON is not read yet")

// AppendJSON writes MySQL's binary JSON as the server prints it.
func AppendJSON(dst, b []byte) ([]byte, error) { return dst, errJSON }
