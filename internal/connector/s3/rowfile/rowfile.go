// Package rowfile writes rows into files as AWS DMS lays them out: CSV and Parquet. It knows nothing of where the files go.
package rowfile

import (
	"fmt"
	"io"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Line is a row on its way into a file.
type Line struct {
	Op    byte // I, U or D; not looked at without Layout.Op
	Batch *change.Batch
	Row   int32
	// Other holds values that Batch does not tell, at OtherRow; nil is none.
	Other    *change.Batch
	OtherRow int32
	// Stamp is the value of the column Layout.Stamp: microseconds since 1970.
	Stamp int64
}

// value is where a column's value stands; ok is false when the source has not sent it.
func (l *Line) value(column int) (v *change.Vector, i int, ok bool) {
	v, i = &l.Batch.Columns[column], int(l.Row)
	if !v.IsAbsent(i) {
		return v, i, true
	}
	if l.Other != nil {
		if o := &l.Other.Columns[column]; !o.IsAbsent(int(l.OtherRow)) {
			return o, int(l.OtherRow), true
		}
	}
	return v, i, false
}

// Layout is what a file holds.
type Layout struct {
	Columns []connector.LoadColumn
	Op      bool   // a first column tells what became of the row
	Stamp   string // the name of a column with the time of the row; empty is none
	// Lead are texts that every line begins with, behind the operation: the table and its schema in a file of transactions.
	Lead []string
}

// Clash says which two columns of a file would have one name, as readers see it, who take Op and op for the same; empty when none.
func (l Layout) Clash() string {
	var own []string
	if l.Op {
		own = append(own, "Op")
	}
	if l.Stamp != "" {
		if l.Op && strings.EqualFold(l.Stamp, "Op") {
			return "the column of TimestampColumnName and the one of the operation are both named Op"
		}
		own = append(own, l.Stamp)
	}
	for _, name := range own {
		for _, c := range l.Columns {
			if strings.EqualFold(c.Column.Name, name) {
				return fmt.Sprintf("the table's column %q has the name of the file's own column %s: rename it with a mapping rule, or choose another TimestampColumnName", c.Column.Name, name)
			}
		}
	}
	return ""
}

// Writer writes one file.
type Writer interface {
	// Check says why the file cannot hold a row: the column's number and a reason; an empty reason says that it can.
	Check(l *Line) (column int, reason string)
	// Write takes lines that were checked. Nothing of them is kept.
	Write(lines []Line) error
	// Pending is about how much of what was written has not reached the io.Writer: at most so many bytes, before compression.
	Pending() int
	// Flush lets go of memory, where that changes nothing but the file's inner cut.
	Flush() error
	// Close ends the file. The io.Writer stays open.
	Close() error
}

// Format makes writers.
type Format interface {
	// Extension is the end of a file's name, with its dot.
	Extension() string
	ContentType() string
	// Check says whether files can be written as asked for.
	New(w io.Writer, l Layout) (Writer, error)
}
