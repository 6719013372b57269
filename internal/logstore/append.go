package logstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	if err == nil && len(lines) > 0 {
		s.tell()
	}
	return err
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
func neighbour(ctx context.Context, tx *sql.Tx, id, at int64) (b *block, till *int64, err error) {
	b = &block{}
	err = tx.QueryRowContext(ctx, "SELECT first_at, first_seq, content FROM block WHERE stream = ? AND last_at > ? ORDER BY first_at, first_seq LIMIT 1",
		id, at).Scan(&b.first.At, &b.first.Seq, &b.content)
	if err == nil {
		var behind int64
		err = tx.QueryRowContext(ctx, "SELECT first_at FROM block WHERE stream = ? AND (first_at, first_seq) > (?, ?) ORDER BY first_at, first_seq LIMIT 1",
			id, b.first.At, b.first.Seq).Scan(&behind)
		if errors.Is(err, sql.ErrNoRows) {
			return b, nil, nil
		}
		return b, &behind, err
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, nil, err
	}
	var size int
	err = tx.QueryRowContext(ctx, "SELECT first_at, first_seq, length(content), content FROM block WHERE stream = ? ORDER BY first_at DESC, first_seq DESC LIMIT 1",
		id).Scan(&b.first.At, &b.first.Seq, &size, &b.content)
	if errors.Is(err, sql.ErrNoRows) || err == nil && size >= fullBlock {
		return nil, nil, nil
	}
	return b, nil, err
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
