package apply

import (
	"sync/atomic"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Table is a table as its changes reach the target.
type Table struct {
	// Number is the one under which the stream follows it.
	Number         int
	Source, Target *catalog.Table
	// Columns are those of change.Changes.New and Old: the target's columns in the order and layouts of the rows.
	Columns []connector.LoadColumn
	// Key are the columns that identify a row, positions in Columns. It is empty when the table has no key; then whatever
	// the source sends of the old row identifies it.
	Key []int
	// Partial says that a filter selects the rows: an update may bring a row in or take it out, so that the row it
	// concerns need not be in the target.
	Partial bool
	// Keeps says that rows stay that are deleted: After of a deletion tells how. So a row that comes in may find such a one under its
	// key, whose place it takes.
	Keeps bool
	// Swaps says that the source lets rows take unique values of each other within one statement: they are put in anew, since most
	// targets look at every row by itself. Twice says that so may the values of Key, so that it may name two rows in between.
	Swaps, Twice bool
	Stats        *TableStats

	every     []int // the positions of all columns
	suspended atomic.Pointer[string]
}

// NewTable describes a table.
func NewTable(number int, source, target *catalog.Table, columns []connector.LoadColumn, key []int) *Table {
	return &Table{Number: number, Source: source, Target: target, Columns: columns, Key: key, every: seq(len(columns))}
}

// Suspended tells why the table is no longer applied; empty while it is.
func (t *Table) Suspended() string {
	if why := t.suspended.Load(); why != nil {
		return *why
	}
	return ""
}

// Suspend gives the table up.
func (t *Table) Suspend(why string) {
	t.suspended.Store(&why)
	t.Stats.Suspend(why)
}

// Resume takes the table up again, after it was loaded anew.
func (t *Table) Resume() {
	t.suspended.Store(nil)
	t.Stats.Suspend("")
}
