package logstore

import (
	"context"
	"fmt"
	"slices"
)

// Last are up to limit events of a stream before a place and not before another, in their order: those nearest to the end.
func (s *Store) Last(ctx context.Context, of *Stream, from, till Place, limit int, most int64) ([]Event, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT content FROM block WHERE stream = ? AND first_at <= ? AND last_at >= ? ORDER BY first_at DESC, first_seq DESC", of.id, till.At, from.At)
	if err != nil {
		return nil, fmt.Errorf("read the logs: %w", err)
	}
	defer rows.Close()
	var back []Event // the newest first
	for bytes := int64(0); rows.Next(); {
		var content []byte
		if err := rows.Scan(&content); err != nil {
			return nil, fmt.Errorf("read the logs: %w", err)
		}
		all, err := eventsOf(content)
		if err != nil {
			return nil, err
		}
		for i := len(all) - 1; i >= 0; i-- {
			e := all[i]
			if !e.Place().Before(till) {
				continue
			}
			bytes += int64(len(e.Message)) + overhead
			if e.Place().Before(from) || len(back) == limit || bytes > most && len(back) > 0 {
				slices.Reverse(back)
				return back, nil
			}
			back = append(back, e)
		}
	}
	slices.Reverse(back)
	return back, rows.Err()
}
