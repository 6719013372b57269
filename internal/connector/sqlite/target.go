package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/setting"
)

// target is a database file that is written, through one connection: SQLite has one writer at a time anyway.
//
// The right to have a transaction open is the turn, a token that a load keeps from its first row to its end. Between
// the batches of a load others may still look things up through the same connection, under mu.
type target struct {
	at   location
	log  *slog.Logger
	turn chan struct{}
	conn *conn

	mu      sync.Mutex // guards conn and what follows
	parked  parking
	writing bool   // writeMode has run
	restore string // journal mode to go back to; empty leaves it
	isNew   bool   // there was no file
}

var _ connector.Target = (*target)(nil)

// targetPragmas prepare the writing connection. Foreign keys are off while rows come in any order, and checked at the
// end by PRAGMA foreign_key_check. The cache bounds the memory; beyond it SQLite writes pages out early.
const targetPragmas = `PRAGMA foreign_keys=OFF; PRAGMA recursive_triggers=OFF; PRAGMA cache_size=-16384; PRAGMA temp_store=FILE`

func openTarget(ctx context.Context, cfg connector.Config) (connector.Target, error) {
	at, err := parseURL(cfg.URL, "rwc")
	if err != nil {
		return nil, err
	}
	if err := setting.Read(cfg.Settings).End(); err != nil {
		return nil, err
	}
	if at.mode == "ro" || at.immutable {
		return nil, invalid("take mode and immutable out of the URL", "%s is to be written, but the URL says read-only", at.path)
	}
	if cfg.ControlSchema != "" && !strings.EqualFold(cfg.ControlSchema, Schema) {
		return nil, invalid("leave ControlSchema empty", "SQLite has no schema %q for the control tables", cfg.ControlSchema)
	}
	missing := mustExist(at.path)
	if missing != nil && (at.mode == "rw" || !isMissing(missing)) {
		return nil, missing
	}
	c, err := openConn(at, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_CREATE)
	if err != nil {
		return nil, err
	}
	err = c.during(ctx, func() error {
		if err := c.disableTriggers(); err != nil {
			return err
		}
		return c.exec(targetPragmas + "; SELECT count(*) FROM sqlite_schema")
	})
	if err != nil {
		_ = c.close()
		return nil, openError(at, err)
	}
	t := &target{at: at, log: logger(cfg), turn: make(chan struct{}, 1), conn: c, isNew: missing != nil}
	t.turn <- struct{}{}
	return t, nil
}

func isMissing(err error) bool { return connector.ClassOf(err) == connector.Missing }

// Identity implements connector.Target.
func (t *target) Identity() string { return t.at.identity() }

// DefaultSchema implements connector.Target.
func (t *target) DefaultSchema() string { return Schema }

// take waits for the turn.
func (t *target) take(ctx context.Context) error {
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *target) give() { t.turn <- struct{}{} }

// look runs f between the batches of whatever load is open.
func (t *target) look(ctx context.Context, doing string, f func(*conn) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return classify(doing, t.conn.during(ctx, func() error { return f(t.conn) }))
}

// alone runs f while no load is open.
func (t *target) alone(ctx context.Context, doing string, f func(*conn) error) error {
	if err := t.take(ctx); err != nil {
		return err
	}
	defer t.give()
	return t.look(ctx, doing, func(c *conn) error {
		if err := t.writeMode(); err != nil {
			return err
		}
		return f(c)
	})
}

// inTransaction runs f in a transaction of its own.
func (t *target) inTransaction(ctx context.Context, doing string, f func(*conn) error) error {
	return t.alone(ctx, doing, func(c *conn) error { return transact(c, func() error { return f(c) }) })
}

func transact(c *conn, f func() error) error {
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	return finish(c, f())
}

// finish commits, or rolls back when there is an error.
func finish(c *conn, err error) error {
	if err == nil {
		err = c.exec("COMMIT")
	}
	if err != nil {
		rollback(c)
	}
	return err
}

// rollback ends a transaction, if SQLite has not done so itself.
func rollback(c *conn) {
	if c.inTransaction() {
		_ = c.exec("ROLLBACK")
	}
}

// Exec implements connector.Target. Rows that PRAGMA foreign_key_check returns are an error.
func (t *target) Exec(ctx context.Context, ss []catalog.Statement) error {
	for _, s := range ss {
		err := t.alone(ctx, "run "+connector.Gist(s.SQL), func(c *conn) error { return execute(c, s.SQL) })
		if err != nil {
			return err
		}
	}
	return nil
}

func execute(c *conn, sql string) error {
	if strings.HasPrefix(sql, foreignKeyCheck) {
		return checkForeignKeys(c, sql)
	}
	if strings.HasPrefix(sql, setMark) {
		return writeFileMark(c, sql)
	}
	if strings.HasPrefix(sql, "ALTER TABLE") {
		return alter(c, sql)
	}
	return c.exec(sql)
}

// namedViolations is how many rows an error about foreign keys names.
const namedViolations = 5

func checkForeignKeys(c *conn, sql string) error {
	var rows []string
	n := 0
	err := c.query(sql, func(r *stmt) error {
		n++
		if n <= namedViolations {
			rowid := "without a rowid"
			if !r.isNull(1) {
				rowid = fmt.Sprintf("rowid=%d", r.int(1))
			}
			rows = append(rows, fmt.Sprintf("%s (%s) has no parent in %s", r.text(0), rowid, r.text(2)))
		}
		return nil
	})
	if err != nil || n == 0 {
		return err
	}
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("%d rows violate foreign keys: %s", n, strings.Join(rows, "; ")),
		Remedy: "add the missing parent rows, or leave the foreign key out"}
}

// Close implements connector.Target. It waits for the load that is open, if any.
func (t *target) Close() error {
	<-t.turn
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.unpark(true)
	t.parked.forget()
	t.settle()
	err = errors.Join(err, t.conn.close())
	if info, e := os.Stat(t.at.path); e == nil && t.isNew && info.Size() == 0 {
		err = errors.Join(err, os.Remove(t.at.path)) // nothing was ever written
	}
	return err
}
