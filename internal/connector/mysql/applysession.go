package mysql

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// applySession applies changes over one connection. Commands go out without waiting for the replies to those before
// them, so that a small transaction takes two round trips: its changes, and the commit with the checkpoint.
type applySession struct {
	target *target
	run    string
	marked bool // DDL is
	link   *link
	// bulk says that the server executes a prepared statement for many rows at once (MariaDB).
	bulk       bool
	flavour    Flavour
	enforced   string
	statements *statementCache
	tables     map[catalog.Name]*applyTable
	// waiting are statements that go out together with what comes next.
	waiting []string
	buf     []byte
}

var _ connector.ApplySession = (*applySession)(nil)

const applySavepoint = "whimbrel_apply"

// Features says what the session can do.
func (a *applySession) Features() connector.ApplyFeatures {
	return connector.ApplyFeatures{Enforced: a.enforced}
}

// Begin has nothing to do: without autocommit the first statement begins the transaction.
func (a *applySession) Begin(context.Context) error { return nil }

// Savepoint goes out with the changes that follow.
func (a *applySession) Savepoint(context.Context) error {
	a.waiting = append(a.waiting, "SAVEPOINT "+applySavepoint)
	return nil
}

// RollbackTo undoes what came after the savepoint.
func (a *applySession) RollbackTo(ctx context.Context) error {
	for i := len(a.waiting) - 1; i >= 0; i-- {
		if a.waiting[i] == "SAVEPOINT "+applySavepoint {
			a.waiting = a.waiting[:i+1]
			return nil
		}
	}
	a.waiting = append(a.waiting, "ROLLBACK TO SAVEPOINT "+applySavepoint)
	return a.flush(ctx, "return to the savepoint")
}

// Note goes out with what follows.
func (a *applySession) Note(_ context.Context, key, text string) error {
	a.waiting = append(a.waiting, a.target.noteStatement(a.run, key, text))
	return nil
}

// Truncate deletes the rows one by one: TRUNCATE would commit the transaction.
func (a *applySession) Truncate(ctx context.Context, table catalog.Name) error {
	a.waiting = append(a.waiting, "DELETE FROM "+quoteTable(table))
	return a.flush(ctx, "empty "+table.String())
}

// Exec runs DDL, which commits by itself, over the control connection.
func (a *applySession) Exec(ctx context.Context, ss []catalog.Statement) error {
	if err := a.flush(ctx, "finish before DDL"); err != nil {
		return err
	}
	if a.marked {
		ss = markDDL(ss)
	}
	if err := a.target.Exec(ctx, ss); err != nil {
		return err
	}
	a.Forget()
	return nil
}

// Commit sends what is waiting, the checkpoint and the commit as one command: the server stops at the first statement
// that fails, and so never commits without the checkpoint.
func (a *applySession) Commit(ctx context.Context, c connector.Checkpoint) error {
	if c.Position != "" {
		if c.Run == "" {
			c.Run = a.run
		}
		a.waiting = append(a.waiting, a.target.checkpointStatement(c))
	}
	a.waiting = append(a.waiting, "COMMIT")
	return a.flush(ctx, "commit")
}

// Rollback undoes the transaction.
func (a *applySession) Rollback(ctx context.Context) error {
	a.waiting = append(a.waiting[:0], "ROLLBACK")
	return a.flush(ctx, "roll back")
}

// Sync has nothing to do: a commit that the server has confirmed is as durable as its settings make it.
func (a *applySession) Sync(context.Context) error { return nil }

// Forget drops the prepared statements and what is known of the tables.
func (a *applySession) Forget() {
	a.tables = nil
	if err := a.statements.clear(a.link.conn); err != nil {
		a.link.broken = true
	}
}

// Close ends the session; the server rolls back what is open.
func (a *applySession) Close() error {
	a.link.close()
	return nil
}

// flush sends what is waiting as one command and waits for it.
func (a *applySession) flush(ctx context.Context, what string) error {
	if len(a.waiting) == 0 {
		return nil
	}
	sent := a.waiting
	err := a.link.guard(ctx, func() error {
		return errors.Join(a.sendWaiting(), a.collect(nil))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, a.target.mayNotWrite(ctx, err, a.target.schemaOf(err, sent)))
	}
	return nil
}

// sendWaiting sends the statements that are waiting as one command.
func (a *applySession) sendWaiting() error {
	if len(a.waiting) == 0 {
		return nil
	}
	a.buf = wire.Statement(a.buf[:0])
	for i, s := range a.waiting {
		if i > 0 {
			a.buf = append(a.buf, "; "...)
		}
		a.buf = append(a.buf, s...)
	}
	a.waiting = a.waiting[:0]
	return a.link.conn.Send(a.buf)
}

// collect reads the replies to everything that is on its way. Each goes to take; the first error is returned once all
// are read, so that the session stays usable.
func (a *applySession) collect(take func(wire.Result) error) error {
	var first error
	for a.link.conn.Pending() > 0 {
		r, _, err := a.link.conn.Reply()
		if err == nil && take != nil {
			err = take(r)
		}
		if err != nil && first == nil {
			first = err
		}
		if isBroken(err) {
			break
		}
	}
	return first
}
