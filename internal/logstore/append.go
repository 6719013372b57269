package logstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
)

// A Line is an event that is to be kept.
type Line struct {
	At      int64 // milliseconds
	Message string
}

// A Source is where lines come from, and the place behind the last of them: whoever gathers them goes on there.
type Source struct{ Name, Place string }

// Append keeps lines in a stream and, if they have one, the place in their source. All of it is kept, or nothing.
func (s *Store) Append(ctx context.Context, group, stream string, lines []Line, from *Source) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		id, err := streamID(ctx, tx, group, stream)
		if err != nil {
			return err
		}
		if err := s.append(ctx, tx, id, lines); err != nil {
			return fmt.Errorf("write log stream %s: %w", stream, err)
		}
		if from == nil {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO source VALUES (?, ?, ?)", from.Name, from.Place, s.Now().UnixMilli()); err != nil {
			return fmt.Errorf("write log stream %s: %w", stream, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.tell(group, stream, lines, s.Now().UnixMilli())
	bytes := int64(0)
	for i := range lines {
		bytes += int64(len(lines[i].Message)) + overhead
	}
	if err := s.room.Wrote(ctx, s.db, bytes, s.MaxBytes, s.Trim); err != nil && ctx.Err() == nil {
		s.Log.Error("the size of log events was not held", "error", err) // they are kept all the same
	}
	return nil
}

func (s *Store) append(ctx context.Context, tx *sql.Tx, id int64, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	now := s.Now().UnixMilli()
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.At, b.At) })
	events := make([]Event, len(lines))
	for i := range lines {
		s.seq++
		events[i] = Event{At: lines[i].At, Seq: s.seq, Ingested: now, Message: []byte(lines[i].Message)}
	}
	for len(events) > 0 {
		before, till, err := neighbour(ctx, tx, id, events[0].At)
		if err != nil {
			return err
		}
		n := len(events)
		if till != nil {
			n = sort.Search(len(events), func(i int) bool { return events[i].At >= *till })
		}
		if err := rewrite(ctx, tx, id, before, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	if _, err := tx.ExecContext(ctx, "UPDATE log_stream SET ingested = ? WHERE id = ?", now, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE counter SET seq = ?", s.seq)
	return err
}

// rewrite puts events into a block that there is, or into new ones.
func rewrite(ctx context.Context, tx *sql.Tx, id int64, before *block, events []Event) error {
	all := events
	if before != nil {
		if _, err := tx.ExecContext(ctx, "DELETE FROM block WHERE stream = ? AND first_at = ? AND first_seq = ?", id, before.first.At, before.first.Seq); err != nil {
			return err
		}
		have, err := eventsOf(before.content)
		if err != nil {
			return err
		}
		all = append(have, events...)
	}
	for _, b := range pack(all) {
		if _, err := tx.ExecContext(ctx, "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?)", id, b.first.At, b.first.Seq, b.last.At, b.last.Seq, b.events, b.bytes, b.content); err != nil {
			return err
		}
	}
	return nil
}

// neighbour is the block that an event of a moment belongs into: the first that reaches beyond it, or else the last one if
// it takes more; nil for a new one. Events from till on belong elsewhere.
//
// Blocks of a stream do not overlap: an event comes behind all that are kept of its moment, and into the first block that
// reaches beyond it. So that block is the last one that begins by then, or the one behind it.
func neighbour(ctx context.Context, tx *sql.Tx, id, at int64) (b *block, till *int64, err error) {
	b, err = blockWhere(ctx, tx, "first_at <= ? ORDER BY first_at DESC, first_seq DESC", id, at)
	if err != nil {
		return nil, nil, err
	}
	behind := Place{math.MinInt64, 0}
	if b != nil {
		behind = b.first
	}
	next, err := blockWhere(ctx, tx, "(first_at, first_seq) > (?, ?) ORDER BY first_at, first_seq", id, behind.At, behind.Seq)
	if err != nil {
		return nil, nil, err
	}
	if next != nil && (b == nil || b.last.At <= at) {
		b = next
		if next, err = blockWhere(ctx, tx, "(first_at, first_seq) > (?, ?) ORDER BY first_at, first_seq", id, b.first.At, b.first.Seq); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case b == nil, next == nil && b.last.At <= at && b.size >= fullBlock:
		return nil, nil, nil
	case next != nil:
		till = &next.first.At
	}
	err = tx.QueryRowContext(ctx, "SELECT content FROM block WHERE stream = ? AND first_at = ? AND first_seq = ?", id, b.first.At, b.first.Seq).Scan(&b.content)
	return b, till, err
}

// blockWhere finds the first block of a stream that fits, without its content; nil when none does.
func blockWhere(ctx context.Context, tx *sql.Tx, which string, id int64, args ...any) (*block, error) {
	var b block
	err := tx.QueryRowContext(ctx, "SELECT first_at, first_seq, last_at, length(content) FROM block WHERE stream = ? AND "+which+" LIMIT 1", append([]any{id}, args...)...).
		Scan(&b.first.At, &b.first.Seq, &b.last.At, &b.size)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // documented
	}
	return &b, err
}

// Place is where a source was when the last of its lines was kept; empty when none was.
func (s *Store) Place(ctx context.Context, name string) (place string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT place FROM source WHERE name = ?", name).Scan(&place)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the place of log source %s: %w", name, err)
	}
	return place, nil
}
