package redshift

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	stateTable = "awsdms_txn_state"
	notesTable = "awsdms_task_notes"
	// mostNote is how much of a note one row holds, in bytes; longer ones go into several.
	mostNote = 60_000
)

// stateDDL makes the tables of checkpoints and notes.
func (t *target) stateDDL() []string {
	return append(t.controlSchemaSQL(), t.exceptionsDDL(),
		"CREATE TABLE IF NOT EXISTS "+t.controlName(stateTable)+` (
 "SERVER_NAME" varchar(512) NOT NULL, "TASK_NAME" varchar(512) NOT NULL, "STATE_TIME" timestamp NOT NULL, "CHECKPOINT" varchar(65535) NOT NULL)`,
		"CREATE TABLE IF NOT EXISTS "+t.controlName(notesTable)+` (
 run varchar(256) NOT NULL, note varchar(2048) NOT NULL, part integer NOT NULL, value varchar(65535) NOT NULL)`)
}

// Apply implements connector.Applier.
func (t *target) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	if err := t.together(ctx, "make the control tables", t.stateDDL()); err != nil {
		return nil, err
	}
	if t.swept.first("changes " + o.Run) {
		if err := t.sweep(ctx, runFolder(o.Run, changes), time.Now().Add(-staleAfter)); err != nil {
			return nil, err
		}
	}
	c, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	if o.Alone {
		if err := t.alone(ctx, c); err != nil {
			c.end()
			return nil, err
		}
	}
	return &session{t: t, c: c, run: o.Run, marked: -1}, nil
}

// alonePatience is how long a transaction of another session may take to end.
const alonePatience = 30 * time.Second

// alone waits until no session that was lost commits any more. What such a one has been sent last may be a COMMIT, which the server goes on
// with; then it has written its checkpoint, and holds the lock of that table to its end. Without a COMMIT nothing of it stays.
func (t *target) alone(ctx context.Context, c *conn) error {
	const doing = "wait for sessions that were lost"
	within, stop := context.WithTimeout(ctx, alonePatience)
	defer stop()
	for _, sql := range []string{"BEGIN", "LOCK TABLE " + t.controlName(stateTable), "COMMIT"} {
		if _, err := c.run(within, sql); err != nil {
			if within.Err() != nil && ctx.Err() == nil {
				return &connector.Error{Class: connector.Busy, Err: fmt.Errorf("%s: another transaction holds %s for more than %s", doing, t.controlName(stateTable), alonePatience)}
			}
			return classify(ctx, doing, err)
		}
	}
	return nil
}

// Checkpoint implements connector.Applier.
func (t *target) Checkpoint(ctx context.Context, run string) (c connector.Checkpoint, ok bool, err error) {
	var rows [][]string
	err = t.atDesk(ctx, "read the checkpoint", func(conn *conn) (err error) {
		rows, err = conn.rows(ctx, `SELECT "TASK_NAME", "SERVER_NAME", "CHECKPOINT", "STATE_TIME" FROM `+t.controlName(stateTable)+
			` WHERE "TASK_NAME" = `+literal(within(run, 512))+` ORDER BY "STATE_TIME" DESC LIMIT 1`)
		return err
	})
	if err = ifThere(err); err != nil || len(rows) == 0 {
		return c, false, err
	}
	r := rows[0]
	c = connector.Checkpoint{Run: r[0], Server: r[1], Position: r[2]}
	if c.At, err = readTime(r[3]); err != nil {
		return c, false, fmt.Errorf("read the checkpoint: %w", err)
	}
	return c, c.Position != "", nil
}

// Notes implements connector.Applier.
func (t *target) Notes(ctx context.Context, run string) (map[string]string, error) {
	var rows [][]string
	err := t.atDesk(ctx, "read the notes of the run", func(c *conn) (err error) {
		rows, err = c.rows(ctx, "SELECT note, value FROM "+t.controlName(notesTable)+" WHERE run = "+literal(run)+" ORDER BY note, part")
		return err
	})
	if err = ifThere(err); err != nil {
		return nil, err
	}
	notes := map[string]string{}
	for _, r := range rows {
		notes[r[0]] += r[1]
	}
	return notes, nil
}

// Forget implements connector.Applier.
func (t *target) Forget(ctx context.Context, run string) error {
	err := t.together(ctx, "forget the run", []string{
		"DELETE FROM " + t.controlName(stateTable) + ` WHERE "TASK_NAME" = ` + literal(within(run, 512)),
		"DELETE FROM " + t.controlName(notesTable) + " WHERE run = " + literal(run),
	})
	if err = ifThere(err); err != nil {
		return err
	}
	return t.sweepAll(ctx, runFolder(run, changes))
}

// checkpointSQL keeps one row of a run: first what changes it, then what makes it when nothing was changed.
func (t *target) checkpointSQL(c connector.Checkpoint) (update, insert string) {
	server, run, at, position := literal(within(c.Server, 512)), literal(within(c.Run, 512)), literal(stateTime(c.At)), literal(c.Position)
	name := t.controlName(stateTable)
	return "UPDATE " + name + ` SET "SERVER_NAME" = ` + server + `, "STATE_TIME" = ` + at + `, "CHECKPOINT" = ` + position + ` WHERE "TASK_NAME" = ` + run,
		"INSERT INTO " + name + ` ("SERVER_NAME", "TASK_NAME", "STATE_TIME", "CHECKPOINT") VALUES (` + strings.Join([]string{server, run, at, position}, ", ") + ")"
}

// noteSQL writes the parts of a note.
func (t *target) noteSQL(run, key, text string) string {
	var values []string
	for n := 0; len(text) > 0; n++ {
		piece := within(text, mostNote)
		if len(text) > mostNote {
			text = text[len(piece):]
		} else {
			text = ""
		}
		values = append(values, "("+strings.Join([]string{literal(run), literal(key), strconv.Itoa(n), literal(piece)}, ", ")+")")
	}
	return "INSERT INTO " + t.controlName(notesTable) + " (run, note, part, value) VALUES " + strings.Join(values, ", ")
}
