package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// How a set goes, by its number of rows: one by one, with arrays, by COPY. See BenchmarkApply.
const (
	bulkAt = 3
	copyAt = 200
	// chunkRows and chunkBytes bound one statement with arrays.
	chunkRows  = 1 << 16
	chunkBytes = 8 << 20
)

// Write implements connector.ApplySession.
func (s *applySession) Write(ctx context.Context, sets []connector.RowSet) ([]int64, error) {
	if err := s.ready(true); err != nil {
		return nil, fmt.Errorf("apply changes: %w", err)
	}
	affected := make([]int64, len(sets))
	shapes := s.needed[:0] // looked up before anything is sent: look-ups wait for answers of their own
	for i := range sets {
		sh, err := s.shape(ctx, &sets[i])
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, sh)
	}
	s.needed = shapes
	for i := range sets {
		if sets[i].Len() == 0 {
			continue
		}
		if err := s.put(ctx, sets, i, shapes[i], affected); err != nil {
			return nil, err
		}
	}
	if err := s.answered(ctx, sets, affected); err != nil {
		return nil, err
	}
	return affected, nil
}

func (s *applySession) shape(ctx context.Context, set *connector.RowSet) (*shape, error) {
	if sh := s.shapes.find(set); sh != nil {
		return sh, nil
	}
	t, err := s.table(ctx, set.Table.Name)
	if err != nil {
		return nil, err
	}
	sh, err := newShape(t, set)
	if err != nil {
		return nil, err
	}
	s.shapes.keep(set, sh)
	return sh, nil
}

// answered waits for the answers to all that has been sent.
func (s *applySession) answered(ctx context.Context, sets []connector.RowSet, affected []int64) error {
	defer s.w.watch(ctx)()
	at, err := s.pipe.run(ctx, affected)
	s.statements.settle(err == nil)
	if err == nil {
		return nil
	}
	s.failed = true
	if at < 0 {
		return classify(ctx, "apply changes", s.w.who.explain(err))
	}
	return classify(ctx, doingOf(&sets[at]), s.w.who.explain(err, quoteName(sets[at].Table.Name)))
}

func doingOf(set *connector.RowSet) string {
	return fmt.Sprintf("apply %d changes (%s) to %s", set.Len(), set.Op, set.Table.Name)
}

// put sends one set, or as much of it as need be to make room.
func (s *applySession) put(ctx context.Context, sets []connector.RowSet, i int, sh *shape, affected []int64) error {
	w := writing{s: s, sh: sh, set: &sets[i], to: i, answered: func() error { return s.answered(ctx, sets, affected) }}
	defer s.w.watch(ctx)()
	err := w.write()
	if err == nil {
		return nil
	}
	if w.refused == nil {
		s.failed = true
		var told *connector.Error
		if errors.As(err, &told) { // by answered
			return err
		}
		return classify(ctx, doingOf(w.set), err)
	}
	// What has been sent must be answered; the transaction is of no more use.
	if err := s.answered(ctx, sets, affected); err != nil && s.w.broken.Load() {
		return err
	}
	s.failed = true
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("%s: %w", doingOf(w.set), *w.refused)}
}

// writing is the sending of one set.
type writing struct {
	s        *applySession
	sh       *shape
	set      *connector.RowSet
	to       int
	answered func() error
	refused  *change.Reject
}

func (w *writing) write() error {
	n := w.set.Len()
	switch {
	case w.sh.loose:
		return w.loose(n)
	case w.sh.copy != "" && n >= copyAt:
		return w.copyIn(n)
	case w.sh.bulk != "" && n >= bulkAt:
		return w.bulk(n)
	}
	return w.each(n)
}

// room sends what has been made when that is enough, and waits for answers when too many are due.
func (w *writing) room() error {
	p := &w.s.pipe
	if p.full() {
		return w.answered()
	}
	if len(p.out) >= pipeFlush {
		return p.flush()
	}
	return nil
}

func (w *writing) vector(c *carrier) *change.Vector {
	if c.old {
		return &w.set.Old.Columns[c.from]
	}
	if w.set.Op == change.Delete {
		return &w.set.Old.Columns[c.from]
	}
	return &w.set.Rows.Columns[c.from]
}

// each runs a prepared statement for every row.
func (w *writing) each(n int) error {
	p := &w.s.pipe
	name := w.s.statements.prepare(p, w.sh.eachKey, w.sh.each, w.sh.eachTypes)
	for i := range n {
		at := p.bind(name, len(w.sh.carriers))
		if err := w.values(i, at-1); err != nil {
			return err
		}
		p.execute(at, w.to)
		if err := w.room(); err != nil {
			return err
		}
	}
	return nil
}

// values appends row i as parameters of the message that begins at start.
func (w *writing) values(i, start int) error {
	e := w.s.borrow()
	defer w.s.giveBack()
	for c := range w.sh.carriers {
		k := &w.sh.carriers[c]
		if err := w.value(e, k, w.vector(k), i, start); err != nil {
			return err
		}
	}
	return nil
}

