package logstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// trimEvery is how often what is too old is looked for; trimmedAtOnce the blocks of one transaction.
const (
	trimEvery     = 10 * time.Minute
	trimmedAtOnce = 200
	sourcesKept   = 90 * 24 * time.Hour // places in sources that have been silent
)

// Run forgets what is too old or too much, until the context ends.
func (s *Store) Run(ctx context.Context) {
	turn := time.NewTicker(trimEvery)
	defer turn.Stop()
	for {
		if err := s.Trim(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("old log events were not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
	}
}

// Trim forgets events whose retention is over, and the oldest of too many. A block goes when all of its events may.
func (s *Store) Trim(ctx context.Context) error {
	for {
		n, err := s.drop(ctx, `SELECT b.rowid FROM block b JOIN log_stream s ON s.id = b.stream JOIN log_group g ON g.id = s.log_group
			WHERE g.days > 0 AND b.last_at < ? - g.days * 86400000 LIMIT ?`, s.Now().UnixMilli(), trimmedAtOnce)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	if _, err := s.db.ExecContext(ctx, "DELETE FROM source WHERE seen < ?", s.Now().Add(-sourcesKept).UnixMilli()); err != nil {
		return fmt.Errorf("forget old log sources: %w", err)
	}
	for {
		used, err := s.used(ctx)
		if err != nil {
			return err
		}
		if used <= s.MaxBytes {
			break
		}
		n, err := s.drop(ctx, "SELECT rowid FROM block ORDER BY last_at LIMIT ?", min((used-s.MaxBytes)/fullBlock+1, trimmedAtOnce))
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		s.Log.Warn("there are more log events than may be kept; the oldest go", "bytes", used, "bound", s.MaxBytes)
	}
	if _, err := s.db.ExecContext(ctx, "PRAGMA incremental_vacuum(4096)"); err != nil {
		return fmt.Errorf("give back the room of old log events: %w", err)
	}
	return nil
}

func (s *Store) drop(ctx context.Context, which string, args ...any) (n int64, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, "DELETE FROM block WHERE rowid IN ("+which+")", args...)
		if err != nil {
			return fmt.Errorf("remove old log events: %w", err)
		}
		n, err = r.RowsAffected()
		return err
	})
	return n, err
}

// used is what the blocks take in the file.
func (s *Store) used(ctx context.Context) (int64, error) {
	var pages, free, size int64
	for _, q := range []struct {
		text string
		to   *int64
	}{{"PRAGMA page_count", &pages}, {"PRAGMA freelist_count", &free}, {"PRAGMA page_size", &size}} {
		if err := s.db.QueryRowContext(ctx, q.text).Scan(q.to); err != nil {
			return 0, fmt.Errorf("measure the logs: %w", err)
		}
	}
	return (pages - free) * size, nil
}
