package postgres

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	smallBuffer = 8 << 10
	// copyBuffer is what one read of a COPY stream takes at most; a frame that fits is parsed where it lies.
	copyBuffer = 128 << 10
	// maxFrame is the server's own bound of a message.
	maxFrame = 1<<30 - 1
)

// frames cuts a connection's bytes into the protocol's frames: a kind, a length, a body.
type frames struct {
	r          io.Reader
	buf        []byte
	start, end int
}

// enlarge gives the reader a buffer of at least n bytes.
func (f *frames) enlarge(n int) {
	if len(f.buf) >= n {
		return
	}
	buf := make([]byte, n)
	f.end = copy(buf, f.buf[f.start:f.end])
	f.start, f.buf = 0, buf
}

// buffered returns what has been read and not taken.
func (f *frames) buffered() []byte { return f.buf[f.start:f.end] }

// fill waits until n bytes are buffered; n is at most the buffer's size.
func (f *frames) fill(n int) error {
	if f.end-f.start >= n {
		return nil
	}
	if f.start > 0 { // what is left is part of a frame; behind it a long read fits
		f.end = copy(f.buf, f.buf[f.start:f.end])
		f.start = 0
	}
	for f.end-f.start < n {
		got, err := f.r.Read(f.buf[f.end:])
		f.end += got
		if err != nil && f.end-f.start < n {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// next reads a frame's head: its kind and the size of its body.
func (f *frames) next() (kind byte, size int, err error) {
	if err := f.fill(5); err != nil {
		return 0, 0, err
	}
	kind = f.buf[f.start]
	size = int(binary.BigEndian.Uint32(f.buf[f.start+1:])) - 4
	if size < 0 || size > maxFrame {
		return 0, 0, fmt.Errorf("%w: a frame of %d bytes", errMalformed, size)
	}
	f.start += 5
	if f.start == f.end {
		f.start, f.end = 0, 0
	}
	return kind, size, nil
}

// take returns the next n bytes, valid until the next call of any method.
func (f *frames) take(n int) ([]byte, error) {
	if n > len(f.buf) {
		p := make([]byte, n)
		return p, f.readInto(p)
	}
	if err := f.fill(n); err != nil {
		return nil, err
	}
	p := f.buf[f.start : f.start+n : f.start+n]
	f.start += n
	return p, nil
}

// readInto fills p, past the buffer once that is empty.
func (f *frames) readInto(p []byte) error {
	n := copy(p, f.buf[f.start:f.end])
	f.start += n
	_, err := io.ReadFull(f.r, p[n:])
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
