package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// The raw stream is the server's CopyData frames, heads included, passed on as they were read from the socket.

// CanReadRaw implements connector.RawSnapshot. The same type on both ends is enough: columns whose binary form is
// another on another server make ReadRaw ask for the text format, and the loader sees in the stream which one it is.
func (s *snapshot) CanReadRaw(r connector.ReadRequest, target []connector.LoadColumn) bool {
	if len(target) != len(r.Columns) || len(target) == 0 {
		return false
	}
	for i, c := range r.Columns {
		if c.Column.NativeType == "" || c.Column.NativeType != target[i].Column.NativeType || target[i].Column.Generated != "" {
			return false
		}
	}
	return true
}

// ReadRaw implements connector.RawSnapshot.
func (s *snapshot) ReadRaw(ctx context.Context, r connector.ReadRequest, emit func(piece []byte, rows int) error) (err error) {
	w, err := s.readers.get(ctx)
	if err != nil {
		return classify(ctx, "get a reader", err)
	}
	defer func() { s.give(w, err) }()
	from, format, err := s.planRaw(ctx, w, &r)
	if err != nil {
		return err
	}
	defer w.watch(ctx)()
	doing := "read " + r.Table.Name.String()
	if err := w.startCopy("COPY "+from+" TO STDOUT (FORMAT "+format+")", 'H'); err != nil {
		return classify(ctx, doing, err)
	}
	re := relay{in: &w.in, inBinary: format == "binary", emit: emit}
	if err := re.run(); err != nil {
		if re.refused != nil {
			err = re.refused
		} else {
			err = classify(ctx, doing, err)
		}
		w.cut()
		return err
	}
	if _, err := w.drain(); err != nil {
		return classify(ctx, doing, err)
	}
	return nil
}

func (s *snapshot) planRaw(ctx context.Context, w *wire, r *connector.ReadRequest) (from, format string, err error) {
	all, err := s.attributes(ctx, w, r.Table.Name)
	if err != nil {
		return "", "", err
	}
	expressions := make([]string, len(r.Columns))
	format = "binary"
	for i, c := range r.Columns {
		a, err := find(all, c.Column.Name)
		if err != nil {
			return "", "", invalid(r.Table, err)
		}
		if !a.portable {
			format = "text"
		}
		expressions[i] = quote(a.name)
	}
	if from, err = copyFrom(r, expressions, all); err != nil {
		return "", "", invalid(r.Table, err)
	}
	return from, format, nil
}

// relay passes CopyData frames on and counts rows: one a frame, but for the end mark of the binary format.
type relay struct {
	in       *frames
	inBinary bool
	started  bool
	emit     func(piece []byte, rows int) error
	refused  error // what emit returned
}

// run returns when CopyDone has been read.
func (r *relay) run() error {
	for {
		if err := r.in.fill(frameHead); err != nil {
			return err
		}
		p := r.in.buffered()
		whole, rows, err := r.measure(p)
		if err != nil {
			return err
		}
		switch {
		case whole > 0:
			r.in.start += whole
			err = r.pass(p[:whole], rows)
		case p[0] == 'd':
			err = r.partial(1 + int(binary.BigEndian.Uint32(p[1:])))
		default:
			var done bool
			if done, err = r.other(); done {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// other reads a frame that is not CopyData and reports whether it ended the stream.
func (r *relay) other() (done bool, err error) {
	kind, size, err := r.in.next()
	if err != nil {
		return true, err
	}
	body, err := r.in.take(size)
	if err == nil && kind == 'E' {
		err = serverError(body)
	}
	return kind == 'c' || err != nil, err
}

// measure returns the length of the whole CopyData frames that p begins with, and the rows in them.
func (r *relay) measure(p []byte) (whole, rows int, err error) {
	for len(p)-whole >= frameHead && p[whole] == 'd' {
		size := int(binary.BigEndian.Uint32(p[whole+1:]))
		if size < 4 || size > maxFrame {
			return 0, 0, fmt.Errorf("%w: a frame of %d bytes", errMalformed, size)
		}
		if size+1 > len(p)-whole {
			break
		}
		if !r.mark(p[whole+frameHead : whole+1+size]) {
			rows++
		}
		whole += 1 + size
	}
	return whole, rows, nil
}

var endMark = []byte{0xff, 0xff}

// mark reports whether a frame holds no row but the end mark, alone or after the header.
func (r *relay) mark(body []byte) bool {
	if !r.inBinary {
		return false
	}
	if !r.started {
		r.started = true
		return len(body) == 21
	}
	return bytes.Equal(body, endMark)
}

func (r *relay) pass(piece []byte, rows int) error {
	r.refused = r.emit(piece, rows)
	return r.refused
}

// partial deals with a frame that has not come in whole: it waits for the rest, or passes a frame that no buffer holds
// on in pieces. The first piece of a stream always shows what format it has.
func (r *relay) partial(size int) error {
	if size <= len(r.in.buf) {
		return r.in.fill(size)
	}
	r.started = true
	if err := r.in.fill(frameHead + len(copySignature)); err != nil {
		return err
	}
	for size > 0 {
		if err := r.in.fill(1); err != nil {
			return err
		}
		p := r.in.buffered()
		n, rows := min(len(p), size), 0
		if n == size {
			rows = 1
		}
		r.in.start += n
		size -= n
		if err := r.pass(p[:n], rows); err != nil {
			return err
		}
	}
	return nil
}

// WriteRaw implements connector.RawLoader. COPY starts with the first piece, whose first bytes tell the format.
func (l *loader) WriteRaw(ctx context.Context, piece []byte) error {
	if l.w == nil {
		return errLoadOver
	}
	defer l.w.watch(ctx)()
	if !l.copying {
		l.text = !bytes.HasPrefix(piece[min(frameHead, len(piece)):], copySignature)
		if err := l.ensureCopy(); err != nil {
			return l.failed(ctx, err)
		}
	}
	select {
	case r := <-l.reply:
		l.copying = false
		return l.failed(ctx, r.err)
	default:
	}
	if _, err := l.w.Write(piece); err != nil {
		return l.failed(ctx, l.reasonOf(ctx, err))
	}
	return nil
}
