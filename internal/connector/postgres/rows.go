package postgres

import (
	"encoding/binary"
	"net"

	"github.com/whimbreldb/whimbrel/internal/change"
)

const (
	frameHead = 5
	// flushAt is how many bytes of rows are sent at once.
	flushAt = 128 << 10
	// largeValue is the size from which a value goes to the socket from where it is, without a copy of ours.
	largeValue = 32 << 10
	// largeFrame bounds the frames that large values are cut into.
	largeFrame = 1 << 20
)

// rows is COPY data on its way out. It begins with room for the head of a CopyData frame.
type rows struct {
	buf  []byte
	refs []reference
	// scratch holds one value in the making.
	scratch []byte
	// keep asks for copies of everything, so that the bytes outlive the batch.
	keep bool
}

// reference is a large value that comes after buf[:at].
type reference struct {
	at   int
	data []byte
}

// reset empties the rows. A buffer that one huge value has blown up is let go.
func (e *rows) reset() {
	if cap(e.buf) > 4*largeFrame {
		e.buf = nil
	}
	e.buf, e.refs = append(e.buf[:0], 'd', 0, 0, 0, 0), e.refs[:0]
}

func (e *rows) empty() bool { return len(e.buf) == frameHead && len(e.refs) == 0 }

// data appends a value of the batch, by reference when it is large.
func (e *rows) data(p []byte) {
	if len(p) >= largeValue && !e.keep {
		e.refer(p)
		return
	}
	e.buf = append(e.buf, p...)
}

// refer appends bytes that stay what they are until the rows are written.
func (e *rows) refer(p []byte) { e.refs = append(e.refs, reference{at: len(e.buf), data: p}) }

// copied appends bytes that will not stay.
func (e *rows) copied(p []byte) { e.buf = append(e.buf, p...) }

// try runs an encoder for its reason alone.
func (e *rows) try(enc encoder, v *change.Vector, i int) string {
	n, refs := len(e.buf), len(e.refs)
	reason := enc(e, v, i)
	e.buf, e.refs = e.buf[:n], e.refs[:refs]
	return reason
}

// outflow is how one column goes out.
type outflow struct {
	name   string
	encode encoder
}

// refusal says which column of a row is at fault and why.
type refusal struct {
	column int
	reason string
}

// binaryRow appends row i; when a value is refused nothing of the row stays.
func (e *rows) binaryRow(columns []outflow, b *change.Batch, i int) (refusal, bool) {
	start, refs := len(e.buf), len(e.refs)
	e.buf = binary.BigEndian.AppendUint16(e.buf, uint16(len(columns)))
	for c := range columns {
		v := &b.Columns[c]
		if v.IsNull(i) {
			e.buf = append(e.buf, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		e.buf = append(e.buf, 0, 0, 0, 0)
		at, known := len(e.buf), len(e.refs)
		if reason := columns[c].encode(e, v, i); reason != "" {
			e.buf, e.refs = e.buf[:start], e.refs[:refs]
			return refusal{c, reason}, false
		}
		size := len(e.buf) - at
		for _, r := range e.refs[known:] {
			size += len(r.data)
		}
		binary.BigEndian.PutUint32(e.buf[at-4:], uint32(size))
	}
	return refusal{}, true
}

// textRow appends row i in the text format.
func (e *rows) textRow(columns []outflow, b *change.Batch, i int) (refusal, bool) {
	start := len(e.buf)
	for c := range columns {
		if c > 0 {
			e.buf = append(e.buf, '\t')
		}
		v := &b.Columns[c]
		if v.IsNull(i) {
			e.buf = append(e.buf, `\N`...)
			continue
		}
		if reason := columns[c].encode(e, v, i); reason != "" {
			e.buf = e.buf[:start]
			return refusal{c, reason}, false
		}
	}
	e.buf = append(e.buf, '\n')
	return refusal{}, true
}

// writeTo sends everything as CopyData frames and resets the rows.
func (e *rows) writeTo(conn net.Conn) error {
	defer e.reset()
	if len(e.refs) == 0 {
		binary.BigEndian.PutUint32(e.buf[1:], uint32(len(e.buf)-1))
		_, err := conn.Write(e.buf)
		return err
	}
	from := frameHead
	for _, r := range e.refs {
		if err := writeData(conn, e.buf[from:r.at]); err != nil {
			return err
		}
		if err := writeData(conn, r.data); err != nil {
			return err
		}
		from = r.at
	}
	return writeData(conn, e.buf[from:])
}

func writeData(conn net.Conn, p []byte) error {
	for len(p) > 0 {
		n := min(len(p), largeFrame)
		head := [frameHead]byte{0: 'd'}
		binary.BigEndian.PutUint32(head[1:], uint32(n+4))
		pieces := net.Buffers{head[:], p[:n]}
		if _, err := pieces.WriteTo(conn); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
