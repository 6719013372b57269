package sqlite

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Names, sizes and capitals are those of the AWS DMS guide, "Control table task settings".
const (
	createExceptions = `CREATE TABLE IF NOT EXISTS awsdms_apply_exceptions (
  "TASK_NAME" VARCHAR(128) NOT NULL,
  "TABLE_OWNER" VARCHAR(128) NOT NULL,
  "TABLE_NAME" VARCHAR(128) NOT NULL,
  "ERROR_TIME" DATETIME NOT NULL,
  "STATEMENT" TEXT NOT NULL,
  "ERROR" TEXT NOT NULL
)`
	insertException = "INSERT INTO awsdms_apply_exceptions VALUES (?,?,?,?,?,?)"
)

// Park implements connector.Target. While a load is open, the rows wait and are written in the transaction of its
// commit, so that a segment that is loaded again does not leave its rejected rows twice; when a load is given up
// they are written after it.
func (t *target) Park(ctx context.Context, rows []connector.Parked) error {
	t.mu.Lock()
	err := t.parked.add(rows)
	t.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-t.turn:
		defer t.give()
		return t.look(ctx, "record rejected rows", func(*conn) error { return t.unpark(true) })
	default:
		return nil
	}
}

// unpark writes the waiting rows, in a transaction of its own or in the one that is open, whose commit lets
// the caller forget them. The caller holds mu and the turn.
func (t *target) unpark(own bool) error {
	if t.parked.empty() {
		return nil
	}
	write := func() error {
		if err := t.conn.exec(createExceptions); err != nil {
			return err
		}
		return t.parked.each(func(p connector.Parked) error { return writeParked(t.conn, p) })
	}
	if !own {
		return write()
	}
	if err := transact(t.conn, write); err != nil {
		return err
	}
	t.parked.forget()
	return nil
}

func writeParked(c *conn, p connector.Parked) error {
	at := p.Time.UTC().Format(time.DateTime + ".000000")
	return c.run(insertException, p.Task, p.Table.Schema, p.Table.Name, at, p.Statement, p.Reason)
}
