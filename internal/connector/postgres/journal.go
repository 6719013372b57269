package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const journalTable = "awsdms_load_progress"

// journalLock is the advisory lock under which the journal's table comes and goes ("whimbrel" in ASCII).
const journalLock = 0x776869_6d627265

// journal keeps the progress of runs in the target.
type journal struct{ t *target }

var _ connector.Journal = journal{}

// Journal implements connector.Target.
func (t *target) Journal() connector.Journal { return journal{t} }

func (t *target) journalName() string {
	return quoteName(catalog.Name{Schema: t.control, Name: journalTable})
}

func (t *target) journalDDL() string {
	return `CREATE TABLE IF NOT EXISTS ` + t.journalName() + ` (
 run text NOT NULL, table_schema text NOT NULL, table_name text NOT NULL, segment int NOT NULL, segments int NOT NULL,
 spec text NOT NULL, estimated_rows bigint NOT NULL, estimated_bytes bigint NOT NULL, witness text NOT NULL,
 done boolean NOT NULL, loaded_rows bigint NOT NULL, loaded_bytes bigint NOT NULL, rejected_rows bigint NOT NULL,
 at timestamptz NOT NULL DEFAULT clock_timestamp(),
 PRIMARY KEY (run, table_schema, table_name, segment))`
}

// insertSQL writes the states of segments, each a row made by stateSQL.
func (t *target) insertSQL(states ...string) string {
	return `INSERT INTO ` + t.journalName() + ` AS p (run, table_schema, table_name, segment, segments, spec, estimated_rows, estimated_bytes,
 witness, done, loaded_rows, loaded_bytes, rejected_rows) VALUES ` + strings.Join(states, ",\n ")
}

// stateSQL is one segment's state.
func stateSQL(m connector.Mark, done bool, c connector.Counts) string {
	return fmt.Sprintf(`(%s, %s, %s, %d, %d, %s, %d, %d, %s, %t, %d, %d, %d)`,
		quoteLiteral(m.Run), quoteLiteral(m.Table.Schema), quoteLiteral(m.Table.Name), m.Segment.Number, m.Segment.Of,
		quoteLiteral(m.Segment.Spec), m.Segment.Rows, m.Segment.Bytes, quoteLiteral(m.Witness), done, c.Rows, c.Bytes, c.Rejected)
}

// doneSQL marks a segment as loaded, in the transaction of its rows. It fails when the segment is marked already or was
// planned otherwise: then another process is at work on the same run, or a commit whose answer was lost has held. To read a
// parameter that does not exist is the one way to fail in plain SQL; a DO block, compiled anew each time, cost a small table as
// much as a third of its keys.
func (t *target) doneSQL(m connector.Mark, c connector.Counts) string {
	return fmt.Sprintf(`WITH marked AS (%s ON CONFLICT (run, table_schema, table_name, segment)
 DO UPDATE SET done = excluded.done, loaded_rows = excluded.loaded_rows, loaded_bytes = excluded.loaded_bytes,
 rejected_rows = excluded.rejected_rows, at = excluded.at
 WHERE NOT p.done AND p.spec = excluded.spec AND p.segments = excluded.segments RETURNING true)
SELECT pg_catalog.current_setting(%s) WHERE NOT EXISTS (SELECT FROM marked)`, t.insertSQL(stateSQL(m, true, c)), quoteLiteral(taken(m)))
}

// taken says why a segment cannot be marked.
func taken(m connector.Mark) string {
	return fmt.Sprintf("segment %d of %s is loaded already, or was planned anew by another run", m.Segment.Number, m.Table)
}

// markError tells the failure of doneSQL in its own words.
func markError(m connector.Mark, err error) error {
	if pg := serverErrorIn(err); pg != nil && pg.Code == "42704" && strings.Contains(pg.Message, taken(m)) {
		return &connector.Error{Class: connector.Invalid, Err: errors.New(taken(m))}
	}
	return err
}

// Read implements connector.Journal.
func (j journal) Read(ctx context.Context, run string) (known []connector.Loaded, err error) {
	err = j.t.atDesk(ctx, "read the journal", func(c *pgx.Conn) error {
		known, err = j.read(ctx, c, run)
		var pg *pgconn.PgError
		if errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000") { // no table, no runs
			return nil
		}
		return err
	})
	return known, err
}

