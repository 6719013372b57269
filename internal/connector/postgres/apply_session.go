package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// applySession applies changes over one connection. BEGIN and SAVEPOINT travel with what comes next.
type applySession struct {
	t        *target
	w        *wire
	pipe     pipeline
	run      string
	types    *typeBook
	enforced string

	tables     map[catalog.Name]*applyTable
	statements *statementCache
	shapes     shapes
	needed     []*shape // of the sets of one Write
	rows       rows     // scratch of the encoders

	inside bool // a transaction has begun
	failed bool // and can only be rolled back
	marked bool // there is a savepoint
	closed bool

	latest, settled string   // the last position committed, and the last one known to be on disk
	settling        onItsWay // between the two
}

var _ connector.ApplySession = (*applySession)(nil)

var (
	errNoTransaction = errors.New("no transaction has begun")
	errInside        = errors.New("a transaction is open")
	errSessionOver   = errors.New("the session is over")
)

func (s *applySession) ready(inside bool) error {
	switch {
	case s.closed || s.w.broken.Load():
		return &connector.Error{Class: connector.Lost, Err: errSessionOver}
	case inside && !s.inside:
		return errNoTransaction
	case !inside && s.inside:
		return errInside
	}
	return nil
}

// Begin implements connector.ApplySession.
func (s *applySession) Begin(context.Context) error {
	if err := s.ready(false); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	s.pipe.control("BEGIN")
	s.inside, s.failed, s.marked = true, false, false
	return nil
}

// do runs what is in the pipe.
func (s *applySession) do(ctx context.Context, doing string, affected []int64, statements ...string) (at int, err error) {
	defer s.w.watch(ctx)()
	at, err = s.pipe.run(ctx, affected)
	s.statements.settle(err == nil)
	if err != nil {
		s.failed = true
		return at, classify(ctx, doing, s.w.who.explain(err, statements...))
	}
	return at, nil
}

// Savepoint implements connector.ApplySession.
func (s *applySession) Savepoint(context.Context) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	if s.marked {
		s.pipe.control("RELEASE SAVEPOINT whimbrel")
	}
	s.pipe.control("SAVEPOINT whimbrel")
	s.marked = true
	return nil
}

// RollbackTo implements connector.ApplySession. The savepoint stays.
func (s *applySession) RollbackTo(ctx context.Context) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("roll back to the savepoint: %w", err)
	}
	if !s.marked {
		return errors.New("roll back to the savepoint: there is none")
	}
	s.pipe.control("ROLLBACK TO SAVEPOINT whimbrel")
	if _, err := s.do(ctx, "roll back to the savepoint", nil); err != nil {
		return err
	}
	s.failed = false
	s.Forget()
	return nil
}

// Rollback implements connector.ApplySession.
func (s *applySession) Rollback(ctx context.Context) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	s.pipe.control("ROLLBACK")
	_, err := s.do(ctx, "roll back", nil)
	s.inside, s.failed, s.marked = false, false, false
	s.Forget()
	return err
}

// Commit implements connector.ApplySession. It returns when the server has committed, which need not mean that the disk
// has it.
func (s *applySession) Commit(ctx context.Context, c connector.Checkpoint) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if s.failed {
		return errors.New("commit: the transaction has failed and can only be rolled back")
	}
	if c.Position != "" {
		s.checkpoint(c)
	}
	s.onTheWay(c.Position)
	s.pipe.control("COMMIT")
	_, err := s.do(ctx, "commit", nil)
	s.inside, s.marked = false, false
	if err != nil && !s.w.broken.Load() {
		s.failed = false
		s.Forget()
	}
	return err
}

// Sync implements connector.ApplySession: one commit that waits for the disk. The write-ahead log being one sequence, every
// commit before it is on disk then too.
func (s *applySession) Sync(ctx context.Context) error {
	if s.inside {
		return s.t.Flush(ctx)
	}
	if err := s.ready(false); err != nil {
		return fmt.Errorf("make the commits durable: %w", err)
	}
	s.pipe.control("BEGIN")
	s.pipe.control("SET LOCAL synchronous_commit = on")
	s.pipe.control("SELECT pg_catalog.txid_current()")
	s.pipe.control("COMMIT")
	_, err := s.do(ctx, "make the commits durable", nil)
	if err == nil {
		s.settled, s.settling = s.latest, onItsWay{}
	}
	return err
}

// Truncate implements connector.ApplySession. A table that foreign keys point to is emptied row by row: the server
// refuses to truncate it alone, and to truncate the others too is not what happened.
func (s *applySession) Truncate(ctx context.Context, table catalog.Name) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("truncate %s: %w", table, err)
	}
	t, err := s.table(ctx, table)
	if err != nil {
		return err
	}
	sql := "TRUNCATE " + t.only + quoteName(table)
	if t.foreign {
		sql = "DELETE FROM " + t.only + quoteName(table)
	}
	s.pipe.simple(sql, -1)
	_, err = s.do(ctx, "truncate "+table.String(), nil, sql)
	return err
}

// Exec implements connector.ApplySession.
func (s *applySession) Exec(ctx context.Context, ss []catalog.Statement) error {
	if s.closed || s.w.broken.Load() {
		return &connector.Error{Class: connector.Lost, Err: errSessionOver}
	}
	defer s.Forget()
	for _, q := range ss {
		s.pipe.simple(q.SQL, -1)
		if _, err := s.do(ctx, "change the target: "+connector.Gist(q.SQL), nil, q.SQL); err != nil {
			return err
		}
	}
	return nil
}

// Features implements connector.ApplySession.
func (s *applySession) Features() connector.ApplyFeatures {
	return connector.ApplyFeatures{TransactionalDDL: true, Enforced: s.enforced}
}

// Forget implements connector.ApplySession.
func (s *applySession) Forget() {
	clear(s.tables)
	s.shapes.clear()
	s.types = &typeBook{}
}

// Close implements connector.ApplySession.
func (s *applySession) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.inside && !s.w.broken.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
		defer cancel()
		_ = s.w.exec(ctx, "ROLLBACK")
	}
	s.w.close()
	return nil
}

// table describes a table, once.
func (s *applySession) table(ctx context.Context, name catalog.Name) (*applyTable, error) {
	if t := s.tables[name]; t != nil {
		return t, nil
	}
	if s.pipe.count > 0 { // the look-up must see the transaction, and the answers have their order
		if _, err := s.do(ctx, "begin a transaction", nil); err != nil {
			return nil, err
		}
	}
	t, err := describeForApply(ctx, s.w, s.types, name)
	if err != nil {
		s.failed = true
		return nil, classify(ctx, "describe "+name.String(), err)
	}
	s.tables[name] = t
	return t, nil
}

func stateTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999") }
