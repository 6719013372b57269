package redshift

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// session applies changes over one connection.
//
// Redshift has no savepoints. So a session keeps the statements of its transaction: to go back to a savepoint is to roll back, and to
// run once more what was run before it. Mostly there is nothing to do: what a column cannot hold is found before it is sent.
type session struct {
	t   *target
	c   *conn
	run string

	inside, failed, closed bool

	redo   redo
	marked int // how many statements were run before the savepoint; -1 is none
	// staged are the files that the statements of the transaction may read again.
	staged []string
	stages int // numbers the staging tables
	liner  *liner
}

var _ connector.ApplySession = (*session)(nil)

func (s *session) ready(inside bool) error {
	switch {
	case s.closed || s.c.IsClosed():
		return &connector.Error{Class: connector.Lost, Err: errOver}
	case inside && !s.inside:
		return errOutside
	case !inside && s.inside:
		return errInside
	case inside && s.failed:
		return errFailed
	}
	return nil
}

// Begin implements connector.ApplySession.
func (s *session) Begin(ctx context.Context) error {
	if err := s.ready(false); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	if _, err := s.c.run(ctx, "BEGIN"); err != nil {
		return s.broken(ctx, "begin a transaction", err)
	}
	s.inside, s.failed, s.marked = true, false, -1
	return nil
}

// broken gives an error its class; one that has no transaction to go back to ends the session.
func (s *session) broken(ctx context.Context, doing string, err error) error {
	s.failed = true
	return classify(ctx, doing, err)
}

// do runs a statement of the transaction, and remembers it.
func (s *session) do(ctx context.Context, doing, sql string) (int64, error) {
	n, err := s.c.run(ctx, sql)
	if err == nil {
		err = s.redo.add(sql)
	}
	if err != nil {
		return 0, s.broken(ctx, doing, err)
	}
	return n, nil
}

// Savepoint implements connector.ApplySession.
func (s *session) Savepoint(context.Context) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	s.marked = s.redo.count
	return nil
}

// RollbackTo implements connector.ApplySession. The savepoint stays.
func (s *session) RollbackTo(ctx context.Context) error {
	if err := s.ready(true); err != nil && !errors.Is(err, errFailed) {
		return fmt.Errorf("roll back to the savepoint: %w", err)
	}
	if s.marked < 0 {
		return fmt.Errorf("roll back to the savepoint: %w", errNoMarker)
	}
	if !s.failed && s.redo.count == s.marked {
		return nil
	}
	_, err := s.c.run(ctx, "ROLLBACK")
	if err == nil {
		_, err = s.c.run(ctx, "BEGIN")
	}
	if err == nil {
		err = s.redo.replay(s.marked, func(sql string) error {
			_, err := s.c.run(ctx, sql)
			return err
		})
	}
	if err != nil {
		return s.lost(ctx, "roll back to the savepoint", err)
	}
	s.failed = false
	return nil
}

// lost ends a session whose transaction cannot be made again: whoever uses it opens another one and begins at the checkpoint.
func (s *session) lost(ctx context.Context, doing string, err error) error {
	s.failed = true
	err = classify(ctx, doing, err)
	if ctx.Err() != nil || connector.ClassOf(err) == connector.Lost {
		return err
	}
	s.c.end()
	return &connector.Error{Class: connector.Lost, Err: err}
}

// Rollback implements connector.ApplySession.
func (s *session) Rollback(ctx context.Context) error {
	if err := s.ready(true); err != nil && !errors.Is(err, errFailed) {
		return fmt.Errorf("roll back: %w", err)
	}
	_, err := s.c.run(ctx, "ROLLBACK")
	s.over()
	if err != nil {
		return classify(ctx, "roll back", err)
	}
	return nil
}

// over forgets the transaction.
func (s *session) over() {
	s.inside, s.failed, s.marked = false, false, -1
	s.redo.reset()
	s.t.discard(s.staged)
	s.staged = s.staged[:0]
}

// Commit implements connector.ApplySession. What is committed is durable.
func (s *session) Commit(ctx context.Context, c connector.Checkpoint) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if c.Position != "" {
		if c.Run == "" {
			c.Run = s.run
		}
		update, insert := s.t.checkpointSQL(c)
		n, err := s.do(ctx, "write the checkpoint", update)
		if err == nil && n == 0 {
			_, err = s.do(ctx, "write the checkpoint", insert)
		}
		if err != nil {
			return err
		}
	}
	if _, err := s.c.run(ctx, "COMMIT"); err != nil {
		return s.broken(ctx, "commit", err)
	}
	s.over()
	return nil
}

// Sync implements connector.ApplySession: every commit waits for the disk.
func (s *session) Sync(context.Context) error {
	if s.closed || s.c.IsClosed() {
		return &connector.Error{Class: connector.Lost, Err: errOver}
	}
	return nil
}

// Truncate implements connector.ApplySession. TRUNCATE would commit what was done before it.
func (s *session) Truncate(ctx context.Context, table catalog.Name) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("truncate %s: %w", table, err)
	}
	_, err := s.do(ctx, "truncate "+table.String(), "DELETE FROM "+quoteName(table))
	return err
}

// Exec implements connector.ApplySession.
func (s *session) Exec(ctx context.Context, ss []catalog.Statement) error {
	if s.closed || s.c.IsClosed() {
		return &connector.Error{Class: connector.Lost, Err: errOver}
	}
	for _, q := range ss {
		doing := "change the target: " + connector.Gist(q.SQL)
		if s.inside {
			if err := s.ready(true); err != nil {
				return fmt.Errorf("%s: %w", doing, err)
			}
			if _, err := s.do(ctx, doing, q.SQL); err != nil {
				return err
			}
			continue
		}
		if _, err := s.c.run(ctx, q.SQL); err != nil {
			return classify(ctx, doing, err)
		}
	}
	return nil
}

// Park implements connector.ApplySession.
func (s *session) Park(ctx context.Context, rows []connector.Parked) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("park changes: %w", err)
	}
	for _, sql := range s.t.parkSQL(rows) {
		if _, err := s.do(ctx, "park changes", sql); err != nil {
			return err
		}
	}
	return nil
}

// Note implements connector.ApplySession.
func (s *session) Note(ctx context.Context, key, text string) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("keep a note: %w", err)
	}
	_, err := s.do(ctx, "keep a note", "DELETE FROM "+s.t.controlName(notesTable)+" WHERE run = "+literal(s.run)+" AND note = "+literal(key))
	if err == nil && text != "" {
		_, err = s.do(ctx, "keep a note", s.t.noteSQL(s.run, key, text))
	}
	return err
}

// Features implements connector.ApplySession.
func (s *session) Features() connector.ApplyFeatures {
	return connector.ApplyFeatures{TransactionalDDL: true}
}

// Forget implements connector.ApplySession: nothing is known of tables but what each set says.
func (s *session) Forget() {}

// Close implements connector.ApplySession.
func (s *session) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.c.end()
	s.over()
	s.redo.close()
	return nil
}