func (j journal) read(ctx context.Context, c *pgx.Conn, run string) ([]connector.Loaded, error) {
	rows, err := c.Query(ctx, `SELECT run, table_schema, table_name, segment, segments, spec, estimated_rows, estimated_bytes, witness,
 done, loaded_rows, loaded_bytes, rejected_rows, at FROM `+j.t.journalName()+` WHERE run = $1
 ORDER BY table_schema, table_name, segment`, pgx.QueryExecModeExec, run)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (l connector.Loaded, err error) {
		s := &l.Segment
		err = r.Scan(&l.Run, &l.Table.Schema, &l.Table.Name, &s.Number, &s.Of, &s.Spec, &s.Rows, &s.Bytes, &l.Witness,
			&l.Done, &l.Counts.Rows, &l.Counts.Bytes, &l.Rejected, &l.At)
		return l, err
	})
}

// planAtOnce is how many tables or segments a statement of the plan is about: a statement for each takes the server several
// times as long, while nothing else is done.
const planAtOnce = 500

// Plan implements connector.Journal.
func (j journal) Plan(ctx context.Context, marks []connector.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	var sql strings.Builder
	if j.t.control != defaultSchema {
		sql.WriteString("CREATE SCHEMA IF NOT EXISTS " + quote(j.t.control) + ";\n")
	}
	sql.WriteString(j.t.journalDDL())
	var tables, states []string
	planned := map[catalog.Name]bool{}
	for _, m := range marks {
		if !planned[m.Table] {
			planned[m.Table] = true
			tables = append(tables, fmt.Sprintf("(%s, %s, %s)", quoteLiteral(m.Run), quoteLiteral(m.Table.Schema), quoteLiteral(m.Table.Name)))
		}
		states = append(states, stateSQL(m, false, connector.Counts{}))
	}
	for some := range slices.Chunk(tables, planAtOnce) {
		sql.WriteString(";\nDELETE FROM " + j.t.journalName() + " WHERE (run, table_schema, table_name) IN (VALUES " + strings.Join(some, ", ") + ")")
	}
	for some := range slices.Chunk(states, planAtOnce) {
		sql.WriteString(";\n" + j.t.insertSQL(some...))
	}
	return j.change(ctx, "write the plan into the journal", sql.String())
}

func (j journal) deleteSQL(run string, table catalog.Name) string {
	return fmt.Sprintf("DELETE FROM %s WHERE run = %s AND table_schema = %s AND table_name = %s",
		j.t.journalName(), quoteLiteral(run), quoteLiteral(table.Schema), quoteLiteral(table.Name))
}

// change runs statements in one transaction that no other change of the journal's table overlaps.
func (j journal) change(ctx context.Context, doing, sql string) error {
	return j.t.atDesk(ctx, doing, func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d);\n%s", journalLock, sql), pgx.QueryExecModeSimpleProtocol)
			return err
		})
	})
}

// Forget implements connector.Journal.
func (j journal) Forget(ctx context.Context, run string, table catalog.Name) error {
	return j.ifKept(ctx, "remove a table from the journal", j.deleteSQL(run, table))
}

// Close implements connector.Journal. Its commit waits for the disk whatever the session's default is, and takes a
// transaction number so that there is something to commit; the write-ahead log being one sequence, every commit
// before it is on disk then too.
func (j journal) Close(ctx context.Context, run string) error {
	if err := j.ifKept(ctx, "close the journal", durable+fmt.Sprintf(`;
 DELETE FROM %[1]s WHERE run = %[2]s;
 DO $$ BEGIN IF NOT EXISTS (SELECT FROM %[1]s) THEN DROP TABLE %[1]s; END IF; END $$`, j.t.journalName(), quoteLiteral(run))); err != nil {
		return err
	}
	return j.t.Flush(ctx)
}

const durable = `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
 SELECT txid_current()`

var _ connector.Flusher = (*target)(nil)

// Flush implements connector.Flusher.
func (t *target) Flush(ctx context.Context) error {
	return journal{t}.change(ctx, "make the load durable", durable)
}

// ifKept runs statements on the journal's table, or nothing when there is none.
func (j journal) ifKept(ctx context.Context, doing, sql string) error {
	err := j.change(ctx, doing, sql)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000") {
		return nil
	}
	return err
}
