package csvfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Inflate reads what a file holds, whether it is compressed with gzip or not: its first bytes tell, and no CSV begins with them.
func Inflate(file io.Reader) (io.Reader, error) {
	head := bufio.NewReaderSize(file, 64<<10)
	first, err := head.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(first) != "\x1f\x8b" {
		return head, nil
	}
	z, err := gzip.NewReader(head)
	if err != nil {
		return nil, fmt.Errorf("read the head of a file compressed with gzip: %w", err)
	}
	return z, nil
}