// borrow lets the encoders append to the pipe.
func (s *applySession) borrow() *rows {
	s.rows.buf, s.rows.keep = s.pipe.out, true
	return &s.rows
}

func (s *applySession) giveBack() { s.pipe.out, s.rows.buf = s.rows.buf, nil }

// value appends one value with its length. A refused one takes the message back.
func (w *writing) value(e *rows, c *carrier, v *change.Vector, i, start int) error {
	if v.IsNull(i) {
		e.buf = append(e.buf, 0xff, 0xff, 0xff, 0xff)
		return nil
	}
	e.buf = append(e.buf, 0, 0, 0, 0)
	at := len(e.buf)
	if reason := c.encode(e, v, i); reason != "" {
		e.buf = e.buf[:start]
		return w.refuse(c, v, i, reason)
	}
	binary.BigEndian.PutUint32(e.buf[at-4:], uint32(len(e.buf)-at))
	return nil
}

func (w *writing) refuse(c *carrier, v *change.Vector, i int, reason string) error {
	fault := change.DataFault
	if strings.HasPrefix(reason, tooLong) {
		fault = change.TruncationFault
	}
	r := change.Reject{Fault: fault, Column: c.name, Key: w.key(i), Reason: "the value " + reason}
	if v.Layout.Holds() == change.InData {
		r.Reason += ": " + excerpt(v.Value(i))
	}
	w.refused = &r
	return r
}

// key describes a row for a person.
func (w *writing) key(i int) string {
	var parts []string
	for _, k := range w.sh.keys {
		c := &w.sh.carriers[k]
		parts = append(parts, c.name+"="+cell(w.vector(c), i))
	}
	if len(parts) == 0 {
		return fmt.Sprintf("row %d of %d", i+1, w.set.Len())
	}
	return strings.Join(parts, ", ")
}

// bulk runs statements that take many rows as arrays.
func (w *writing) bulk(n int) error {
	p := &w.s.pipe
	if w.sh.searching {
		p.simple("SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on", -1)
	}
	for from := 0; from < n; {
		to := w.chunk(from, n)
		name := w.s.statements.prepare(p, w.sh.bulkKey, w.sh.bulk, w.sh.bulkTypes)
		at := p.bind(name, len(w.sh.carriers))
		if err := w.arrays(from, to, at-1); err != nil {
			return err
		}
		p.execute(at, w.to)
		if err := w.room(); err != nil {
			return err
		}
		from = to
	}
	if w.sh.searching {
		p.simple("SET LOCAL enable_hashjoin = off; SET LOCAL enable_seqscan = off", -1)
	}
	return nil
}

// chunk returns where the chunk that begins at a row ends.
func (w *writing) chunk(from, n int) int {
	size := 0
	for i := from; i < n; i++ {
		if i-from >= chunkRows || size >= chunkBytes {
			return i
		}
		for c := range w.sh.carriers {
			size += 8
			if v := w.vector(&w.sh.carriers[c]); v.Layout.Holds() == change.InData {
				size += len(v.Value(i))
			}
		}
	}
	return n
}

// arrays appends the columns of some rows as arrays: dimensions, whether there are nulls, the type of the elements,
// their number, the first one's index, and the elements.
func (w *writing) arrays(from, to, start int) error {
	e := w.s.borrow()
	defer w.s.giveBack()
	for c := range w.sh.carriers {
		k := &w.sh.carriers[c]
		v := w.vector(k)
		at := len(e.buf)
		e.buf = append(e.buf, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b2b(v.HasNull()))
		e.buf = binary.BigEndian.AppendUint32(e.buf, k.oid)
		e.buf = binary.BigEndian.AppendUint32(e.buf, uint32(to-from))
		e.buf = append(e.buf, 0, 0, 0, 1)
		for i := from; i < to; i++ {
			if err := w.value(e, k, v, i, start); err != nil {
				return err
			}
		}
		binary.BigEndian.PutUint32(e.buf[at:], uint32(len(e.buf)-at-4))
	}
	return nil
}

// copyIn sends the rows by COPY, whose data follow at once: a server that refuses it skips them.
func (w *writing) copyIn(n int) error {
	p := &w.s.pipe
	p.simple(w.sh.copy, w.to)
	frame := p.begin('d')
	p.out = append(append(p.out, copySignature...), 0, 0, 0, 0, 0, 0, 0, 0)
	for i := range n {
		e := w.s.borrow()
		no, ok := e.binaryRow(w.sh.copied, w.set.Rows, i)
		w.s.giveBack()
		if !ok {
			p.end(frame)
			fail := p.begin('f')
			p.text("a value was refused")
			p.end(fail)
			return w.refuse(&w.sh.carriers[no.column], &w.set.Rows.Columns[no.column], i, no.reason)
		}
		if len(p.out) >= pipeFlush {
			p.end(frame)
			if err := p.flush(); err != nil {
				return err
			}
			frame = p.begin('d')
		}
	}
	p.out = append(p.out, 0xff, 0xff)
	p.end(frame)
	p.end(p.begin('c'))
	return w.room()
}
