package logstore

import (
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"unsafe"
)

// A Scan goes through the events of streams in the order of their places.
type Scan struct {
	Streams []Stream
	// From is the place of the first event looked at, Till the one before which it ends (or, backwards, behind which).
	From, Till Place
	// See is given each event with the number of its stream in Streams, and says whether to go on. The message is valid
	// until it returns.
	See func(stream int, e *Event) (on bool)
	// Keep chooses events before they are put into order; nil keeps all. It may be called for events behind the last one seen.
	Keep func(message []byte) bool
	// MostBytes bounds what is looked at: the scan then ends early. 0: no bound.
	MostBytes int64
	// MostHeld bounds what blocks that lie in memory at a time take, beside the one that is read; 0: 64 MiB. With very many
	// streams those whose turn is last are read again when it comes.
	MostHeld int64

	held, peak int64 // what blocks take now, and took at most
}

const mostHeld = 64 << 20

// Scan goes through events forwards. The place is that of the first event that was not looked at; done says that there
// are none.
func (s *Store) Scan(ctx context.Context, c *Scan) (next Place, done bool, err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return c.From, false, fmt.Errorf("read the logs: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it has written nothing
	c.held, c.peak = 0, 0
	var queue cursors
	for i := range c.Streams {
		cur := &cursor{stream: i, id: c.Streams[i].id, next: c.From}
		if err := cur.peek(ctx, tx, c.From); err != nil {
			return c.From, false, err
		}
		if cur.more {
			queue = append(queue, cur)
		}
	}
	heap.Init(&queue)
	read := int64(0)
	for len(queue) > 0 {
		cur := queue[0]
		c.bound(queue)
		if !cur.next.Before(c.Till) {
			return c.Till, true, nil // everything else is behind it too
		}
		if cur.loaded() {
			e := cur.kept[cur.at]
			if !c.See(cur.stream, &e) {
				return Place{e.At, e.Seq + 1}, false, nil
			}
			cur.at++
		} else {
			if c.MostBytes > 0 && read >= c.MostBytes {
				return cur.next, false, nil
			}
			n, err := cur.load(ctx, tx, c)
			if err != nil {
				return cur.next, false, err
			}
			read += n
		}
		if err := cur.step(ctx, tx); err != nil {
			return cur.next, false, err
		}
		if !cur.more {
			heap.Pop(&queue)
			c.drop(cur)
			continue
		}
		heap.Fix(&queue, 0)
	}
	return c.Till, true, nil
}

// bound lets go of blocks whose turn comes last until what is held is little enough. The first one stays.
func (c *Scan) bound(queue cursors) {
	c.peak = max(c.peak, c.held)
	most := c.MostHeld
	if most <= 0 {
		most = mostHeld
	}
	if c.held <= most {
		return
	}
	last := slices.Clone(queue[1:])
	slices.SortFunc(last, func(a, b *cursor) int { return b.next.compare(a.next) })
	for _, cur := range last {
		if c.held <= most/2 { // so that not every block is followed by a look at all
			return
		}
		c.drop(cur)
	}
}

// drop lets go of a block. Its cursor stays where it is.
func (c *Scan) drop(cur *cursor) {
	c.held -= cur.held
	cur.held, cur.buffer, cur.kept, cur.at = 0, nil, nil, 0
}

// cursor is a scan's place in one stream.
type cursor struct {
	stream int
	id     int64
	next   Place // of the event that comes next, or where the block begins that it is in
	more   bool
	row    int64  // of the block that is not read yet
	begins Place  // of the block
	ends   Place  // of the block
	buffer []byte // of the block, used again
	kept   []Event
	at     int
	held   int64 // bytes of buffer and kept
}

func (c *cursor) loaded() bool { return c.at < len(c.kept) }

// peek finds the block that the events from a place on begin in.
func (c *cursor) peek(ctx context.Context, tx *sql.Tx, from Place) error {
	err := tx.QueryRowContext(ctx, `SELECT rowid, first_at, first_seq, last_at, last_seq FROM block WHERE stream = ? AND first_at <= ?
		ORDER BY first_at DESC, first_seq DESC LIMIT 1`, c.id, from.At).Scan(&c.row, &c.begins.At, &c.begins.Seq, &c.ends.At, &c.ends.Seq)
	// several blocks may begin at the same moment: then all from the first of them on are looked at
	if err == nil && c.begins.At == from.At && from.Before(c.begins) {
		err = tx.QueryRowContext(ctx, `SELECT rowid, first_at, first_seq, last_at, last_seq FROM block WHERE stream = ? AND (first_at, first_seq) <= (?, ?)
			ORDER BY first_at DESC, first_seq DESC LIMIT 1`, c.id, from.At, from.Seq).Scan(&c.row, &c.begins.At, &c.begins.Seq, &c.ends.At, &c.ends.Seq)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return c.advance(ctx, tx, Place{from.At, from.Seq - 1})
	case err != nil:
		return fmt.Errorf("read the logs: %w", err)
	case c.ends.Before(from):
		return c.advance(ctx, tx, c.begins)
	}
	c.more = true
	if c.next.Before(c.begins) {
		c.next = c.begins
	}
	return nil
}

// advance goes to the first block that begins behind a place.
func (c *cursor) advance(ctx context.Context, tx *sql.Tx, behind Place) error {
	err := tx.QueryRowContext(ctx, `SELECT rowid, first_at, first_seq, last_at, last_seq FROM block WHERE stream = ? AND (first_at, first_seq) > (?, ?)
		ORDER BY first_at, first_seq LIMIT 1`, c.id, behind.At, behind.Seq).Scan(&c.row, &c.begins.At, &c.begins.Seq, &c.ends.At, &c.ends.Seq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		c.more = false
		return nil
	case err != nil:
		return fmt.Errorf("read the logs: %w", err)
	}
	c.more = true
	if c.next.Before(c.begins) {
		c.next = c.begins
	}
	return nil
}

// load reads the block and keeps what is wanted of it.
func (c *cursor) load(ctx context.Context, tx *sql.Tx, s *Scan) (int64, error) {
	content, err := contentOf(ctx, tx, c.row, c.buffer[:0])
	if err != nil {
		return 0, err
	}
	c.buffer, c.kept, c.at = content, c.kept[:0], 0
	for rest := content; len(rest) > 0; {
		var e Event
		if rest, err = nextEvent(rest, &e); err != nil {
			return 0, err
		}
		if e.Place().Before(c.next) || s.Keep != nil && !s.Keep(e.Message) {
			continue
		}
		if !e.Place().Before(s.Till) {
			break
		}
		c.kept = append(c.kept, e)
	}
	s.held -= c.held
	c.held = int64(cap(c.buffer)) + int64(cap(c.kept))*int64(unsafe.Sizeof(Event{}))
	s.held += c.held
	return int64(len(content)), nil
}

// contentOf reads a block's content into a buffer.
func contentOf(ctx context.Context, tx *sql.Tx, row int64, into []byte) ([]byte, error) {
	rows, err := tx.QueryContext(ctx, "SELECT content FROM block WHERE rowid = ?", row)
	if err != nil {
		return nil, fmt.Errorf("read the logs: %w", err)
	}
	defer rows.Close()
	if rows.Next() {
		var raw sql.RawBytes
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("read the logs: %w", err)
		}
		into = append(into, raw...)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the logs: %w", err)
	}
	return into, nil
}

// step says where the cursor stands now; behind the last event of a block comes the next one.
func (c *cursor) step(ctx context.Context, tx *sql.Tx) error {
	if c.loaded() {
		c.next = c.kept[c.at].Place()
		return nil
	}
	c.next = Place{c.ends.At, c.ends.Seq + 1}
	return c.advance(ctx, tx, c.begins)
}

// cursors are a heap: the one whose next event comes first is its root.
type cursors []*cursor

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (h cursors) Len() int           { return len(h) }
func (h cursors) Less(i, j int) bool { return h[i].next.Before(h[j].next) }
func (h cursors) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *cursors) Push(x any) { *h = append(*h, x.(*cursor)) }

// Pop implements heap.Interface.
func (h *cursors) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
