package apply

import (
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// sets builds row sets. Their batches are its own and are used again after reset.
type sets struct {
	list []connector.RowSet
	// origin[i] is the table of list[i].
	origin  []*Table
	batches []*change.Batch
	used    int
}

func (s *sets) reset() {
	s.list, s.origin, s.used = s.list[:0], s.origin[:0], 0
}

// letGo keeps buffers of so many bytes at the most.
func (s *sets) letGo(most int) {
	for _, b := range s.batches {
		if n := b.Held(); n <= most {
			most -= n
		} else {
			*b = change.Batch{}
		}
	}
}

// batch lends an empty batch for some of the columns of a table; nil picks all.
func (s *sets) batch(columns []connector.LoadColumn) *change.Batch {
	if s.used == len(s.batches) {
		s.batches = append(s.batches, &change.Batch{})
	}
	b := s.batches[s.used]
	s.used++
	layouts := make([]change.Layout, len(columns))
	for i, c := range columns {
		layouts[i] = c.Layout
	}
	b.Reset(layouts)
	return b
}

func (s *sets) add(t *Table, set connector.RowSet) {
	if set.Len() == 0 {
		return
	}
	s.list = append(s.list, set)
	s.origin = append(s.origin, t)
}

// pick returns some of the columns of a table.
func (t *Table) pick(columns []int) []connector.LoadColumn {
	out := make([]connector.LoadColumn, len(columns))
	for i, c := range columns {
		out[i] = t.Columns[c]
	}
	return out
}

// keyIn finds the key among some of the columns.
func (t *Table) keyIn(columns []int) []int {
	out := make([]int, 0, len(t.Key))
	for _, k := range t.Key {
		for i, c := range columns {
			if c == k {
				out = append(out, i)
			}
		}
	}
	return out
}

// deletes makes the set of the rows that are gone. Where rows stay that are deleted, one may stand wherever another has come in.
func (s *sets) deletes(f *fold) {
	t := f.table
	columns := t.pick(t.Key)
	set := connector.RowSet{Op: change.Delete, Table: t.Target, OldColumns: columns, Unique: true}
	for i := range f.entries {
		if e := &f.entries[i]; e.was && (!e.is || f.anew(e)) || t.Keeps && !e.was {
			if set.Old == nil {
				set.Old, set.Key = s.batch(columns), seq(len(columns))
			}
			copyRow(set.Old, e.key.batch, int(e.key.row), t.Key)
		}
	}
	if set.Old != nil {
		s.add(t, set)
	}
}

// holdsWhole reports whether all values of a row that was changed are known.
func (f *fold) holdsWhole(e *entry) bool {
	return e.is && e.row != change.None && f.wholeChain(e.row)
}

// inserts makes the set of the rows that are new. Where a filter selects rows, whatever is known whole is put in anew: nobody
// can say whether the row had been selected before.
// A row that was written before a column came into being does not tell it: it gets the column's default then.
func (s *sets) inserts(f *fold) {
	t := f.table
	shapes := f.shapes(f.inserted)
	for shape := range shapes.count() {
		columns := shapes.columns(shape)
		picked := t.pick(columns)
		set := connector.RowSet{Op: change.Insert, Table: t.Target, Columns: picked, Key: t.keyIn(columns), Unique: true}
		for i := range f.entries {
			e := &f.entries[i]
			if !f.inserted(e) || shapes.of(i) != shape {
				continue
			}
			if set.Rows == nil {
				set.Rows = s.batch(picked)
			}
			f.copyNewest(set.Rows, e.row, columns)
		}
		if set.Rows != nil {
			s.add(t, set)
		}
	}
}

// inserted reports whether a row comes in.
func (f *fold) inserted(e *entry) bool {
	return e.is && e.row != change.None && (!e.was || f.anew(e))
}

// updates makes a set of the changed rows for each combination of columns that are known.
func (s *sets) updates(f *fold) {
	t := f.table
	shapes := f.shapes(f.updated)
	for shape := range shapes.count() {
		columns := shapes.columns(shape)
		if len(columns) == len(t.Key) { // nothing to set
			continue
		}
		picked := t.pick(columns)
		set := connector.RowSet{Op: change.Update, Table: t.Target, Columns: picked, Key: t.keyIn(columns), Unique: true}
		for i := range f.entries {
			e := &f.entries[i]
			if !f.updated(e) || shapes.of(i) != shape {
				continue
			}
			if set.Rows == nil {
				set.Rows = s.batch(picked)
			}
			f.copyNewest(set.Rows, e.row, columns)
		}
		if set.Rows != nil {
			s.add(t, set)
		}
	}
}

// updated reports whether what becomes of a row is an update.
func (f *fold) updated(e *entry) bool {
	return e.was && e.is && e.row != change.None && !f.anew(e)
}

// copyNewest appends a row, each value from where it is newest. nil copies every column.
func (f *fold) copyNewest(to *change.Batch, row int32, columns []int) {
	from := &f.changes.New
	n := len(to.Columns)
	for i := range n {
		c := i
		if columns != nil {
			c = columns[i]
		}
		to.Columns[i].AppendFrom(&from.Columns[c], int(f.holder(c, row)))
	}
	to.EndRow()
}

// copyRow appends some columns of a row.
func copyRow(to, from *change.Batch, row int, columns []int) {
	for i, c := range columns {
		to.Columns[i].AppendFrom(&from.Columns[c], row)
	}
	to.EndRow()
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
