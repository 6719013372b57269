package wire

import (
	"errors"
	"fmt"
	"io"
)

// maxPayload is the most one packet carries; a payload of that size goes on in the next packet.
const maxPayload = 1<<24 - 1

// readBuffer is how much is read from the socket at once. A row that fits is handed out where it lies.
const readBuffer = 256 << 10

// ErrMalformed says that the server's bytes are not the protocol's.
var ErrMalformed = errors.New("malformed packet from the server")

// packets cuts a byte stream into packets.
type packets struct {
	src  io.Reader
	buf  []byte
	r, w int // unread bytes are buf[r:w]
	seq  uint8
	big  []byte // holds a payload larger than buf, until the next one
}

func newPackets(src io.Reader, size int) packets {
	return packets{src: src, buf: make([]byte, size)}
}

// fill reads until n bytes are buffered; n must not exceed the buffer.
func (p *packets) fill(n int) error {
	if p.w-p.r >= n {
		return nil
	}
	if p.r > 0 {
		copy(p.buf, p.buf[p.r:p.w])
		p.r, p.w = 0, p.w-p.r
	}
	for p.w < n {
		m, err := p.src.Read(p.buf[p.w:])
		p.w += m
		if err != nil && p.w < n {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// header reads a packet header and returns the payload's length.
func (p *packets) header() (int, error) {
	if err := p.fill(4); err != nil {
		return 0, err
	}
	h := p.buf[p.r : p.r+4]
	if h[3] != p.seq {
		return 0, fmt.Errorf("%w: packet %d came where %d was due", ErrMalformed, h[3], p.seq)
	}
	p.seq++
	p.r += 4
	return int(h[0]) | int(h[1])<<8 | int(h[2])<<16, nil
}

// payload returns the n bytes after a header that announced them when the buffer can hold them.
func (p *packets) payload(n int) ([]byte, error) {
	if err := p.fill(n); err != nil {
		return nil, err
	}
	b := p.buf[p.r : p.r+n : p.r+n]
	p.r += n
	return b, nil
}

// next returns the next payload whole, whatever its size. It is valid until the next call.
func (p *packets) next() ([]byte, error) {
	n, err := p.header()
	if err != nil {
		return nil, err
	}
	if n <= len(p.buf) {
		return p.payload(n)
	}
	l := stream{p: p, left: n, more: n == maxPayload}
	p.big, err = l.rest(p.big[:0])
	return p.big, err
}

// read copies bytes of the stream to dst, past the buffer once that is empty.
func (p *packets) read(dst []byte) error {
	n := copy(dst, p.buf[p.r:p.w])
	p.r += n
	if n == len(dst) {
		return nil
	}
	_, err := io.ReadFull(p.src, dst[n:])
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// stream is a payload too large for the buffer, taken piece by piece across the packets it is cut into.
type stream struct {
	p    *packets
	left int  // of the current packet
	more bool // another packet follows
}

// advance makes left greater than zero, or returns io.EOF at the end of the payload.
func (l *stream) advance() error {
	for l.left == 0 {
		if !l.more {
			return io.EOF
		}
		n, err := l.p.header()
		if err != nil {
			return err
		}
		l.left, l.more = n, n == maxPayload
	}
	return nil
}

// read fills dst from the payload.
func (l *stream) read(dst []byte) error {
	for len(dst) > 0 {
		if err := l.advance(); err != nil {
			if errors.Is(err, io.EOF) {
				return ErrMalformed
			}
			return err
		}
		n := min(len(dst), l.left)
		if err := l.p.read(dst[:n]); err != nil {
			return err
		}
		l.left -= n
		dst = dst[n:]
	}
	return nil
}

// rest appends what is left of the payload.
func (l *stream) rest(dst []byte) ([]byte, error) {
	for {
		err := l.advance()
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
		n := len(dst)
		dst = append(dst, make([]byte, l.left)...)
		if err := l.read(dst[n:]); err != nil {
			return dst, err
		}
	}
}
