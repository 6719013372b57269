package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const (
	stateTable = "awsdms_txn_state"
	notesTable = "awsdms_task_notes"
)

func (t *target) controlName(table string) string {
	return quoteName(catalog.Name{Schema: t.control, Name: table})
}

// makeStateTables makes the tables of checkpoints and notes when they are not there. The one row of a run is updated
// with every transaction, so its page is kept free for the row's next versions. Nothing is made where it is there
// already: that would ask for a right that is not needed.
func (t *target) makeStateTables(ctx context.Context) error {
	missing := false
	if err := t.atDesk(ctx, "look up the control tables", func(c *pgx.Conn) error {
		var absent []string
		for _, n := range []string{stateTable, notesTable, exceptionsTable} {
			absent = append(absent, "pg_catalog.to_regclass("+quoteLiteral(t.controlName(n))+") IS NULL")
		}
		return c.QueryRow(ctx, "SELECT "+strings.Join(absent, " OR "), pgx.QueryExecModeSimpleProtocol).Scan(&missing)
	}); err != nil || !missing {
		return err
	}
	sql := t.exceptionsDDL() + `;
CREATE TABLE IF NOT EXISTS ` + t.controlName(stateTable) + ` (
 "SERVER_NAME" varchar(128) NOT NULL, "TASK_NAME" varchar(128) NOT NULL, "STATE_TIME" timestamp NOT NULL, "CHECKPOINT" text NOT NULL,
 UNIQUE ("SERVER_NAME", "TASK_NAME") WITH (fillfactor = 10)) WITH (fillfactor = 10);
CREATE TABLE IF NOT EXISTS ` + t.controlName(notesTable) + ` (run text NOT NULL, note text NOT NULL, value text NOT NULL, PRIMARY KEY (run, note))`
	return journal{t}.change(ctx, "make the control tables", sql)
}

// checkpointSQL keeps one row of a run, whatever key the table has and whichever machine wrote it last.
func (t *target) checkpointSQL() string {
	return `WITH u AS (UPDATE ` + t.controlName(stateTable) + ` SET "SERVER_NAME" = $1, "STATE_TIME" = $3::pg_catalog.timestamp, "CHECKPOINT" = $4 WHERE "TASK_NAME" = $2 RETURNING 1)
 INSERT INTO ` + t.controlName(stateTable) + ` ("SERVER_NAME", "TASK_NAME", "STATE_TIME", "CHECKPOINT") SELECT $1, $2, $3::pg_catalog.timestamp, $4 WHERE NOT EXISTS (SELECT FROM u)`
}

// checkpoint puts the writing of the checkpoint into the pipe.
func (s *applySession) checkpoint(c connector.Checkpoint) {
	run := c.Run
	if run == "" {
		run = s.run
	}
	s.control("checkpoint", s.t.checkpointSQL(), []uint32{oidVarchar, oidVarchar, oidText, oidText},
		within128(c.Server), within128(run), stateTime(c.At), c.Position)
}

// control runs a statement on a control table, its parameters being texts.
func (s *applySession) control(key, sql string, types []uint32, values ...string) {
	name := s.statements.prepare(&s.pipe, key, sql, types)
	at := s.pipe.bind(name, len(values))
	for _, v := range values {
		s.pipe.parameter([]byte(v))
	}
	s.pipe.execute(at, -1)
}

// Park implements connector.ApplySession.
func (s *applySession) Park(ctx context.Context, rows []connector.Parked) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("park changes: %w", err)
	}
	sql := "INSERT INTO " + s.t.controlName(exceptionsTable) + ` ("TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR")
 VALUES ($1, $2, $3, $4::pg_catalog.timestamp, $5, $6)`
	for i := range rows {
		p := &rows[i]
		s.control("park", sql, []uint32{oidVarchar, oidVarchar, oidVarchar, oidText, oidText, oidText},
			within128(p.Task), within128(p.Table.Schema), within128(p.Table.Name), stateTime(p.Time), clean(p.Statement), clean(p.Reason))
		if s.pipe.full() {
			if _, err := s.do(ctx, "park changes", nil); err != nil {
				return err
			}
		}
	}
	_, err := s.do(ctx, "park changes", nil)
	return err
}

// Note implements connector.ApplySession.
func (s *applySession) Note(ctx context.Context, key, text string) error {
	if err := s.ready(true); err != nil {
		return fmt.Errorf("keep a note: %w", err)
	}
	table := s.t.controlName(notesTable)
	if text == "" {
		s.control("forget note", "DELETE FROM "+table+" WHERE run = $1 AND note = $2", []uint32{oidText, oidText}, s.run, key)
	} else {
		s.control("note", "INSERT INTO "+table+" (run, note, value) VALUES ($1, $2, $3) ON CONFLICT (run, note) DO UPDATE SET value = excluded.value",
			[]uint32{oidText, oidText, oidText}, s.run, key, text)
	}
	_, err := s.do(ctx, "keep a note", nil)
	return err
}

// Checkpoint implements connector.Applier.
func (t *target) Checkpoint(ctx context.Context, run string) (c connector.Checkpoint, ok bool, err error) {
	err = t.ifKept(ctx, "read the checkpoint", func(conn *pgx.Conn) error {
		e := conn.QueryRow(ctx, `SELECT "TASK_NAME", "SERVER_NAME", "CHECKPOINT", "STATE_TIME" FROM `+t.controlName(stateTable)+
			` WHERE "TASK_NAME" = $1 ORDER BY "STATE_TIME" DESC LIMIT 1`, pgx.QueryExecModeExec, within128(run)).Scan(&c.Run, &c.Server, &c.Position, &c.At)
		if errors.Is(e, pgx.ErrNoRows) {
			return nil
		}
		ok = e == nil
		return e
	})
	return c, ok, err
}

// Notes implements connector.Applier.
func (t *target) Notes(ctx context.Context, run string) (map[string]string, error) {
	notes := map[string]string{}
	err := t.ifKept(ctx, "read the notes", func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT note, value FROM "+t.controlName(notesTable)+" WHERE run = $1", pgx.QueryExecModeExec, run)
		if err != nil {
			return err
		}
		var key, value string
		_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error { notes[key] = value; return nil })
		return err
	})
	return notes, err
}

// Forget implements connector.Applier.
func (t *target) Forget(ctx context.Context, run string) error {
	for _, q := range []struct{ sql, run string }{
		{"DELETE FROM " + t.controlName(stateTable) + ` WHERE "TASK_NAME" = $1`, within128(run)},
		{"DELETE FROM " + t.controlName(notesTable) + " WHERE run = $1", run},
	} {
		if err := t.ifKept(ctx, "forget the run", func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, q.sql, pgx.QueryExecModeExec, q.run)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// ifKept does something with a control table, or nothing when there is none.
func (t *target) ifKept(ctx context.Context, doing string, f func(*pgx.Conn) error) error {
	return t.atDesk(ctx, doing, func(c *pgx.Conn) error {
		err := f(c)
		if pg := serverErrorIn(err); pg != nil && (pg.Code == "42P01" || pg.Code == "3F000") {
			return nil
		}
		return err
	})
}
