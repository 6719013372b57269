package sqlite

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Applier = (*target)(nil)

// Names, sizes and capitals of awsdms_txn_state are those of the AWS DMS guide, "Control table task settings", but for
// CHECKPOINT, which takes a text of any length.
const (
	createState = `CREATE TABLE IF NOT EXISTS awsdms_txn_state (
  "SERVER_NAME" VARCHAR(128) NOT NULL,
  "TASK_NAME" VARCHAR(128) NOT NULL,
  "STATE_TIME" DATETIME NOT NULL,
  "CHECKPOINT" TEXT NOT NULL,
  UNIQUE ("TASK_NAME", "SERVER_NAME")
)`
	createNotes = `CREATE TABLE IF NOT EXISTS awsdms_task_notes (
  run TEXT NOT NULL,
  note TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, note)
) WITHOUT ROWID`
	updateState = `UPDATE awsdms_txn_state SET "SERVER_NAME" = ?2, "STATE_TIME" = ?3, "CHECKPOINT" = ?4 WHERE "TASK_NAME" = ?1`
	insertState = `INSERT INTO awsdms_txn_state ("TASK_NAME", "SERVER_NAME", "STATE_TIME", "CHECKPOINT") VALUES (?1, ?2, ?3, ?4)`
	upsertNote  = `INSERT OR REPLACE INTO awsdms_task_notes (run, note, value) VALUES (?, ?, ?)`
)

// Apply implements connector.Applier.
func (t *target) Apply(_ context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	limit := o.Statements
	if limit <= 0 {
		limit = defaultPlans
	}
	return &session{target: t, run: o.Run, plans: planCache{limit: limit}}, nil
}

// Checkpoint implements connector.Applier.
func (t *target) Checkpoint(ctx context.Context, run string) (c connector.Checkpoint, ok bool, err error) {
	err = t.lookInto(ctx, "read the checkpoint", "awsdms_txn_state", func(db *conn) error {
		return db.query(`SELECT "SERVER_NAME", "STATE_TIME", "CHECKPOINT" FROM awsdms_txn_state WHERE "TASK_NAME" = ?
			ORDER BY "STATE_TIME"`, func(r *stmt) error {
			c, ok = connector.Checkpoint{Run: run, Server: r.text(0), Position: r.text(2)}, true
			c.At, _ = time.Parse(markTime, r.text(1)) // written by writeCheckpoint alone
			return nil
		}, run)
	})
	return c, ok, err
}

// Notes implements connector.Applier.
func (t *target) Notes(ctx context.Context, run string) (map[string]string, error) {
	notes := map[string]string{}
	err := t.lookInto(ctx, "read the notes of the run", "awsdms_task_notes", func(c *conn) error {
		return c.query("SELECT note, value FROM awsdms_task_notes WHERE run = ?", func(r *stmt) error {
			notes[r.text(0)] = r.text(1)
			return nil
		}, run)
	})
	return notes, err
}

// Forget implements connector.Applier. A table in which no run is left is dropped.
func (t *target) Forget(ctx context.Context, run string) error {
	kept := false // a file that holds nothing of the kind is not written
	err := t.look(ctx, "look for the run's checkpoint", func(c *conn) error {
		n, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('awsdms_txn_state', 'awsdms_task_notes')")
		kept = n > 0
		return err
	})
	if err != nil || !kept {
		return err
	}
	return t.inTransaction(ctx, "forget the run's checkpoint", func(c *conn) error {
		for table, column := range map[string]string{"awsdms_txn_state": `"TASK_NAME"`, "awsdms_task_notes": "run"} {
			if ok, err := tableExists(c, table); err != nil {
				return err
			} else if !ok {
				continue
			}
			if err := c.run("DELETE FROM "+table+" WHERE "+column+" = ?", run); err != nil {
				return err
			}
			left, err := c.number("SELECT EXISTS (SELECT 1 FROM " + table + ")")
			if err != nil {
				return err
			}
			if left == 0 {
				if err := c.exec("DROP TABLE " + table); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// lookInto runs f if the table exists.
func (t *target) lookInto(ctx context.Context, doing, table string, f func(*conn) error) error {
	return t.look(ctx, doing, func(c *conn) error {
		if ok, err := tableExists(c, table); err != nil || !ok {
			return err
		}
		return f(c)
	})
}

func tableExists(c *conn, name string) (bool, error) {
	n, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = ?", name)
	return n > 0, err
}
