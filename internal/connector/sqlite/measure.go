package sqlite

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// sampleSeeks and sampleRun size the sample from which the width of a row is estimated.
const (
	sampleSeeks = 24
	sampleRun   = 4
)

// measure fills Rows and Bytes. Counting reads every page of a table, so in a large file the span of the rowids stands
// for the count; it is too high where rows have been deleted, which only makes segments uneven.
func measure(c *conn, t *catalog.Table, exact bool) error {
	var err error
	rowid := rowidName(t)
	switch {
	case exact || rowid == "":
		t.Rows, err = countRows(c, t, exact)
	default:
		t.Rows, err = c.number(fmt.Sprintf("SELECT max(%s) - min(%[1]s) + 1 FROM %s", rowid, quote(t.Name.Name)))
		if t.Rows < 0 { // the difference has overflowed: random 64-bit keys
			t.Rows = -1
		}
	}
	if err != nil {
		return err
	}
	if t.Rows == 0 {
		t.Bytes = 0
		return nil
	}
	width, err := rowWidth(c, t, rowid)
	if err != nil || t.Rows < 0 {
		return err
	}
	t.Bytes = t.Rows * width
	return nil
}

func countRows(c *conn, t *catalog.Table, exact bool) (int64, error) {
	if exact {
		return c.number("SELECT count(*) FROM " + quote(t.Name.Name))
	}
	has, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'")
	if err != nil || has == 0 {
		return -1, err
	}
	n, err := c.number("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?", t.Name.Name)
	if n == 0 {
		n = -1
	}
	return n, err
}

// rowWidth is the mean size of a few rows spread over the table. octet_length reads no overflow pages.
func rowWidth(c *conn, t *catalog.Table, rowid string) (int64, error) {
	var sum strings.Builder
	for i, col := range t.Columns {
		if i > 0 {
			sum.WriteByte('+')
		}
		fmt.Fprintf(&sum, "coalesce(octet_length(%s),0)", ident(col.Name))
	}
	from := quote(t.Name.Name)
	if rowid == "" {
		return c.number(fmt.Sprintf("SELECT avg(w)+1 FROM (SELECT %s AS w FROM %s LIMIT %d)", &sum, from, sampleSeeks*sampleRun))
	}
	lo, err := c.number(fmt.Sprintf("SELECT min(%s) FROM %s", rowid, from))
	if err != nil {
		return 0, err
	}
	hi, err := c.number(fmt.Sprintf("SELECT max(%s) FROM %s", rowid, from))
	if err != nil {
		return 0, err
	}
	s, err := c.prepare(fmt.Sprintf("SELECT %s FROM %s WHERE %s >= ? ORDER BY %[3]s LIMIT %d", &sum, from, rowid, sampleRun))
	if err != nil {
		return 0, err
	}
	defer s.finalize()
	var total, rows int64
	step := (uint64(hi) - uint64(lo)) / sampleSeeks
	for i := range uint64(sampleSeeks) {
		s.reset()
		s.bindInt(0, int64(uint64(lo)+i*step))
		for {
			more, err := s.step()
			if err != nil {
				return 0, err
			}
			if !more {
				break
			}
			total, rows = total+s.int(0), rows+1
		}
	}
	if rows == 0 {
		return 0, nil
	}
	return total/rows + 1, nil
}
