package metric

import (
	"context"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/datafile"
)

// trimEvery is how often what is too old is looked for; trimmedAtOnce the metrics of one transaction.
const (
	trimEvery     = 10 * time.Minute
	trimmedAtOnce = 200
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
	for kept := MinutesKept; kept > time.Hour; kept = kept * 3 / 4 {
		used, err := s.db.Used(ctx)
		if err != nil {
			return err
		}
		if used <= s.MaxBytes {
			break
		}
		s.Log.Warn("there are more metrics than may be kept; the oldest go", "bytes", used, "bound", s.MaxBytes, "kept", kept*3/4)
		if err := s.forget(ctx, now.Add(-min(FineKept, kept/4)), now.Add(-kept*3/4)); err != nil {
			return err
		}
	}
	return s.db.GiveBack(ctx)
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
