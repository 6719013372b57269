package wire

import (
	"errors"
	"io"
)

// Rows is a result set on its way.
type Rows struct {
	c       *Conn
	columns int
	large   Large
	done    bool
}

// Query starts a statement that returns rows. The rows must be read to their end before the next statement.
func (c *Conn) Query(sql string) (*Rows, error) {
	b, err := c.ask(sql)
	if err != nil {
		return nil, err
	}
	if b[0] == infileReply || b[0] == okReply {
		return nil, ErrMalformed
	}
	return c.columns(b)
}

// columns reads past the column definitions.
func (c *Conn) columns(first []byte) (*Rows, error) {
	n, _, err := integer(first)
	if err != nil {
		return nil, err
	}
	for range n {
		if _, err := c.in.next(); err != nil {
			return nil, err
		}
	}
	b, err := c.in.next()
	if err != nil {
		return nil, err
	}
	if !isEOF(b) {
		return nil, ErrMalformed
	}
	return &Rows{c: c, columns: int(n)}, nil
}

// Columns is the number of values in each row.
func (r *Rows) Columns() int { return r.columns }

// Next returns the next row: as its bytes where they lie, valid until the next call, to be taken apart with Cell; or,
// when the row is larger than the buffer, as a Large to be read to its end. At the end it returns io.EOF.
func (r *Rows) Next() ([]byte, *Large, error) {
	if r.done {
		return nil, nil, io.EOF
	}
	p := &r.c.in
	// What is left of a large row is passed over.
	if err := r.large.skip(); err != nil {
		return nil, nil, err
	}
	n, err := p.header()
	if err != nil {
		return nil, nil, err
	}
	if n > len(p.buf) {
		r.large = Large{stream{p: p, left: n, more: n == maxPayload}}
		return nil, &r.large, nil
	}
	b, err := p.payload(n)
	if err != nil {
		return nil, nil, err
	}
	if len(b) == 0 {
		return nil, nil, ErrMalformed
	}
	if b[0] == errReply {
		r.done = true
		return nil, nil, parseError(b)
	}
	if isEOF(b) {
		r.done = true
		return nil, nil, io.EOF
	}
	return b, nil, nil
}

// Drain reads to the end and drops what comes.
func (r *Rows) Drain() error {
	for {
		_, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Large is a row that is read value by value.
type Large struct{ s stream }

// Cell reads the length of the next value.
func (l *Large) Cell() (n int, null bool, err error) {
	var b [8]byte
	if err := l.s.read(b[:1]); err != nil {
		return 0, false, err
	}
	switch {
	case b[0] < nullCell:
		return int(b[0]), false, nil
	case b[0] == nullCell:
		return 0, true, nil
	}
	width := lenencWidth(b[0])
	if width == 0 {
		return 0, false, ErrMalformed
	}
	if err := l.s.read(b[:width]); err != nil {
		return 0, false, err
	}
	v := lenencValue(b[:width])
	if v > maxCell {
		return 0, false, ErrMalformed
	}
	return int(v), false, nil
}

// maxCell is the most that max_allowed_packet lets a server send in one value, with room to spare.
const maxCell = 4 << 30

// Append reads the n bytes of the value to the end of dst.
func (l *Large) Append(dst []byte, n int) ([]byte, error) {
	// The length is the server's word: memory grows with the bytes that really come.
	const step = 64 << 20
	for n > 0 {
		m := min(n, step)
		at := len(dst)
		if cap(dst)-at < m {
			grown := make([]byte, at, at+m)
			copy(grown, dst)
			dst = grown
		}
		dst = dst[:at+m]
		if err := l.s.read(dst[at:]); err != nil {
			return dst[:at], err
		}
		n -= m
	}
	return dst, nil
}

// skip drops the rest of the row.
func (l *Large) skip() error {
	if l.s.left == 0 && !l.s.more {
		return nil
	}
	var scratch [4096]byte
	for {
		err := l.s.advance()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.s.read(scratch[:min(l.s.left, len(scratch))]); err != nil {
			return err
		}
	}
}
