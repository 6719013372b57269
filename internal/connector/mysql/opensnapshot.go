package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// readSettings are the session variables of a reader.
const readSettings = "sql_mode='', sql_big_selects=1, sql_select_limit=18446744073709551615, " +
	"lock_wait_timeout=10, transaction_isolation='REPEATABLE-READ'"

const beginSnapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

// lockFreeTries is how often sessions are opened without a lock in the hope that no commit comes between them.
const lockFreeTries = 50

// openSnapshot opens the sessions and makes them see one moment. exact asks for one whose place in the binary log is
// known, at any price.
func openSnapshot(ctx context.Context, s *host, readers int, exact bool) (*snapshot, error) {
	snap := &snapshot{host: s, idle: make(chan *link, max(readers, 1)), exact: exact}
	snap.gone.signal = make(chan struct{})
	for range max(readers, 1) {
		se, err := s.session(ctx, s.readSettings())
		if err != nil {
			_ = snap.Close()
			return nil, fmt.Errorf("open a reader: %w", err)
		}
		snap.all = append(snap.all, se)
	}
	if err := snap.align(ctx); err != nil {
		_ = snap.Close()
		return nil, err
	}
	for _, se := range snap.all {
		snap.idle <- se
	}
	return snap, nil
}

func (s *host) readSettings() string {
	if s.mariadb {
		// MariaDB had no variable transaction_isolation before 11.1; and only it still has a query cache.
		return strings.Replace(readSettings, "transaction_isolation", "tx_isolation", 1) + ", query_cache_type=0"
	}
	// MySQL answers from a cache otherwise when a table was last written.
	return readSettings + ", information_schema_stats_expiry=0"
}

// align begins the transactions at one moment: under a short lock, or, where the user may not lock, by comparing
// positions until all agree. A single reader needs neither.
func (s *snapshot) align(ctx context.Context) error {
	if len(s.all) == 1 && (s.host.mariadb || !s.exact) {
		return s.beginAlone(ctx)
	}
	err := s.beginLocked(ctx)
	if err == nil || !mayGoWithoutLock(err) {
		return err
	}
	s.host.log.Debug("take the snapshot without a lock", "reason", err)
	if s.host.mariadb {
		return s.beginUntilEqual(ctx, err)
	}
	return s.beginBetweenEqual(ctx, err)
}

// mayGoWithoutLock reports whether the lock was refused for want of a privilege, or could not be had in time.
func mayGoWithoutLock(err error) bool {
	c := connector.ClassOf(err)
	return c == connector.Denied || c == connector.Busy
}

func (s *snapshot) begin(ctx context.Context) error {
	for _, se := range s.all {
		if _, err := se.exec(ctx, beginSnapshot); err != nil {
			return fmt.Errorf("begin a consistent snapshot: %w", err)
		}
	}
	return nil
}

func (s *snapshot) beginAlone(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if s.host.mariadb {
		var err error
		s.position, err = s.all[0].snapshotPosition(ctx)
		return err
	}
	return nil
}

// beginLocked holds back commits for as long as it takes to begin the transactions.
func (s *snapshot) beginLocked(ctx context.Context) error {
	locker, err := s.host.session(ctx, "lock_wait_timeout=5")
	if err != nil {
		return fmt.Errorf("open a session for the lock: %w", err)
	}
	// The lock ends with its session, whatever happens.
	defer locker.close()
	start := time.Now()
	for _, statement := range s.host.lockStatements() {
		if _, err := locker.exec(ctx, statement); err != nil {
			return fmt.Errorf("lock the server for the snapshot (%s): %w", statement, err)
		}
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if s.host.mariadb {
		s.position, err = s.all[0].snapshotPosition(ctx)
	} else {
		s.position, err = locker.masterPosition(ctx)
		if connector.ClassOf(err) == connector.Denied && !s.exact {
			s.host.log.Warn("the binary log position of the snapshot is not known", "error", err)
			err = nil
		}
	}
	if err != nil {
		return err
	}
	if _, err := locker.exec(ctx, s.host.unlockStatement()); err != nil {
		return fmt.Errorf("unlock the server: %w", err)
	}
	s.host.log.Debug("snapshot taken under a lock", "held", time.Since(start))
	return nil
}

// lockStatements stop commits. MariaDB's backup stage waits for no running query, as FLUSH TABLES would.
func (s *host) lockStatements() []string {
	if s.mariadb {
		return []string{"BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"}
	}
	return []string{"FLUSH TABLES WITH READ LOCK"}
}

func (s *host) unlockStatement() string {
	if s.mariadb {
		return "BACKUP STAGE END"
	}
	return "UNLOCK TABLES"
}

// beginUntilEqual relies on MariaDB telling each snapshot's place in the binary log: equal places are equal moments.
func (s *snapshot) beginUntilEqual(ctx context.Context, refused error) error {
	for range lockFreeTries {
		if err := s.begin(ctx); err != nil {
			return err
		}
		equal, err := s.positionsEqual(ctx)
		if err != nil {
			return err
		}
		if s.position == "" {
			break
		}
		if equal {
			return nil
		}
	}
	return noCommonMoment(refused)
}

func (s *snapshot) positionsEqual(ctx context.Context) (bool, error) {
	for i, se := range s.all {
		p, err := se.snapshotPosition(ctx)
		if err != nil {
			return false, err
		}
		if i == 0 {
			s.position = p
		}
		if p != s.position {
			return false, nil
		}
	}
	return true, nil
}

// beginBetweenEqual compares MySQL's position before and after: when it has not moved, nothing was committed between.
func (s *snapshot) beginBetweenEqual(ctx context.Context, refused error) error {
	asker, err := s.host.session(ctx, "lock_wait_timeout=5")
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	defer asker.close()
	for range lockFreeTries {
		before, err := asker.masterPosition(ctx)
		if err != nil || before == "" {
			return noCommonMoment(errors.Join(refused, err))
		}
		if err := s.begin(ctx); err != nil {
			return err
		}
		after, err := asker.masterPosition(ctx)
		if err != nil {
			return err
		}
		if before == after {
			s.position = after
			return nil
		}
	}
	return noCommonMoment(refused)
}

func noCommonMoment(refused error) error {
	return &connector.Error{
		Class:  connector.Denied,
		Err:    fmt.Errorf("several readers cannot be given the same snapshot: %w", refused),
		Remedy: "GRANT RELOAD, REPLICATION CLIENT ON *.* TO the user (on MariaDB: RELOAD, BINLOG MONITOR), or read with one reader",
	}
}
