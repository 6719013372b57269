package sqlite

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// journal is the table awsdms_load_progress, one row for each segment of a run.
type journal struct{ target *target }

const (
	journalTable  = "awsdms_load_progress"
	createJournal = `CREATE TABLE IF NOT EXISTS awsdms_load_progress (
  run TEXT NOT NULL,
  table_schema TEXT NOT NULL,
  table_name TEXT NOT NULL,
  segment INTEGER NOT NULL,
  segments INTEGER NOT NULL,
  spec TEXT NOT NULL,
  witness TEXT NOT NULL,
  done INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  byte_count INTEGER NOT NULL,
  rejected_count INTEGER NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (run, table_schema, table_name, segment)
) WITHOUT ROWID`
	insertMark = `INSERT OR REPLACE INTO awsdms_load_progress VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`
	markTime   = "2006-01-02 15:04:05.000000"
)

// Journal implements connector.Target.
func (t *target) Journal() connector.Journal { return journal{t} }

func journalExists(c *conn) (bool, error) {
	n, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = ?", journalTable)
	return n > 0, err
}

// Read implements connector.Journal.
func (j journal) Read(ctx context.Context, run string) ([]connector.Loaded, error) {
	var out []connector.Loaded
	err := j.target.look(ctx, "read the journal", func(c *conn) error {
		if ok, err := journalExists(c); err != nil || !ok {
			return err
		}
		return c.query(`SELECT table_schema, table_name, segment, segments, spec, witness, done, row_count, byte_count,
			rejected_count, at FROM awsdms_load_progress WHERE run = ? ORDER BY 1, 2, 3`, func(r *stmt) error {
			l := connector.Loaded{Done: r.int(6) != 0, Counts: connector.Counts{Rows: r.int(7), Bytes: r.int(8), Rejected: r.int(9)}}
			l.Mark = connector.Mark{Run: run, Table: catalog.Name{Schema: r.text(0), Name: r.text(1)}, Witness: r.text(5),
				Segment: connector.Segment{Number: int(r.int(2)), Of: int(r.int(3)), Spec: r.text(4), Rows: -1, Bytes: -1}}
			l.At, _ = time.Parse(markTime, r.text(10)) // written by writeMark alone
			out = append(out, l)
			return nil
		}, run)
	})
	return out, err
}

// Plan implements connector.Journal.
func (j journal) Plan(ctx context.Context, marks []connector.Mark) error {
	return j.target.inTransaction(ctx, "plan the load", func(c *conn) error {
		if err := c.exec(createJournal); err != nil {
			return err
		}
		forgotten := map[catalog.Name]bool{}
		for _, m := range marks {
			if !forgotten[m.Table] {
				forgotten[m.Table] = true
				if err := forget(c, m.Run, m.Table); err != nil {
					return err
				}
			}
			if err := insertProgress(c, m, connector.Counts{}, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeMark records a segment as done, in the transaction of its rows.
func writeMark(c *conn, m connector.Mark, n connector.Counts) error {
	if m == (connector.Mark{}) { // a load outside any run
		return nil
	}
	if err := c.exec(createJournal); err != nil {
		return err
	}
	other, err := c.number(`SELECT count(*) FROM awsdms_load_progress WHERE run = ? AND table_schema = ? AND table_name = ? AND segment = ?
		AND (done OR spec <> ? OR segments <> ?)`, m.Run, m.Table.Schema, m.Table.Name, m.Segment.Number, m.Segment.Spec, m.Segment.Of)
	if err != nil {
		return err
	}
	if other > 0 {
		return invalid("", "segment %d is loaded already, or was planned anew by another run", m.Segment.Number)
	}
	return insertProgress(c, m, n, true)
}

func insertProgress(c *conn, m connector.Mark, n connector.Counts, done bool) error {
	state := 0
	if done {
		state = 1
	}
	return c.run(insertMark, m.Run, m.Table.Schema, m.Table.Name, m.Segment.Number, m.Segment.Of, m.Segment.Spec, m.Witness,
		state, n.Rows, n.Bytes, n.Rejected, time.Now().UTC().Format(markTime))
}

func forget(c *conn, run string, n catalog.Name) error {
	return c.run("DELETE FROM awsdms_load_progress WHERE run = ? AND table_schema = ? AND table_name = ?", run, n.Schema, n.Name)
}

// Forget implements connector.Journal.
func (j journal) Forget(ctx context.Context, run string, table catalog.Name) error {
	return j.target.inTransaction(ctx, "forget table "+table.String(), func(c *conn) error {
		if ok, err := journalExists(c); err != nil || !ok {
			return err
		}
		return forget(c, run, table)
	})
}

// Close implements connector.Journal.
func (j journal) Close(ctx context.Context, run string) error {
	kept := false // a file that has no journal is not written
	err := j.target.look(ctx, "look for the journal", func(c *conn) (err error) {
		kept, err = journalExists(c)
		return err
	})
	if err != nil || !kept {
		return err
	}
	return j.target.inTransaction(ctx, "close the journal", func(c *conn) error {
		if ok, err := journalExists(c); err != nil || !ok {
			return err
		}
		if err := c.run("DELETE FROM awsdms_load_progress WHERE run = ?", run); err != nil {
			return err
		}
		left, err := c.number("SELECT EXISTS (SELECT 1 FROM awsdms_load_progress)")
		if err != nil || left != 0 {
			return err
		}
		return c.exec("DROP TABLE awsdms_load_progress")
	})
}
