package binlog

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
)

// RowsEvent is the head of a rows event and the bytes of its rows.
type RowsEvent struct {
	Kind    Rows
	TableID uint64
	Columns int
	// Before and After say which columns the images hold; for a Write only After counts, for a Delete only Before.
	Before, After []byte
	Data          []byte
	// Partial says that JSON columns of the rows after may be logged as differences; see PartialImage.
	Partial bool
}

// ParseRows reads a rows event.
func ParseRows(t Type, body []byte) (RowsEvent, error) {
	kind, version, compressed := RowsOf(t)
	e := RowsEvent{Kind: kind, Partial: t == PartialUpdateRows}
	id, ok := TableID(body)
	if !ok || len(body) < tableIDLength+2 {
		return e, ErrMalformed
	}
	e.TableID = id
	b := body[tableIDLength+2:]
	if version == 2 {
		if len(b) < 2 {
			return e, ErrMalformed
		}
		extra := int(b[0]) | int(b[1])<<8
		if extra < 2 || extra > len(b) {
			return e, ErrMalformed
		}
		b = b[extra:]
	}
	n, b, ok := lenenc(b)
	if !ok || n > 1<<16 {
		return e, ErrMalformed
	}
	e.Columns = int(n)
	width := (e.Columns + 7) / 8
	images := 1
	if kind == Update {
		images = 2
	}
	if len(b) < images*width {
		return e, ErrMalformed
	}
	e.Before, e.After = b[:width], b[(images-1)*width:images*width]
	e.Data = b[images*width:]
	if compressed {
		data, err := Decompress(e.Data)
		if err != nil {
			return e, err
		}
		e.Data = data
	}
	return e, nil
}

// partialJSON is the option of a row image whose JSON columns may be differences.
const partialJSON = 1

// PartialImage reads what stands in front of a row after in a partial event: which of the table's JSON columns, in the
// image or not, are logged as differences. It is nil when none is.
func PartialImage(b []byte, columns int) (bits, rest []byte, err error) {
	options, b, ok := lenenc(b)
	if !ok || options&^partialJSON != 0 {
		return nil, nil, ErrMalformed
	}
	if options == 0 {
		return nil, b, nil
	}
	width := (columns + 7) / 8
	if len(b) < width {
		return nil, nil, ErrMalformed
	}
	return b[:width], b[width:], nil
}

// Present reports whether bit i of a bitmap is set.
func Present(bitmap []byte, i int) bool { return bitmap[i>>3]&(1<<(uint(i)&7)) != 0 }

// maxDecompressed bounds what one event may grow to: max_allowed_packet's own bound.
const maxDecompressed = 1 << 30

// Decompress undoes MariaDB's compression of events.
func Decompress(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, ErrMalformed
	}
	width := int(b[0] & 7)
	if b[0]&0x80 == 0 || b[0]&0x70 != 0 || width == 0 || width > 4 || len(b) < 1+width {
		return nil, fmt.Errorf("%w: unknown compression", ErrMalformed)
	}
	size := 0
	for _, c := range b[1 : 1+width] {
		size = size<<8 | int(c)
	}
	if size > maxDecompressed {
		return nil, ErrMalformed
	}
	return inflate(b[1+width:], size)
}

// inflate grows with what really comes: the size is the event's own word.
func inflate(b []byte, size int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	out := bytes.NewBuffer(make([]byte, 0, min(size, 1<<20)))
	if _, err := io.Copy(out, io.LimitReader(z, int64(size)+1)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if out.Len() != size {
		return nil, ErrMalformed
	}
	return out.Bytes(), nil
}
