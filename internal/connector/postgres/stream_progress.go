package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// progress keeps what the server sends of transactions before they have committed (option streaming of pgoutput): those that have outgrown
// its logical_decoding_work_mem, in chunks between which others come. What of one has been rolled back is forgotten. Once it has committed
// its messages are taken as those of any other transaction are, whose place is that of its commit.
type progress struct {
	stream *stream
	kept   map[uint32]*underway
	chunk  *underway // the one of which a chunk is being read
	replay *replay
	room   spoolRoom
	// arrivals counts the descriptions of tables, which come in another order than the transactions whose they are.
	arrivals uint64
	audit    *streamed // our record of DDL
	row      tuple
	line     []byte
}

// underway is a transaction in progress.
type underway struct {
	spool
	parts   []subpart
	altered int64 // behind the first word of a table that was altered; 0 when there is none
}

// subpart is where the messages of a subtransaction begin. The older have the smaller numbers: one that has ended is not told from its
// descendants until another message comes of who it was part of.
type subpart struct {
	xid  uint32
	from spoolMark
}

func newProgress(s *stream) *progress { return &progress{stream: s, kept: map[uint32]*underway{}} }

// begin takes the beginning of a chunk.
func (g *progress) begin(m *message) {
	xid, first := m.uint32(), m.byte() == 1
	t := g.kept[xid]
	if t != nil && first { // a number that has gone around
		g.forget(xid)
		t = nil
	}
	if t == nil {
		t = &underway{spool: newSpool(g.stream.src.held, &g.room)}
		g.kept[xid] = t
	}
	g.chunk = t
}

// take keeps a message within a chunk, without the number of the subtransaction that stands behind its kind.
func (g *progress) take(p []byte) error {
	switch p[0] {
	case 'E':
		g.chunk = nil
		return nil
	case 'R', 'I', 'U', 'D', 'T':
	default: // types and origins, as elsewhere
		return nil
	}
	if len(p) < 5 {
		return errMalformed
	}
	g.chunk.enter(binary.BigEndian.Uint32(p[1:]))
	g.line = append(g.line[:0], p[0])
	if p[0] == 'R' {
		g.arrivals++
		g.line = binary.BigEndian.AppendUint64(g.line, g.arrivals)
	}
	g.line = append(g.line, p[5:]...)
	if err := g.chunk.add(g.line); err != nil {
		return err
	}
	if g.chunk.altered == 0 && g.alters(p[0], &message{p: p[5:]}) {
		g.chunk.altered = g.chunk.mark().at
	}
	return nil
}

// alters reports whether a message tells of DDL that changes what is there, and does not make something new.
func (g *progress) alters(kind byte, m *message) bool {
	switch kind {
	case 'R':
		if r, ok := m.relation(); ok && r.name == auditTable && r.schema == g.stream.src.settings.artifacts {
			g.audit = &streamed{relationMessage: r}
		}
	case 'I':
		if g.audit == nil || m.uint32() != g.audit.id || m.byte() != 'N' || !g.row.read(m) {
			return false
		}
		at := g.audit.find("c_tag")
		return at >= 0 && at < len(g.row.values) && (string(g.row.values[at]) == "ALTER TABLE" || string(g.row.values[at]) == unidentified)
	}
	return false
}

// enter notes whose the next message is. A younger subtransaction that was there has ended by then, and what becomes of it is what becomes
// of this one.
func (t *underway) enter(xid uint32) {
	n, from := len(t.parts), t.mark()
	for n > 0 && younger(t.parts[n-1].xid, xid) > 0 {
		n--
		from = t.parts[n].from
	}
	t.parts = t.parts[:n]
	if n == 0 || t.parts[n-1].xid != xid {
		t.parts = append(t.parts, subpart{xid: xid, from: from})
	}
}

// younger compares numbers of transactions, which go around.
func younger(a, b uint32) int { return int(int32(a - b)) }

// abort forgets what was rolled back: a transaction, or everything from the beginning of a subtransaction on, since what came
// after it was within it.
func (g *progress) abort(m *message) error {
	xid, sub := m.uint32(), m.uint32()
	t := g.kept[xid]
	switch {
	case m.bad || t == nil:
		return nil
	case sub == xid:
		g.forget(xid)
		return nil
	}
	i, found := slices.BinarySearchFunc(t.parts, sub, func(p subpart, xid uint32) int { return younger(p.xid, xid) })
	if !found {
		return nil
	}
	from := t.parts[i].from
	t.parts = t.parts[:i]
	if t.altered > from.at {
		t.altered = 0
	}
	return t.cut(from)
}

func (g *progress) forget(xid uint32) {
	if t := g.kept[xid]; t != nil {
		t.reset()
		delete(g.kept, xid)
	}
}

// commit begins to hand a transaction on.
func (g *progress) commit(m *message, sent uint64) error {
	xid := m.uint32()
	m.byte()
	final, end, at := lsn(m.uint64()), lsn(m.uint64()), m.uint64()
	if m.bad {
		return errMalformed
	}
	t := g.kept[xid]
	delete(g.kept, xid)
	if t == nil {
		t = &underway{spool: newSpool(g.stream.src.held, &g.room)}
	}
	if t.altered > 0 {
		t.reset()
		return g.stream.src.readWhole(end, errors.New("a large transaction has altered tables"))
	}
	if err := t.rewind(); err != nil {
		return err
	}
	g.stream.lateBy(sent) // the stamp is of now, and will be old once everything is handed on
	g.replay = &replay{progress: g, spool: &t.spool, end: end, newer: map[uint32]tableDescription{}}
	g.stream.begin(final, serverTime(at), xid)
	return nil
}

// close forgets everything.
func (g *progress) close() {
	for xid := range g.kept {
		g.forget(xid)
	}
	if g.replay != nil {
		g.replay.spool.reset()
	}
	g.chunk, g.replay = nil, nil
}

// sentNow is what the server would write on a message now.
func (s *stream) sentNow() uint64 { return uint64(time.Now().Add(-s.skew).UnixMicro() - pgEpoch) }

// progressed takes what is said of a transaction in progress outside of its chunks.
func (g *progress) progressed(kind byte, m *message, sent uint64) error {
	switch kind {
	case 'S':
		g.begin(m)
		return nil
	case 'A':
		return g.abort(m)
	case 'c':
		return g.commit(m, sent)
	}
	return fmt.Errorf("%w: a part of a transaction outside of one", errMalformed)
}
