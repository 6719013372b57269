package redshift

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

const journalTable = "awsdms_load_progress"

// journal keeps the progress of runs in the target. Rows are only ever added while a table is loaded, and nobody reads the table in
// a load's transaction: two loaders that changed it would be a violation of serializable isolation (error 1023).
type journal struct{ t *target }

var _ connector.Journal = journal{}

// Journal implements connector.Target.
func (t *target) Journal() connector.Journal { return journal{t} }

func (t *target) controlName(table string) string {
	return quoteName(catalog.Name{Schema: t.control, Name: table})
}

func (t *target) journalDDL() string {
	return "CREATE TABLE IF NOT EXISTS " + t.controlName(journalTable) + ` (
 run varchar(256) NOT NULL, table_schema varchar(512) NOT NULL, table_name varchar(512) NOT NULL, segment integer NOT NULL, segments integer NOT NULL,
 spec varchar(65535) NOT NULL, estimated_rows bigint NOT NULL, estimated_bytes bigint NOT NULL, witness varchar(65535) NOT NULL,
 done boolean NOT NULL, loaded_rows bigint NOT NULL, loaded_bytes bigint NOT NULL, rejected_rows bigint NOT NULL, marked_at timestamp NOT NULL)`
}

const journalColumns = "run, table_schema, table_name, segment, segments, spec, estimated_rows, estimated_bytes, witness, done, loaded_rows, loaded_bytes, rejected_rows, marked_at"

func markValues(m connector.Mark, done bool, c connector.Counts) string {
	return fmt.Sprintf("(%s, %s, %s, %d, %d, %s, %d, %d, %s, %t, %d, %d, %d, %s)", literal(m.Run), literal(m.Table.Schema), literal(m.Table.Name),
		m.Segment.Number, m.Segment.Of, literal(m.Segment.Spec), m.Segment.Rows, m.Segment.Bytes, literal(m.Witness), done, c.Rows, c.Bytes, c.Rejected, now())
}

// now is this machine's time as a literal.
func now() string { return literal(stateTime(time.Now())) }

func stateTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000000") }

// markSQL marks a segment as loaded, in the transaction of its rows.
func (t *target) markSQL(m connector.Mark, c connector.Counts) string {
	return "INSERT INTO " + t.controlName(journalTable) + " (" + journalColumns + ") VALUES " + markValues(m, true, c)
}

// Read implements connector.Journal.
func (j journal) Read(ctx context.Context, run string) ([]connector.Loaded, error) {
	var rows [][]string
	err := j.t.atDesk(ctx, "read the journal", func(c *conn) (err error) {
		rows, err = c.rows(ctx, "SELECT "+journalColumns+" FROM "+j.t.controlName(journalTable)+" WHERE run = "+literal(run)+
			" ORDER BY table_schema, table_name, segment, done")
		return err
	})
	if connector.ClassOf(err) == connector.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return j.settle(rows)
}

// settle makes of the rows of a run what is known of each segment: the plan, and its mark if it has one.
func (j journal) settle(rows [][]string) ([]connector.Loaded, error) {
	var all []connector.Loaded
	for _, r := range rows {
		l, err := readMark(r)
		if err != nil {
			return nil, fmt.Errorf("read the journal %s: %w", j.t.controlName(journalTable), err)
		}
		if n := len(all) - 1; n >= 0 && all[n].Table == l.Table && all[n].Segment.Number == l.Segment.Number {
			if all[n].Done {
				return nil, &connector.Error{
					Class:  connector.Invalid,
					Err:    fmt.Errorf("segment %d of table %s was loaded twice: two processes have run the same migration at once", l.Segment.Number, l.Table),
					Remedy: "drop the table and " + j.t.controlName(journalTable) + ", and run the migration again",
				}
			}
			all[n] = l
			continue
		}
		all = append(all, l)
	}
	return all, nil
}

