package postgres

import (
	"context"
	"fmt"
	"time"
)

const (
	visiblePause    = time.Millisecond
	visibleMaxPause = 100 * time.Millisecond
)

// visible waits until the transaction at hand is over for everybody. A server sends it as soon as its commit is in the log, which others see a
// moment later, and with synchronous replication once the standby has it: until then the catalog shows what it has made as it was
// before, or not at all. A transaction holds the lock on its own number (pg_locks, locktype transactionid) until it is seen.
func (s *stream) visible(ctx context.Context) error {
	if s.xid == 0 {
		return nil
	}
	sql := fmt.Sprintf("SELECT FROM pg_catalog.pg_locks WHERE locktype = 'transactionid' AND granted AND mode = 'ExclusiveLock' AND transactionid = '%d'", s.xid)
	for pause := visiblePause; ; pause = min(2*pause, visibleMaxPause) {
		underway := false
		err := s.side.do(ctx, func(w *wire) error {
			return w.query(ctx, sql, func([][]byte) error {
				underway = true
				return nil
			})
		})
		if err != nil {
			return classify(ctx, fmt.Sprintf("look whether transaction %d is seen", s.xid), err)
		}
		if !underway {
			s.xid = 0
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}
