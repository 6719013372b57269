package metric

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/datafile"
)

// trimEvery is how often what is too old is looked for; trimmedAtOnce the metrics of one transaction.
const (
	trimEvery     = 10 * time.Minute
	trimmedAtOnce = 200
	leastKept     = 10 * time.Minute // however much there is
)

// Run forgets what is too old or too much, until the context ends.
func (s *Store) Run(ctx context.Context) {
	datafile.Every(ctx, trimEvery, s.Trim, func(err error) { s.Log.Error("old metrics were not removed", "error", err) })
}

// Trim forgets what is too old, and the oldest of too much.
func (s *Store) Trim(ctx context.Context) error {
	now := s.Now()
	if err := s.forget(ctx, now.Add(-FineKept), now.Add(-MinutesKept)); err != nil {
		return err
	}
	if err := s.shrink(ctx, now); err != nil {
		return err
	}
	if err := s.db.GiveBack(ctx); err != nil {
		return err
	}
	return s.room.Look(ctx, s.db, s.MaxBytes)
}

// shrink drops the oldest of too much, down to a little less than may be: the next value does not begin it again.
func (s *Store) shrink(ctx context.Context, now time.Time) error {
	used, err := s.db.Used(ctx)
	if err != nil || used <= s.MaxBytes {
		return err
	}
	oldest, err := s.oldest(ctx)
	if err != nil {
		return err
	}
	for kept := min(now.Sub(oldest), MinutesKept); kept > leastKept && used > s.MaxBytes/8*7; kept = kept * 3 / 4 {
		s.Log.Warn("there are more metrics than may be kept; the oldest go", "bytes", used, "bound", s.MaxBytes, "kept", kept*3/4)
		if err := s.forget(ctx, now.Add(-min(FineKept, kept/4)), now.Add(-kept*3/4)); err != nil {
			return err
		}
		if used, err = s.db.Used(ctx); err != nil {
			return err
		}
	}
	return nil
}

// oldest is when the first point is of that is still kept.
func (s *Store) oldest(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	if err := s.db.QueryRowContext(ctx, "SELECT min((SELECT at FROM point WHERE series = s.id AND step = ? ORDER BY at LIMIT 1)) FROM series s", minute).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("find the oldest metric: %w", err)
	}
	return time.Unix(at.Int64, 0), nil
}

// forget drops points from before two moments, and metrics that have none left.
func (s *Store) forget(ctx context.Context, fineBefore, minutesBefore time.Time) error {
	s.ids.RLock()
	all := make([]*series, 0, len(s.ids.series))
	for _, of := range s.ids.series {
		all = append(all, of)
	}
	s.ids.RUnlock()
	for len(all) > 0 {
		some := all[:min(len(all), trimmedAtOnce)]
		all = all[len(some):]
		if err := s.forgetOf(ctx, some, fineBefore.Unix(), minutesBefore.Unix()); err != nil {
			return fmt.Errorf("remove old metrics: %w", err)
		}
	}
	return nil
}

func (s *Store) forgetOf(ctx context.Context, some []*series, fineBefore, minutesBefore int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of what was not committed
	var gone []*series
	for _, of := range some {
		if _, err := tx.ExecContext(ctx, "DELETE FROM point WHERE series = ? AND step = ? AND at < ?", of.id, fine, fineBefore); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM point WHERE series = ? AND step = ? AND at < ?", of.id, minute, minutesBefore); err != nil {
			return err
		}
		s.ids.RLock()
		last := of.last
		s.ids.RUnlock()
		if last >= minutesBefore {
			continue
		}
		gone = append(gone, of)
		if _, err := tx.ExecContext(ctx, "DELETE FROM series WHERE id = ?", of.id); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.ids.Lock()
	defer s.ids.Unlock()
	for _, of := range gone {
		s.unknow(of)
	}
	return nil
}
