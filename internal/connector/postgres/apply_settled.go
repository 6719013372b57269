package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// settleFor is how long commits may be on their way to the disk before they are waited for. The server's own writer takes at most
// three times wal_writer_delay, 0.6 s as it is delivered.
// https://www.postgresql.org/docs/current/wal-async-commit.html
const settleFor = 3 * time.Second

// onItsWay is a commit, and a place of the write-ahead log that lies behind it.
type onItsWay struct {
	position string
	behind   lsn
	since    time.Time
}

var _ connector.Settler = (*applySession)(nil)

// Settled implements connector.Settler. The write-ahead log being one sequence, a commit is on disk, and all before it, once the log
// is flushed up to a place that lay behind it.
func (s *applySession) Settled(ctx context.Context) (string, error) {
	if err := s.ready(false); err != nil {
		return "", err
	}
	inserted, flushed, err := s.log(ctx)
	switch {
	case serverErrorIn(err) != nil: // a server that does not tell
		return s.latest, s.Sync(ctx)
	case err != nil:
		return "", classify(ctx, "ask what has reached the target's disk", err)
	}
	now := time.Now()
	if s.settling.position != "" && flushed >= s.settling.behind {
		s.settled, s.settling = s.settling.position, onItsWay{}
	}
	if s.settling.position == "" && s.settled != s.latest {
		s.settling = onItsWay{s.latest, inserted, now}
	}
	if s.settling.position != "" && now.Sub(s.settling.since) > settleFor {
		return s.latest, s.Sync(ctx)
	}
	return s.settled, nil
}

// onTheWay is told that a commit is sent. One that leaves the position as it was has to settle too before that position has.
func (s *applySession) onTheWay(position string) {
	if position != "" {
		s.latest = position
	}
	if s.settled == s.latest {
		s.settled = ""
	}
	if s.settling.position == s.latest {
		s.settling = onItsWay{}
	}
}

// log asks up to where the write-ahead log is written, and up to where it is on disk.
func (s *applySession) log(ctx context.Context) (inserted, flushed lsn, err error) {
	const sql = "SELECT pg_catalog.pg_current_wal_insert_lsn(), pg_catalog.pg_current_wal_flush_lsn()"
	err = s.w.query(ctx, sql, func(values [][]byte) error {
		var err1, err2 error
		inserted, err1 = parseLSN(string(values[0]))
		flushed, err2 = parseLSN(string(values[1]))
		return errors.Join(err1, err2)
	})
	return inserted, flushed, err
}
