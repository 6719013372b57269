package binlog

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
)

// Unpack undoes MariaDB's compression of a column. The first byte holds the method (0 stored, 8 zlib), whether the
// stream has no zlib wrapper, and the width of the length that follows.
func Unpack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return b, nil
	}
	switch b[0] >> 4 {
	case 0:
		return b[1:], nil
	case 8:
	default:
		return nil, fmt.Errorf("%w: unknown compression of a column", ErrMalformed)
	}
	width := int(b[0] & 7)
	if width > 4 || len(b) < 1+width {
		return nil, ErrMalformed
	}
	size := int(beUint(b[1 : 1+width]))
	if size > maxDecompressed {
		return nil, ErrMalformed
	}
	if b[0]&8 == 0 {
		return inflate(b[1+width:], size)
	}
	out := bytes.NewBuffer(make([]byte, 0, min(size, 1<<20)))
	if _, err := io.Copy(out, io.LimitReader(flate.NewReader(bytes.NewReader(b[1+width:])), int64(size)+1)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if out.Len() != size {
		return nil, ErrMalformed
	}
	return out.Bytes(), nil
}
