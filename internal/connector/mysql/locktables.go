package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// lockTries is how often tables are locked anew after a wait for a transaction that did not end, or a deadlock with one.
const lockTries = 4

// tableLockSettings are the session variables of the one that locks tables. Waiting for a lock keeps writers out, so it is
// not done for long. Without autocommit InnoDB locks the tables too, and so keeps out rows that a foreign key changes.
const tableLockSettings = "autocommit=0, innodb_table_locks=1, lock_wait_timeout=3, innodb_lock_wait_timeout=3"

// beginTablesLocked begins the transactions while nobody can write to the tables that are to be read, as LOCK TABLES allows
// it to users who may not lock the server. Others go on meanwhile: what readers see of those may differ.
// refused is why the server could not be locked.
func (s *snapshot) beginTablesLocked(ctx context.Context, refused error) error {
	if len(s.tables) == 0 {
		return s.noCommonMoment(ctx, refused)
	}
	tables := s.tables
	var err error
	for range lockTries {
		err = s.beginBehindLock(ctx, tables)
		switch connector.ClassOf(err) {
		case connector.Busy:
			continue
		case connector.Missing: // dropped since it was inspected: whoever reads it is told
			if tables, err = s.host.present(ctx, tables); err != nil || len(tables) == 0 {
				return errors.Join(err, s.noCommonMoment(ctx, refused))
			}
			continue
		case connector.Denied:
			return s.noCommonMoment(ctx, errors.Join(refused, err))
		}
		return err
	}
	return &connector.Error{
		Class: connector.Busy, Err: fmt.Errorf("the tables cannot be locked for an instant: %w", err),
		Remedy: "end long transactions that write to the tables, or GRANT RELOAD ON *.* TO " + s.host.account(ctx) + " where the server gives it",
	}
}

func (s *snapshot) beginBehindLock(ctx context.Context, tables []catalog.Name) error {
	locker, err := s.host.session(ctx, tableLockSettings)
	if err != nil {
		return fmt.Errorf("open a session for the lock: %w", err)
	}
	// The locks end with their session, whatever happens.
	defer locker.close()
	start := time.Now()
	if _, err := locker.exec(ctx, lockTables(tables)); err != nil {
		return fmt.Errorf("lock the tables for the snapshot: %w", err)
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	// Wherever others have come to meanwhile: no change of these tables lies between the first reader's place and now.
	if err := s.findPosition(ctx, locker); err != nil {
		return err
	}
	if _, err := locker.exec(ctx, "UNLOCK TABLES"); err != nil {
		return fmt.Errorf("unlock the tables: %w", err)
	}
	s.host.log.Debug("snapshot taken under locks of its tables", "held", time.Since(start))
	return nil
}

func lockTables(tables []catalog.Name) string {
	locks := make([]string, len(tables))
	for i, t := range tables {
		locks[i] = quoteTable(t) + " READ"
	}
	return "LOCK TABLES " + strings.Join(locks, ", ")
}

// present returns those of the tables that are still there.
func (s *host) present(ctx context.Context, tables []catalog.Name) ([]catalog.Name, error) {
	there := map[catalog.Name]bool{}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = "(" + quoteString(t.Schema) + ", " + quoteString(t.Name) + ")"
	}
	query := "SELECT table_schema, table_name FROM information_schema.tables WHERE (table_schema, table_name) IN (" + strings.Join(names, ", ") + ")"
	err := each(ctx, s.control, "look which tables are there", query, nil, func(scan scanFunc) error {
		var n catalog.Name
		defer func() { there[n] = true }()
		return scan(&n.Schema, &n.Name)
	})
	var out []catalog.Name
	for _, t := range tables {
		if there[t] {
			out = append(out, t)
		}
	}
	return out, classify(ctx, err)
}
