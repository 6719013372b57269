package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// pgEpoch is where the server's timestamps begin, in microseconds of Unix time.
const pgEpoch = 946_684_800_000_000

func serverTime(micros uint64) time.Time { return time.UnixMicro(int64(micros) + pgEpoch).UTC() }

// data takes a frame of the replication stream.
func (s *stream) data(ctx context.Context, p []byte) error {
	if len(p) == 0 {
		return errMalformed
	}
	switch p[0] {
	case 'w':
		if len(p) < 26 {
			return errMalformed
		}
		if s.lines != nil {
			return s.lines.line(ctx, p[25:], lsn(binary.BigEndian.Uint64(p[1:])), binary.BigEndian.Uint64(p[17:]))
		}
		if s.sets != nil {
			return s.sets.take(ctx, p[25:], binary.BigEndian.Uint64(p[17:]))
		}
		return s.message(ctx, p[25:], binary.BigEndian.Uint64(p[17:]))
	case 'k':
		if len(p) != 18 {
			return errMalformed
		}
		return s.keepalive(lsn(binary.BigEndian.Uint64(p[1:])), p[17] != 0)
	}
	return nil
}

// keepalive says that everything before a place has been sent. The server sends one whenever it has come to the end of
// the log.
func (s *stream) keepalive(end lsn, reply bool) error {
	if s.between() && end > s.position {
		s.position, s.moved = end, true
		s.keeper.receive(end)
	}
	if reply {
		if err := s.keeper.reply(); err != nil {
			return err
		}
	}
	if len(s.w.in.buffered()) == 0 && !s.pump.atHand() {
		s.pump.pause.Store(0)
		if s.group != nil && !s.open {
			s.deliver(true)
		}
	}
	return nil
}

// message takes a message of the plugin.
func (s *stream) message(ctx context.Context, p []byte, sent uint64) error {
	if len(p) == 0 {
		return errMalformed
	}
	if s.progress.chunk != nil {
		return s.progress.take(p)
	}
	m := &message{p: p[1:]}
	var err error
	switch p[0] {
	case 'B':
		s.begin(lsn(m.uint64()), serverTime(m.uint64()), m.uint32())
	case 'C':
		m.byte()
		m.uint64()
		s.commit(lsn(m.uint64()), sent)
	case 'R':
		err = s.relation(ctx, m)
	case 'I', 'U', 'D':
		err = s.change(ctx, p[0], m)
	case 'T':
		err = s.truncate(ctx, m)
	case 'S', 'E', 'A', 'c':
		err = s.progress.progressed(p[0], m, sent)
	}
	if err == nil && m.bad {
		err = errMalformed
	}
	if err != nil && m.bad {
		err = fmt.Errorf("message %q: %w", p[0], err)
	}
	return err
}

// begin begins a transaction, unless the stream is to end before it.
func (s *stream) begin(final lsn, at time.Time, xid uint32) {
	s.final, s.at, s.xid = final, at, xid
	if !s.r.Until.IsZero() && s.at.After(s.r.Until) {
		s.ended = true
		s.events = append(s.events, connector.Event{Changes: s.take(), Position: s.text(), Ended: true})
		return
	}
	s.open, s.touched, s.echoed, s.from = true, false, false, 0
	if s.group != nil {
		s.from = s.group.Len()
	}
}

// commit ends a transaction.
func (s *stream) commit(end lsn, sent uint64) {
	s.open = false
	s.position, s.moved = end, true
	s.pace(s.lateBy(sent))
	s.keeper.read(end, s.at, s.touched)
	if !s.touched || s.group == nil {
		return
	}
	if s.r.Places {
		s.group.Place = s.final.String()
	}
	s.group.Commit(s.at)
	s.whole = end
	if s.group.Full() {
		s.deliver(false)
	}
}

