package sqlite

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// The change log of a file is shared by all runs that follow it:
//
//   - awsdms_changes has a row for each change, numbered in the order in which the changes were made. Its columns c0, c1 …
//     have no affinity, so that they keep every value with its storage class. Triggers write it, see triggers.
//   - awsdms_cdc_tables says what the rows mean: a row for each table, and another one whenever its structure has changed.
//   - awsdms_cdc_runs says who follows which table, and how far he has come.
//
// The last row of the log is never deleted, so that no number is given out twice and no sqlite_sequence has to be written
// with each change.
const (
	triggerNames = "awsdms_cdc_"
	logHead      = 4 // columns before c0: seq, t, op, at
)

const createLog = `CREATE TABLE IF NOT EXISTS awsdms_changes (seq INTEGER PRIMARY KEY, t, op, at);
CREATE TABLE IF NOT EXISTS awsdms_cdc_tables (id INTEGER PRIMARY KEY, lineage INTEGER NOT NULL, name TEXT NOT NULL,
  definition TEXT NOT NULL, gone INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS awsdms_cdc_runs (run TEXT NOT NULL, lineage INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
  PRIMARY KEY (run, lineage)) WITHOUT ROWID;
INSERT INTO awsdms_changes (t, op, at) SELECT 0, 0, julianday('now') WHERE NOT EXISTS (SELECT 1 FROM awsdms_changes)`

// logOp is what a row of the log says. With n columns in the table, c0 to c(n-1) are the row as it is now; where there is
// an old row besides, it begins at cn.
type logOp int64

const (
	opNothing   logOp = 0 // holds a place
	opInsert    logOp = 1
	opUpdate    logOp = 2 // the key is as it was
	opMove      logOp = 3 // the old key's values follow
	opDelete    logOp = 4 // the key's values, in the places of their columns
	opMoveWhole logOp = 5 // the whole old row follows
	opDeleteAll logOp = 6 // the whole old row
	opConflict  logOp = 7 // see conflicts
	opStructure logOp = 11
	opDropped   logOp = 12
	opCreated   logOp = 13 // for the run in c0
	opReload    logOp = 14 // changes have been missed: the table is emptied and its rows are delivered once more
	firstMark         = opStructure
)

// logColumns is c0 to c(n-1).
func logColumns(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", c%d", i)
	}
	return b.String()
}

// logWidth is how many columns c0 … the log has.
func logWidth(c *conn) (int, error) {
	n, err := c.number("SELECT count(*) FROM pragma_table_info('awsdms_changes')")
	return int(n) - logHead, err
}

// widenLog gives the log room for rows of n columns.
func widenLog(c *conn, n int) error {
	width, err := logWidth(c)
	for ; err == nil && width < n; width++ {
		err = c.exec(fmt.Sprintf("ALTER TABLE awsdms_changes ADD COLUMN c%d", width))
	}
	return err
}

// lastChange is the number of the last row of the log.
func lastChange(c *conn) (int64, error) { return c.number("SELECT max(seq) FROM awsdms_changes") }

// mark writes a row into the log that is no change of a row.
func mark(c *conn, version int64, op logOp) error {
	return c.run("INSERT INTO awsdms_changes (t, op, at) VALUES (?, ?, julianday('now'))", version, int64(op))
}

func formatPosition(seq int64) string { return strconv.FormatInt(seq, 10) }

// checkpointPrefix begins a position that an earlier run has left, as DMS writes it.
const checkpointPrefix = "checkpoint:"

func parsePosition(position string) (int64, error) {
	seq, err := strconv.ParseInt(strings.TrimPrefix(position, checkpointPrefix), 10, 64)
	if err != nil || seq < 0 {
		return 0, invalid("write a number, such as an earlier run has shown", "%q is no position in the change log of a SQLite file", position)
	}
	return seq, nil
}

// Layout implements connector.Streamer.
func (s *source) Layout(c *catalog.Column) change.Layout { return change.LayoutOf(c.ReadType()) }

// Compare implements connector.Streamer.
func (s *source) Compare(a, b string) (int, error) {
	x, err := parsePosition(a)
	if err != nil {
		return 0, err
	}
	y, err := parsePosition(b)
	switch {
	case err != nil:
		return 0, err
	case x < y:
		return -1, nil
	case x > y:
		return 1, nil
	}
	return 0, nil
}

// unixJulian is the Julian day of 1970-01-01.
const unixJulian = 2440587.5

func timeOfJulian(day float64) time.Time {
	return time.UnixMilli(int64(math.Round((day - unixJulian) * 86_400_000))).UTC()
}

func noLog(at location) error {
	return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("%s has no change log", at.path),
		Remedy: "start the migration anew: the triggers that keep the log have been removed"}
}
