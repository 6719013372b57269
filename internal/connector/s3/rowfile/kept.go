package rowfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// Kept is a Writer that writes no file but keeps lines for one, in a form of its own that takes little more room than their values.
// An open file of Parquet takes some 30 KiB for each of its columns, however few rows it has: rows of many tables wait so instead.
type Kept struct {
	parquet Parquet
	layout  Layout
	w       io.Writer
	checks  []columnCheck
	scratch *[]byte
}

// columnCheck says why a file cannot hold a value of a column.
type columnCheck struct {
	source int
	why    func(v *change.Vector, i int) string
}

var _ Writer = (*Kept)(nil)

// Keep begins to keep lines for a file. The buffer may be shared with others that are not used at the same time.
func (p Parquet) Keep(w io.Writer, l Layout, scratch *[]byte) *Kept {
	k := &Kept{parquet: p, layout: l, w: w, scratch: scratch}
	for i, c := range l.Columns {
		if check := p.column(c).check; check != nil {
			k.checks = append(k.checks, columnCheck{i, check})
		}
	}
	return k
}

// Check implements Writer.
func (k *Kept) Check(l *Line) (int, string) { return checkLine(k.checks, l) }

func checkLine(checks []columnCheck, l *Line) (int, string) {
	for _, c := range checks {
		v, i, ok := l.value(c.source)
		if !ok || v.IsNull(i) {
			continue
		}
		if why := c.why(v, i); why != "" {
			return c.source, why
		}
	}
	return 0, ""
}

// Write implements Writer.
func (k *Kept) Write(lines []Line) error {
	buf := (*k.scratch)[:0]
	for i := range lines {
		buf = k.append(buf, &lines[i])
		if len(buf) < flushAt && i < len(lines)-1 {
			continue
		}
		if _, err := k.w.Write(buf); err != nil {
			return err
		}
		if buf = buf[:0]; cap(buf) > 1<<20 {
			buf = nil
		}
	}
	*k.scratch = buf
	return nil
}

// append writes a line: operation, stamp, and of each column whether it has a value, and the value.
func (k *Kept) append(dst []byte, l *Line) []byte {
	dst = binary.AppendVarint(append(dst, l.Op), l.Stamp)
	for c := range k.layout.Columns {
		v, i, ok := l.value(c)
		if !ok || v.IsNull(i) {
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, 1)
		switch v.Layout.Holds() {
		case change.InInts:
			dst = binary.AppendVarint(dst, v.Ints[i])
		case change.InFloats:
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Floats[i]))
		case change.InData:
			p := v.Value(i)
			dst = append(binary.AppendUvarint(dst, uint64(len(p))), p...)
		}
	}
	return dst
}

// Pending implements Writer.
func (k *Kept) Pending() int { return 0 }

// Flush implements Writer.
func (k *Kept) Flush() error { return nil }

// Close implements Writer.
func (k *Kept) Close() error { return nil }

// At most so many lines, and about so many bytes of them, are read back at once.
const (
	replayLines = 1024
	replayBytes = 1 << 20
)

// File begins the file and writes the lines that were kept into it, which come from where they were written to.
func (k *Kept) File(kept io.Reader, w io.Writer) (Writer, error) {
	to, err := k.parquet.New(w, k.layout)
	if err != nil {
		return nil, err
	}
	layouts := make([]change.Layout, len(k.layout.Columns))
	for i, c := range k.layout.Columns {
		layouts[i] = c.Layout
	}
	r := replay{from: bufio.NewReader(kept)}
	for {
		more, err := r.read(layouts)
		if err != nil {
			return nil, fmt.Errorf("read back lines that were kept: %w", err)
		}
		if err := to.Write(r.lines); err != nil || !more {
			return to, err
		}
	}
}

// replay reads lines back.
type replay struct {
	from  *bufio.Reader
	batch change.Batch
	lines []Line
}

// read reads some lines, and reports whether there may be more.
func (r *replay) read(layouts []change.Layout) (more bool, err error) {
	r.batch.Reset(layouts)
	r.lines = r.lines[:0]
	for len(r.lines) < replayLines && r.batch.Size() < replayBytes {
		op, err := r.from.ReadByte()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		l := Line{Op: op, Batch: &r.batch, Row: int32(len(r.lines))}
		if l.Stamp, err = binary.ReadVarint(r.from); err != nil {
			return false, err
		}
		for c := range layouts {
			if err := r.value(&r.batch.Columns[c]); err != nil {
				return false, err
			}
		}
		r.batch.EndRow()
		r.lines = append(r.lines, l)
	}
	return true, nil
}

func (r *replay) value(v *change.Vector) error {
	there, err := r.from.ReadByte()
	if err != nil {
		return err
	}
	if there == 0 {
		v.AppendNull()
		return nil
	}
	switch v.Layout.Holds() {
	case change.InInts:
		x, err := binary.ReadVarint(r.from)
		v.AppendInt(x)
		return err
	case change.InFloats:
		var bits [8]byte
		_, err := io.ReadFull(r.from, bits[:])
		v.AppendFloat(math.Float64frombits(binary.LittleEndian.Uint64(bits[:])))
		return err
	case change.InData:
		n, err := binary.ReadUvarint(r.from)
		if err != nil {
			return err
		}
		at := len(v.Data)
		v.Data = slices.Grow(v.Data, int(n))[:at+int(n)]
		_, err = io.ReadFull(r.from, v.Data[at:])
		v.Seal()
		return err
	}
	return nil
}
