package logstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/datafile"
)

// trimEvery is how often what is too old is looked for; trimmedAtOnce the blocks of one transaction.
const (
	trimEvery     = 10 * time.Minute
	trimmedAtOnce = 200
	sourcesKept   = 90 * 24 * time.Hour // places in sources that have been silent
)

// Run forgets what is too old or too much, until the context ends.
func (s *Store) Run(ctx context.Context) {
	datafile.Every(ctx, trimEvery, s.Trim, func(err error) { s.Log.Error("old log events were not removed", "error", err) })
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
		used, err := s.db.Used(ctx)
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
	return s.db.GiveBack(ctx)
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
