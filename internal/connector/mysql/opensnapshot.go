package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// readSettings are the session variables of a reader.
const readSettings = "sql_mode='', sql_big_selects=1, sql_select_limit=18446744073709551615, " +
	"lock_wait_timeout=10, group_concat_max_len=67108864, transaction_isolation='REPEATABLE-READ'"

const beginSnapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"

// lockFreeTries is how often sessions are opened without a lock in the hope that no commit comes between them.
const lockFreeTries = 50

// openSnapshot opens the sessions and makes them see one moment of the tables. exact asks for one whose place in the
// binary log is known, at any price.
func openSnapshot(ctx context.Context, s *host, readers int, tables []catalog.Name, exact bool) (*snapshot, error) {
	snap := &snapshot{host: s, idle: make(chan *link, max(readers, 1)), tables: tables, exact: exact}
	snap.gone.signal = make(chan struct{})
	if err := snap.open(ctx, max(readers, 1)); err != nil {
		_ = snap.Close()
		return nil, err
	}
	return snap, nil
}

// open opens the sessions, begins their transactions and offers them to readers.
func (s *snapshot) open(ctx context.Context, readers int) error {
	for range readers {
		se, err := s.host.session(ctx, s.host.readSettings())
		if err != nil {
			return fmt.Errorf("open a reader: %w", err)
		}
		s.all = append(s.all, se)
	}
	if err := s.align(ctx); err != nil {
		return err
	}
	for _, se := range s.all {
		s.idle <- se
	}
	return nil
}

func (s *host) readSettings() string {
	if s.mariadb {
		// MariaDB had no variable transaction_isolation before 11.1; and only it still has a query cache.
		return strings.Replace(readSettings, "transaction_isolation", "tx_isolation", 1) + ", query_cache_type=0"
	}
	// MySQL answers from a cache otherwise when a table was last written.
	return readSettings + ", information_schema_stats_expiry=0"
}

// align begins the transactions at one moment: under a short lock, or, where the user may not lock the server, under locks
// of the tables. A single reader needs none, and is what remains where no lock may be had.
func (s *snapshot) align(ctx context.Context) error {
	if s.sufficesAlone() && len(s.all) == 1 {
		return s.beginAlone(ctx)
	}
	refused := s.beginLocked(ctx)
	if refused == nil || !mayGoWithoutLock(refused) {
		return refused
	}
	s.host.log.Debug("take the snapshot without locking the server", "reason", refused)
	if s.host.mariadb {
		if equal, err := s.beginUntilEqual(ctx); equal || err != nil {
			return err
		}
	}
	err := s.beginTablesLocked(ctx, refused)
	if connector.ClassOf(err) != connector.Denied || !s.sufficesAlone() {
		return err
	}
	s.host.log.Warn("the snapshot is read by one reader alone", "reason", err)
	for _, se := range s.all[1:] {
		se.close()
	}
	s.all = s.all[:1]
	return s.beginAlone(ctx)
}

// sufficesAlone reports whether the snapshot of a single session is all that is asked for: MySQL does not tell its place
// in the binary log, which can only be found while nobody commits.
func (s *snapshot) sufficesAlone() bool { return s.host.mariadb || !s.exact }

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
	if err := s.findPosition(ctx, locker); err != nil {
		return err
	}
	if _, err := locker.exec(ctx, s.host.unlockStatement()); err != nil {
		return fmt.Errorf("unlock the server: %w", err)
	}
	s.host.log.Debug("snapshot taken under a lock", "held", time.Since(start))
	return nil
}

// findPosition asks for the place in the binary log while the lock is held.
func (s *snapshot) findPosition(ctx context.Context, locker *link) (err error) {
	if s.host.mariadb {
		s.position, err = s.all[0].snapshotPosition(ctx)
		return err
	}
	s.position, err = locker.masterPosition(ctx)
	if connector.ClassOf(err) == connector.Denied && !s.exact {
		s.host.log.Warn("the binary log position of the snapshot is not known", "error", err)
		return nil
	}
	return err
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

// beginUntilEqual relies on MariaDB telling each snapshot's place in the binary log: equal places are equal moments. It
// reports whether it has found them.
func (s *snapshot) beginUntilEqual(ctx context.Context) (equal bool, err error) {
	for range lockFreeTries {
		if err := s.begin(ctx); err != nil {
			return false, err
		}
		equal, err := s.positionsEqual(ctx)
		if err != nil || equal || s.position == "" {
			return equal && s.position != "", err
		}
	}
	return false, nil
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

func (s *snapshot) noCommonMoment(ctx context.Context, refused error) error {
	user := s.host.account(ctx)
	var read []string
	for _, t := range s.tables {
		read = append(read, "GRANT LOCK TABLES ON "+quoteIdent(t.Schema)+".* TO "+user)
	}
	slices.Sort(read)
	if read = slices.Compact(read); len(read) == 0 {
		read = []string{"GRANT LOCK TABLES ON *.* TO " + user}
	}
	return &connector.Error{
		Class:  connector.Denied,
		Err:    fmt.Errorf("several readers cannot be given the same snapshot, or one whose place in the binary log is known: %w", refused),
		Remedy: "GRANT RELOAD, " + s.host.monitor() + " ON *.* TO " + user + ", or where the server does not give RELOAD (Amazon RDS, Aurora) " + strings.Join(read, "; "),
	}
}
