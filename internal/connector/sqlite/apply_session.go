package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// session applies changes through the target's one connection. It has the turn from Begin to the end of the transaction.
type session struct {
	target *target
	run    string
	plans  planCache
	// rows and old hold the values of the set at hand.
	rows, old arena
	open      bool
	saved     bool // there is a savepoint
	closed    bool
	folder    bool // the folder is known to be on the disk
}

var _ connector.ApplySession = (*session)(nil)

// savepoint is the name of the one savepoint.
const savepoint = "awsdms_savepoint"

var errNoTransaction = errors.New("no transaction is open")

// Begin implements connector.ApplySession.
func (s *session) Begin(ctx context.Context) error {
	if s.open || s.closed {
		return errors.New("begin a transaction: one is open, or the session is closed")
	}
	t := s.target
	if err := t.take(ctx); err != nil {
		return err
	}
	err := t.look(ctx, "begin a transaction", func(c *conn) error {
		if err := t.writeMode(); err != nil {
			return err
		}
		return c.exec("BEGIN IMMEDIATE")
	})
	if err != nil {
		t.give()
		return err
	}
	s.open, s.saved = true, false
	return nil
}

// inside runs f in the open transaction.
func (s *session) inside(ctx context.Context, doing string, f func(*conn) error) error {
	if !s.open {
		return fmt.Errorf("%s: %w", doing, errNoTransaction)
	}
	return s.target.look(ctx, doing, f)
}

// Truncate implements connector.ApplySession.
func (s *session) Truncate(ctx context.Context, table catalog.Name) error {
	return s.inside(ctx, "truncate table "+table.String(), func(c *conn) error {
		return c.exec(Dialect{}.Truncate(table).SQL)
	})
}

// Exec implements connector.ApplySession.
func (s *session) Exec(ctx context.Context, ss []catalog.Statement) error {
	if !s.open {
		return s.target.Exec(ctx, ss)
	}
	for _, st := range ss {
		err := s.inside(ctx, "run "+connector.Gist(st.SQL), func(c *conn) error { return execute(c, st.SQL) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Savepoint implements connector.ApplySession.
func (s *session) Savepoint(ctx context.Context) error {
	return s.inside(ctx, "set a savepoint", func(c *conn) error {
		if s.saved {
			if err := c.exec("RELEASE " + savepoint); err != nil {
				return err
			}
		}
		s.saved = true
		return c.exec("SAVEPOINT " + savepoint)
	})
}

// RollbackTo implements connector.ApplySession.
func (s *session) RollbackTo(ctx context.Context) error {
	if !s.saved {
		return errors.New("roll back to the savepoint: there is none")
	}
	return s.inside(ctx, "roll back to the savepoint", func(c *conn) error { return c.exec("ROLLBACK TO " + savepoint) })
}

// Note implements connector.ApplySession.
func (s *session) Note(ctx context.Context, key, text string) error {
	run := s.run
	return s.inside(ctx, "note "+key, func(c *conn) error {
		if err := c.exec(createNotes); err != nil {
			return err
		}
		if text == "" {
			return c.run("DELETE FROM awsdms_task_notes WHERE run = ? AND note = ?", run, key)
		}
		return c.run(upsertNote, run, key, text)
	})
}

// Commit implements connector.ApplySession.
func (s *session) Commit(ctx context.Context, p connector.Checkpoint) error {
	t := s.target
	err := s.inside(ctx, "commit", func(c *conn) error {
		if p.Position != "" {
			if err := writeCheckpoint(c, p); err != nil {
				return fmt.Errorf("write the checkpoint: %w", err)
			}
		}
		if err := t.unpark(false); err != nil {
			return err
		}
		if err := c.exec("COMMIT"); err != nil {
			return err
		}
		t.parked.forget()
		return nil
	})
	if err != nil {
		return err
	}
	s.end()
	return nil
}

func writeCheckpoint(c *conn, p connector.Checkpoint) error {
	at := checkpointTime(p).UTC().Format(markTime)
	err := c.run(updateState, p.Run, p.Server, at, p.Position)
	switch {
	case isNoTable(err):
		if err := c.exec(createState); err != nil {
			return err
		}
	case err != nil:
		return err
	case c.changes() > 0:
		return nil
	}
	return c.run(insertState, p.Run, p.Server, at, p.Position)
}

// Park implements connector.ApplySession.
func (s *session) Park(ctx context.Context, rows []connector.Parked) error {
	return s.inside(ctx, "record changes that were left out", func(c *conn) error {
		if err := c.exec(createExceptions); err != nil {
			return err
		}
		for _, p := range rows {
			if err := writeParked(c, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rollback implements connector.ApplySession.
func (s *session) Rollback(context.Context) error {
	if !s.open {
		return nil
	}
	t := s.target
	t.mu.Lock()
	rollback(t.conn)
	err := t.unpark(true) // rows of others
	t.mu.Unlock()
	s.end()
	return err
}

func (s *session) end() {
	s.open, s.saved = false, false
	s.target.give()
}

// Sync implements connector.ApplySession. In WAL mode a commit is written to the log, which the disk need not have;
// SQLite itself only waits for the disk when it folds the log into the file. Otherwise every commit has waited: see
// writeMode. (Closing a file that a process has open twice drops its locks, but SQLite locks no log.)
func (s *session) Sync(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	path := s.target.at.path
	if err := syncFile(path + "-wal"); err != nil {
		return classify("write the log through to the disk", err)
	}
	if !s.folder {
		if err := syncFile(filepath.Dir(path)); err != nil {
			return classify("write the folder through to the disk", err)
		}
		s.folder = true
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Features implements connector.ApplySession.
func (s *session) Features() connector.ApplyFeatures {
	return connector.ApplyFeatures{TransactionalDDL: true}
}

// Forget implements connector.ApplySession.
func (s *session) Forget() {
	s.target.mu.Lock()
	defer s.target.mu.Unlock()
	s.plans.clear()
}

// Close implements connector.ApplySession.
func (s *session) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.Rollback(context.Background())
	s.Forget()
	s.rows.free()
	s.old.free()
	return err
}

// checkpointTime is when a checkpoint was made, for those that do not say.
func checkpointTime(p connector.Checkpoint) time.Time {
	if p.At.IsZero() {
		return time.Now()
	}
	return p.At
}
