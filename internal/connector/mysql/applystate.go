package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// The control tables of applying, each with one row for a run or a note of it. STATE_TIME and the names are those of
// DMS; its CHECKPOINT is too short for a set of GTIDs.
const (
	stateColumns = `
	SERVER_NAME VARCHAR(128) NOT NULL,
	TASK_NAME VARCHAR(128) NOT NULL PRIMARY KEY,
	STATE_TIME DATETIME(6) NOT NULL,
	CHECKPOINT LONGTEXT NOT NULL`
	noteColumns = `
	run_name VARCHAR(128) NOT NULL,
	note VARCHAR(512) NOT NULL,
	value LONGTEXT NOT NULL,
	PRIMARY KEY (run_name, note)`
)

func (t *target) stateTable() string {
	return quoteIdent(t.host.cfg.controlSchema) + ".awsdms_txn_state"
}

func (t *target) noteTable() string {
	return quoteIdent(t.host.cfg.controlSchema) + ".awsdms_task_notes"
}

func (t *target) createStates(ctx context.Context) error {
	if err := t.createControl(ctx, t.stateTable(), stateColumns); err != nil {
		return err
	}
	if err := t.widenState(ctx); err != nil {
		return t.controlError(ctx, err)
	}
	if err := t.createControl(ctx, t.exceptionsTable(), exceptionsColumns); err != nil {
		return err
	}
	return t.createControl(ctx, t.noteTable(), noteColumns)
}

// widenState makes a table that DMS has left behind fit: its checkpoint is short, and its key has the server in it.
func (t *target) widenState(ctx context.Context) error {
	var checkpoint string
	err := t.host.control.QueryRowContext(ctx, `SELECT data_type FROM information_schema.columns
		WHERE table_schema = ? AND table_name = 'awsdms_txn_state' AND column_name = 'CHECKPOINT'`, t.host.cfg.controlSchema).Scan(&checkpoint)
	if err != nil || checkpoint == "longtext" {
		return err
	}
	for _, clause := range []string{"MODIFY CHECKPOINT LONGTEXT NOT NULL", "ADD UNIQUE KEY whimbrel_run (TASK_NAME)"} {
		if _, err := t.host.control.ExecContext(ctx, "ALTER TABLE "+t.stateTable()+" "+clause); err != nil {
			return fmt.Errorf("widen awsdms_txn_state: %w", err)
		}
	}
	return nil
}

// checkpointStatement writes a run's row of awsdms_txn_state.
func (t *target) checkpointStatement(c connector.Checkpoint) string {
	at := c.At
	if at.IsZero() {
		at = time.Now()
	}
	server := c.Server
	if server == "" {
		server, _ = os.Hostname()
	}
	return "INSERT INTO " + t.stateTable() + " (SERVER_NAME, TASK_NAME, STATE_TIME, CHECKPOINT) VALUES (" +
		strings.Join([]string{quoteString(cutRunes(server, 128)), quoteString(c.Run), "'" + at.UTC().Format("2006-01-02 15:04:05.000000") + "'",
			quoteString(c.Position)}, ", ") +
		") ON DUPLICATE KEY UPDATE SERVER_NAME=VALUES(SERVER_NAME), STATE_TIME=VALUES(STATE_TIME), CHECKPOINT=VALUES(CHECKPOINT)"
}

func cutRunes(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// Checkpoint reads what the run's last commit has written.
func (t *target) Checkpoint(ctx context.Context, run string) (c connector.Checkpoint, ok bool, err error) {
	var at string
	c.Run = run
	err = t.host.control.QueryRowContext(ctx, "SELECT SERVER_NAME, CAST(STATE_TIME AS CHAR), CHECKPOINT FROM "+t.stateTable()+
		" WHERE TASK_NAME = ? ORDER BY STATE_TIME DESC LIMIT 1", run).Scan(&c.Server, &at, &c.Position)
	if errors.Is(err, sql.ErrNoRows) {
		return connector.Checkpoint{}, false, nil
	}
	if err = classify(ctx, err); err != nil {
		if connector.ClassOf(err) == connector.Missing {
			return connector.Checkpoint{}, false, nil
		}
		return connector.Checkpoint{}, false, fmt.Errorf("read the checkpoint: %w", err)
	}
	if c.At, err = time.Parse("2006-01-02 15:04:05.999999", at); err != nil {
		return connector.Checkpoint{}, false, fmt.Errorf("read the checkpoint's time: %w", err)
	}
	return c, true, nil
}

// noteStatement keeps or removes a note.
func (t *target) noteStatement(run, key, text string) string {
	if text == "" {
		return "DELETE FROM " + t.noteTable() + " WHERE run_name = " + quoteString(run) + " AND note = " + quoteString(key)
	}
	return "INSERT INTO " + t.noteTable() + " VALUES (" + quoteString(run) + ", " + quoteString(key) + ", " + quoteString(text) +
		") ON DUPLICATE KEY UPDATE value=VALUES(value)"
}

// Notes reads what sessions of the run have noted.
func (t *target) Notes(ctx context.Context, run string) (map[string]string, error) {
	notes := map[string]string{}
	err := each(ctx, t.host.control, "read the notes of the run", "SELECT note, value FROM "+t.noteTable()+" WHERE run_name = ?", []any{run},
		func(scan scanFunc) error {
			var key, value string
			if err := scan(&key, &value); err != nil {
				return err
			}
			notes[key] = value
			return nil
		})
	if err = classify(ctx, err); err != nil && connector.ClassOf(err) != connector.Missing {
		return nil, err
	}
	return notes, nil
}

// Forget removes checkpoint and notes of the run.
func (t *target) Forget(ctx context.Context, run string) error {
	for _, from := range []string{t.stateTable() + " WHERE TASK_NAME = ?", t.noteTable() + " WHERE run_name = ?"} {
		_, err := t.host.control.ExecContext(ctx, "DELETE FROM "+from, run)
		if err = classify(ctx, err); err != nil && connector.ClassOf(err) != connector.Missing {
			return fmt.Errorf("forget the run: %w", err)
		}
	}
	return nil
}
