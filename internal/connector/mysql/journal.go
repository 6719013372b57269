package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// journal is the table awsdms_load_progress in the control database. Names and specs may be of any length, so a
// digest of run, table and segment number is the key.
type journal struct{ target *target }

var _ connector.Journal = (*journal)(nil)

const progressColumns = `
	mark_key BINARY(32) NOT NULL PRIMARY KEY,
	run_name TEXT NOT NULL,
	table_owner VARCHAR(128) NOT NULL,
	table_name VARCHAR(128) NOT NULL,
	segment_number INT NOT NULL,
	segment_count INT NOT NULL,
	segment_spec LONGTEXT NOT NULL,
	estimated_rows BIGINT NOT NULL,
	estimated_bytes BIGINT NOT NULL,
	witness TEXT NOT NULL,
	done TINYINT NOT NULL,
	loaded_rows BIGINT NOT NULL,
	loaded_bytes BIGINT NOT NULL,
	rejected_rows BIGINT NOT NULL,
	marked_at DATETIME(6) NOT NULL`

func (t *target) progressTable() string {
	return quoteIdent(t.host.cfg.controlSchema) + ".awsdms_load_progress"
}

// markKey is the key of a mark.
func markKey(run string, table catalog.Name, segment int) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %q %q %d", run, table.Schema, table.Name, segment)
	return hex.EncodeToString(h.Sum(nil))
}

