package logstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// An Event is a line of a log. Its place in the store is its time and, within it, its number.
type Event struct {
	At       int64 // milliseconds
	Seq      int64
	Ingested int64 // milliseconds
	Message  []byte
}

// A Place is a position between events: of the first one not before it.
type Place struct{ At, Seq int64 }

// Before compares places.
func (p Place) Before(q Place) bool { return p.At < q.At || p.At == q.At && p.Seq < q.Seq }

func (p Place) compare(q Place) int {
	return cmp.Or(cmp.Compare(p.At, q.At), cmp.Compare(p.Seq, q.Seq))
}

// Place is where an event stands.
func (e *Event) Place() Place { return Place{e.At, e.Seq} }

// overhead is what CloudWatch adds to every event's bytes.
const overhead = 26

// fullBlock is the size at which a block takes no more.
const fullBlock = 128 << 10

var errDamaged = errors.New("a block of the log is damaged")

// appendEvent writes an event behind others of its block. Times and numbers are written as they are: a block is read from
// any place of it.
func appendEvent(dst []byte, e *Event) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(e.Message)))
	dst = binary.AppendVarint(dst, e.At)
	dst = binary.AppendVarint(dst, e.Seq)
	dst = binary.AppendVarint(dst, e.Ingested-e.At)
	return append(dst, e.Message...)
}

// nextEvent reads the first event of what is left of a block. The message lies in the block.
func nextEvent(src []byte, e *Event) (rest []byte, err error) {
	length, n := binary.Uvarint(src)
	if n <= 0 {
		return nil, errDamaged
	}
	src = src[n:]
	for _, to := range []*int64{&e.At, &e.Seq, &e.Ingested} {
		v, n := binary.Varint(src)
		if n <= 0 {
			return nil, errDamaged
		}
		*to, src = v, src[n:]
	}
	e.Ingested += e.At
	if uint64(len(src)) < length {
		return nil, errDamaged
	}
	e.Message = src[:length]
	return src[length:], nil
}

// eventsOf reads a whole block.
func eventsOf(content []byte) ([]Event, error) {
	var all []Event
	for len(content) > 0 {
		var e Event
		var err error
		if content, err = nextEvent(content, &e); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// block is one row of the file.
type block struct {
	first, last   Place
	events, bytes int64
	content       []byte
	size          int // of the content as it is kept
}

// pack makes blocks of events, which it sorts.
func pack(events []Event) []block {
	slices.SortStableFunc(events, func(a, b Event) int { return a.Place().compare(b.Place()) })
	var out []block
	for i := range events {
		e := &events[i]
		if len(out) == 0 || len(out[len(out)-1].content) >= fullBlock {
			out = append(out, block{first: e.Place()})
		}
		b := &out[len(out)-1]
		b.content = appendEvent(b.content, e)
		b.last = e.Place()
		b.events++
		b.bytes += int64(len(e.Message)) + overhead
	}
	return out
}
