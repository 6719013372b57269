package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// alonePatience is how long a session that is ended may take to end.
const alonePatience = 10 * time.Second

var errNotAlone = errors.New("another session of the run is at work on the target and does not end")

// alone sees to it that no other session of the run commits any more: one whose connection was lost goes on with what it was sent. A
// lock that lasts as long as the session tells which one that is, and it is ended.
func (s *applySession) alone(ctx context.Context) error {
	sum := sha256.Sum256([]byte("whimbrel changes " + s.run))
	key := binary.BigEndian.Uint64(sum[:])
	end := fmt.Sprintf(`SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
 AND classid::pg_catalog.int8 = %d AND objid::pg_catalog.int8 = %d
 AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`, key>>32, key&0xffffffff)
	for deadline := time.Now().Add(alonePatience); ; {
		got := false
		if err := s.w.query(ctx, fmt.Sprintf("SELECT pg_catalog.pg_try_advisory_lock(%d)", int64(key)), func(row [][]byte) error {
			got = string(row[0]) == "t"
			return nil
		}); err != nil || got {
			return err
		}
		err := s.w.query(ctx, end, func([][]byte) error { return nil })
		switch {
		case err != nil && serverErrorIn(err) == nil:
			return err
		case time.Now().After(deadline):
			return &connector.Error{Class: connector.Busy, Err: errors.Join(errNotAlone, err)}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(claimPause):
		}
	}
}