// markStatement records a segment as done, in the transaction of its rows. It changes nothing when the segment is done
// already or was planned otherwise: then another process is at work on the same run, or a commit whose answer was lost
// has held. Assignments are made from left to right, so done comes last.
func (t *target) markStatement(m connector.Mark, c connector.Counts) string {
	const planned = "done=0 AND segment_spec=VALUES(segment_spec) AND segment_count=VALUES(segment_count)"
	var b strings.Builder
	b.WriteString(t.markValues(m, c, true) + " ON DUPLICATE KEY UPDATE ")
	for _, name := range []string{"loaded_rows", "loaded_bytes", "rejected_rows", "marked_at", "done"} {
		if name != "loaded_rows" {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%[1]s=IF(%[2]s, VALUES(%[1]s), %[1]s)", name, planned)
	}
	return b.String()
}

func (t *target) markValues(m connector.Mark, c connector.Counts, done bool) string {
	flag := 0
	if done {
		flag = 1
	}
	return fmt.Sprintf("INSERT INTO %s VALUES (x'%s', %s, %s, %s, %d, %d, %s, %d, %d, %s, %d, %d, %d, %d, UTC_TIMESTAMP(6))",
		t.progressTable(), markKey(m.Run, m.Table, m.Segment.Number), quoteString(m.Run), quoteString(m.Table.Schema),
		quoteString(m.Table.Name), m.Segment.Number, m.Segment.Of, quoteString(m.Segment.Spec), m.Segment.Rows, m.Segment.Bytes,
		quoteString(m.Witness), flag, c.Rows, c.Bytes, c.Rejected)
}

// createProgress makes the control database and the table.
func (t *target) createProgress(ctx context.Context) error {
	return t.createControl(ctx, t.progressTable(), progressColumns)
}

func (t *target) createControl(ctx context.Context, table, columns string) error {
	for _, sql := range []string{
		"CREATE DATABASE IF NOT EXISTS " + quoteIdent(t.host.cfg.controlSchema) + " CHARACTER SET utf8mb4",
		"CREATE TABLE IF NOT EXISTS " + table + " (" + columns + ") ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
	} {
		if _, err := t.host.control.ExecContext(ctx, sql); err != nil {
			return t.controlError(ctx, err)
		}
	}
	return nil
}

// controlError explains what a control table needs.
func (t *target) controlError(ctx context.Context, err error) error {
	err = fmt.Errorf("keep control tables in %s: %w", t.host.cfg.controlSchema, err)
	known := classify(ctx, err)
	if connector.ClassOf(known) == connector.Denied {
		return &connector.Error{Class: connector.Denied, Err: err,
			Remedy: "GRANT ALL ON " + quoteIdent(t.host.cfg.controlSchema) + ".* TO " + t.host.account(ctx)}
	}
	return known
}

const progressQuestion = `SELECT table_owner, table_name, segment_number, segment_count, segment_spec, estimated_rows,
	estimated_bytes, witness, done, loaded_rows, loaded_bytes, rejected_rows, CAST(marked_at AS CHAR) FROM `

// Read returns what is known of a run.
func (j *journal) Read(ctx context.Context, run string) ([]connector.Loaded, error) {
	rows, err := j.target.host.control.QueryContext(ctx,
		progressQuestion+j.target.progressTable()+" WHERE run_name = ? ORDER BY table_owner, table_name, segment_number", run)
	if err != nil {
		err = j.target.controlError(ctx, fmt.Errorf("read the journal: %w", err))
		if connector.ClassOf(err) == connector.Missing {
			return nil, nil
		}
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []connector.Loaded
	for rows.Next() {
		l, err := scanLoaded(rows)
		if err != nil {
			return nil, classify(ctx, fmt.Errorf("read the journal: %w", err))
		}
		l.Run = run
		out = append(out, l)
	}
	return out, classify(ctx, rows.Err())
}

func scanLoaded(rows *sql.Rows) (connector.Loaded, error) {
	var l connector.Loaded
	var at string
	err := rows.Scan(&l.Table.Schema, &l.Table.Name, &l.Segment.Number, &l.Segment.Of, &l.Segment.Spec, &l.Segment.Rows,
		&l.Segment.Bytes, &l.Witness, &l.Done, &l.Counts.Rows, &l.Counts.Bytes, &l.Rejected, &at)
	if err != nil {
		return l, err
	}
	l.At, err = time.Parse("2006-01-02 15:04:05.999999", at)
	return l, err
}

// Plan records the segments of a table, replacing what was there. Another process may drop the table, with the last run in it, before
// the first row of this one is there.
func (j *journal) Plan(ctx context.Context, marks []connector.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	return patiently(func() error {
		if err := j.target.createProgress(ctx); err != nil {
			return err
		}
		return j.plan(ctx, marks)
	}, connector.Missing, connector.Busy)
}

// patiently does once more what has failed because of others that use the table.
func patiently(do func() error, because ...connector.Class) error {
	var err error
	for range 20 {
		if err = do(); err == nil || !slices.Contains(because, connector.ClassOf(err)) {
			return err
		}
	}
	return err
}

func (j *journal) plan(ctx context.Context, marks []connector.Mark) error {
	tx, err := j.target.host.control.BeginTx(ctx, nil)
	if err != nil {
		return classify(ctx, fmt.Errorf("plan a table: %w", err))
	}
	defer func() { _ = tx.Rollback() }()
	forgotten := map[catalog.Name]bool{}
	for _, m := range marks {
		if forgotten[m.Table] {
			continue
		}
		forgotten[m.Table] = true
		if err := j.delete(ctx, tx, m.Run, m.Table); err != nil {
			return err
		}
	}
	for len(marks) > 0 {
		n := min(len(marks), 200)
		if _, err := tx.ExecContext(ctx, j.insertPlanned(marks[:n])); err != nil {
			return classify(ctx, fmt.Errorf("plan a table: %w", err))
		}
		marks = marks[n:]
	}
	return classify(ctx, tx.Commit())
}

// insertPlanned is one statement for many marks.
func (j *journal) insertPlanned(marks []connector.Mark) string {
	var b strings.Builder
	for i, m := range marks {
		s := j.target.markValues(m, connector.Counts{}, false)
		if i > 0 {
			_, s, _ = strings.Cut(s, " VALUES ")
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	return b.String()
}

// execer is what a pool and a transaction share.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (j *journal) delete(ctx context.Context, q execer, run string, table catalog.Name) error {
	_, err := q.ExecContext(ctx, "DELETE FROM "+j.target.progressTable()+
		" WHERE run_name = ? AND table_owner = ? AND table_name = ?", run, table.Schema, table.Name)
	err = classify(ctx, err)
	if connector.ClassOf(err) == connector.Missing {
		return nil
	}
	return err
}

// Forget removes a table from the run.
func (j *journal) Forget(ctx context.Context, run string, table catalog.Name) error {
	return j.delete(ctx, j.target.host.control, run, table)
}

// Close removes the run, and the table with the last one.
func (j *journal) Close(ctx context.Context, run string) error {
	err := patiently(func() error {
		_, err := j.target.host.control.ExecContext(ctx, "DELETE FROM "+j.target.progressTable()+" WHERE run_name = ?", run)
		return classify(ctx, err)
	}, connector.Busy)
	if err != nil {
		if connector.ClassOf(err) == connector.Missing {
			return nil
		}
		return fmt.Errorf("close the run in the journal: %w", err)
	}
	return j.dropEmpty(ctx)
}

// dropEmpty drops the table when no run is in it. It is locked from the look to the end: another process may be about to begin.
func (j *journal) dropEmpty(ctx context.Context) error {
	c, err := j.target.host.control.Conn(ctx)
	if err != nil {
		return classify(ctx, fmt.Errorf("close the run in the journal: %w", err))
	}
	defer func() { _ = c.Close() }()
	if _, err = c.ExecContext(ctx, "LOCK TABLES "+j.target.progressTable()+" WRITE"); err != nil {
		if err = classify(ctx, err); connector.ClassOf(err) == connector.Missing || connector.ClassOf(err) == connector.Denied {
			return nil // gone already, or to be left
		}
		return err
	}
	defer func() { _, _ = c.ExecContext(context.WithoutCancel(ctx), "UNLOCK TABLES") }()
	var left bool
	if err := c.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+j.target.progressTable()+")").Scan(&left); err != nil || left {
		return classify(ctx, err)
	}
	_, err = c.ExecContext(ctx, "DROP TABLE "+j.target.progressTable())
	return classify(ctx, err)
}