// pace chooses between little delay and little work by how late the stream is.
func (s *stream) pace(late time.Duration) {
	s.late = late > lateness
	pause := time.Duration(0)
	switch {
	case late > farBehind:
		pause = longPause
	case s.late:
		pause = shortPause
	}
	s.pump.pause.Store(int64(pause))
}

// lateBy is how long ago the transaction has committed, by the source's clock. The smallest difference between our clock
// and the stamps on the messages tells how the clocks differ; it is found anew every minute.
func (s *stream) lateBy(sent uint64) time.Duration {
	now := time.Now()
	skew := now.Sub(serverTime(sent))
	if skew < s.skew || now.Sub(s.skewed) > time.Minute {
		s.skew, s.skewed = skew, now
	}
	return now.Add(-s.skew).Sub(s.at)
}

// place returns where a change of a table goes.
func (s *stream) place(ctx context.Context, f *followed) (*change.Changes, error) {
	if s.group == nil {
		g, err := s.r.Pool.Get(ctx)
		if err != nil {
			return nil, err
		}
		s.group = g
	}
	return s.group.Table(f.f.Number, f.layouts), nil
}

// change takes a row change.
func (s *stream) change(ctx context.Context, kind byte, m *message) error {
	rel := s.relations[m.uint32()]
	if rel == nil {
		return fmt.Errorf("%w: a change of a table that was not described", errMalformed)
	}
	if rel.loop {
		s.echo()
	}
	if rel.audit && !rel.loop {
		return s.audit(ctx, kind, rel, m)
	}
	if rel.loop || s.echoed {
		m.p = nil
		return nil
	}
	if rel.ignored {
		m.p = nil
		return nil
	}
	plan, err := s.planOf(ctx, rel)
	if err != nil || plan == nil {
		return err
	}
	var before, after bool
	switch k := m.byte(); k {
	case 'K', 'O':
		before = s.old.read(m)
		s.old.full = k == 'O'
		s.old.whole = s.old.full && rel.f.f.Whole
		if kind == 'U' {
			if m.byte() != 'N' {
				return errMalformed
			}
			after = s.new.read(m)
		}
	case 'N':
		after = s.new.read(m)
	default:
		return errMalformed
	}
	if m.bad {
		return errMalformed
	}
	if s.final < rel.f.since {
		return nil
	}
	c, err := s.place(ctx, rel.f)
	if err != nil {
		return err
	}
	if err := s.add(c, kind, plan, before, after); err != nil {
		return s.unreadable(rel, c, err)
	}
	s.touched = true
	if s.group.Full() {
		s.deliver(false)
	}
	return nil
}

// add puts a change into the group; after an error nothing of it is there but what unreadable takes back.
func (s *stream) add(c *change.Changes, kind byte, plan *relationPlan, before, after bool) error {
	switch kind {
	case 'I':
		size, err := plan.row(&c.New, &s.new, nil)
		if err != nil {
			return err
		}
		c.New.EndRow()
		s.group.Add(c, change.Insert, true, false, size)
	case 'U':
		return s.update(c, plan, before, after)
	case 'D':
		if !before {
			return errMalformed
		}
		size, err := plan.identify(&c.Old, &s.old)
		if err != nil {
			return err
		}
		c.Old.EndRow()
		s.group.Add(c, change.Delete, false, true, size)
	}
	return nil
}

// unreadable hands over a change whose values are not what its columns say.
func (s *stream) unreadable(rel *streamed, c *change.Changes, err error) error {
	c.New.CancelRow()
	c.Old.CancelRow()
	if s.uncomputable(rel, err) {
		return nil
	}
	var bad valueError
	if s.r.Reject == nil || !errors.As(err, &bad) {
		return fmt.Errorf("a row of %s: %w", rel.name, err)
	}
	return s.r.Reject(rel.f.f.Number, change.Reject{Column: bad.column, Key: "at " + s.final.String(), Reason: bad.err.Error()})
}

// valueError is a value that cannot be read.
type valueError struct {
	column string
	err    error
}