func readMark(r []string) (l connector.Loaded, err error) {
	s := &l.Segment
	l.Run, l.Table.Schema, l.Table.Name, s.Spec, l.Witness, l.Done = r[0], r[1], r[2], r[5], r[8], r[9] == "t"
	for _, n := range []struct {
		text string
		to   *int64
	}{{r[6], &s.Rows}, {r[7], &s.Bytes}, {r[10], &l.Counts.Rows}, {r[11], &l.Counts.Bytes}, {r[12], &l.Rejected}} {
		if *n.to, err = strconv.ParseInt(n.text, 10, 64); err != nil {
			return l, err
		}
	}
	if s.Number, err = strconv.Atoi(r[3]); err != nil {
		return l, err
	}
	if s.Of, err = strconv.Atoi(r[4]); err != nil {
		return l, err
	}
	l.At, err = readTime(r[13])
	return l, err
}

func readTime(text string) (time.Time, error) {
	at, err := time.Parse("2006-01-02 15:04:05.999999", text)
	if err != nil {
		return at, fmt.Errorf("read a time: %w", err)
	}
	return at, nil
}

// insertedAtOnce bounds the rows of one INSERT.
const insertedAtOnce = 500

// Plan implements connector.Journal.
func (j journal) Plan(ctx context.Context, marks []connector.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	sql := append(j.t.controlSchemaSQL(), j.t.journalDDL())
	planned := map[catalog.Name]bool{}
	var values []string
	for _, m := range marks {
		if !planned[m.Table] {
			planned[m.Table] = true
			sql = append(sql, j.deleteSQL(m.Run, m.Table))
		}
		values = append(values, markValues(m, false, connector.Counts{}))
	}
	for from := 0; from < len(values); from += insertedAtOnce {
		some := values[from:min(from+insertedAtOnce, len(values))]
		sql = append(sql, "INSERT INTO "+j.t.controlName(journalTable)+" ("+journalColumns+") VALUES "+strings.Join(some, ", "))
	}
	return j.t.together(ctx, "write the plan into the journal", sql)
}

// controlSchemaSQL makes the schema of the control tables, if it is not one that is always there.
func (t *target) controlSchemaSQL() []string {
	if t.control == defaultSchema {
		return nil
	}
	return []string{"CREATE SCHEMA IF NOT EXISTS " + quote(t.control)}
}

func (j journal) deleteSQL(run string, table catalog.Name) string {
	return fmt.Sprintf("DELETE FROM %s WHERE run = %s AND table_schema = %s AND table_name = %s",
		j.t.controlName(journalTable), literal(run), literal(table.Schema), literal(table.Name))
}

// together runs statements in one transaction.
func (t *target) together(ctx context.Context, doing string, sql []string) error {
	return t.atDesk(ctx, doing, func(c *conn) error {
		_, err := c.run(ctx, "BEGIN")
		for _, s := range sql {
			if err == nil {
				_, err = c.run(ctx, s)
			}
		}
		if err == nil {
			_, err = c.run(ctx, "COMMIT")
		}
		return err
	})
}

// Forget implements connector.Journal.
func (j journal) Forget(ctx context.Context, run string, table catalog.Name) error {
	return ifThere(j.t.together(ctx, "remove a table from the journal", []string{j.deleteSQL(run, table)}))
}

// ifThere takes a missing table for one with nothing in it.
func ifThere(err error) error {
	if connector.ClassOf(err) == connector.Missing {
		return nil
	}
	return err
}

// Close implements connector.Journal.
func (j journal) Close(ctx context.Context, run string) error {
	name := j.t.controlName(journalTable)
	err := j.t.atDesk(ctx, "close the journal", func(c *conn) error {
		for _, sql := range []string{"BEGIN", "LOCK TABLE " + name, "DELETE FROM " + name + " WHERE run = " + literal(run)} {
			if _, err := c.run(ctx, sql); err != nil {
				return err
			}
		}
		left, err := c.rows(ctx, "SELECT 1 FROM "+name+" LIMIT 1")
		if err == nil && len(left) == 0 {
			_, err = c.run(ctx, "DROP TABLE "+name)
		}
		if err == nil {
			_, err = c.run(ctx, "COMMIT")
		}
		return err
	})
	if err = ifThere(err); err != nil {
		return err
	}
	return j.t.sweepAll(ctx, runFolder(run, loads))
}
