package source

import (
	"compress/flate"
	"compress/gzip"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/csvfile"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/parquetfile"
)

// isMalformed reports whether an error is of what a file holds, so that reading it again would end alike.
func isMalformed(err error) bool {
	var syntax *csvfile.SyntaxError
	var format *parquetfile.FormatError
	var corrupt flate.CorruptInputError
	return errors.As(err, &syntax) || errors.As(err, &format) || errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)
}