func (e valueError) Error() string { return fmt.Sprintf("column %q: %s", e.column, e.err) }
func (e valueError) Unwrap() error { return e.err }

func (s *stream) update(c *change.Changes, plan *relationPlan, before, after bool) error {
	if !after {
		return errMalformed
	}
	var old *tuple
	if before {
		old = &s.old
	}
	size, err := plan.row(&c.New, &s.new, old)
	if err != nil {
		return err
	}
	identified := plan.always || before && (s.old.whole || plan.moved(&s.old, &s.new))
	if identified {
		from := old
		if from == nil {
			from = &s.new // the key is as it was
		}
		n, err := plan.identify(&c.Old, from)
		if err != nil {
			return err
		}
		size += n
		c.Old.EndRow()
	}
	c.New.EndRow()
	s.group.Add(c, change.Update, true, identified, size)
	return nil
}

// row appends a new row. A key that was not sent, because it is large and unchanged, is taken from the old row.
func (p *relationPlan) row(b *change.Batch, t, old *tuple) (size int, err error) {
	if len(t.kinds) != len(p.columns) {
		return 0, fmt.Errorf("%w: a row of %d columns where %d were due", errMalformed, len(t.kinds), len(p.columns))
	}
	for i := range p.columns {
		c := &p.columns[i]
		if c.to < 0 {
			continue
		}
		kind, value := t.kinds[i], t.values[i]
		if kind == 'u' && c.key && old != nil && len(old.kinds) == len(t.kinds) {
			kind, value = old.kinds[i], old.values[i]
		}
		if err := c.append(&b.Columns[c.to], kind, value); err != nil {
			return 0, err
		}
		size += len(value) + 8
	}
	for _, i := range p.missing {
		b.Columns[i].AppendAbsent()
	}
	for _, c := range p.computed {
		if err := c.append(&b.Columns[c.to], t, old); err != nil {
			return 0, err
		}
	}
	return size, nil
}

// identify appends what identifies a row, and nothing else unless the row is asked for whole.
func (p *relationPlan) identify(b *change.Batch, t *tuple) (size int, err error) {
	if len(t.kinds) != len(p.columns) {
		return 0, fmt.Errorf("%w: an old row of %d columns where %d were due", errMalformed, len(t.kinds), len(p.columns))
	}
	for i := range p.columns {
		c := &p.columns[i]
		switch {
		case c.to < 0:
		case !c.key && !t.whole:
			b.Columns[c.to].AppendAbsent()
		default:
			if err := c.append(&b.Columns[c.to], t.kinds[i], t.values[i]); err != nil {
				return 0, err
			}
			size += len(t.values[i]) + 8
		}
	}
	for _, i := range p.missing {
		b.Columns[i].AppendAbsent()
	}
	for _, c := range p.computed {
		b.Columns[c.to].AppendAbsent()
	}
	return size, nil
}

// moved reports whether the key differs between two rows.
func (p *relationPlan) moved(old, new *tuple) bool {
	if len(old.kinds) != len(p.columns) || len(new.kinds) != len(p.columns) {
		return true
	}
	for i := range p.columns {
		if !p.columns[i].key || new.kinds[i] == 'u' {
			continue
		}
		if old.kinds[i] != new.kinds[i] || !bytes.Equal(old.values[i], new.values[i]) {
			return true
		}
	}
	return false
}

func (c *planColumn) append(v *change.Vector, kind byte, value []byte) error {
	var err error
	switch kind {
	case 'n':
		v.AppendNull()
	case 'u':
		v.AppendAbsent()
	case 'b':
		if c.binary == nil {
			return &connector.Error{Class: connector.Invalid, Err: fmt.Errorf("column %q cannot be read as %s from its binary form", c.name, v.Layout)}
		}
		err = c.binary(v, value)
	case 't':
		err = c.text(v, value)
	}
	if aside := (asideError{}); err != nil && !errors.As(err, &aside) {
		return valueError{c.name, err}
	}
	return err
}
