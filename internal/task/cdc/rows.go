package cdc

import (
	"fmt"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// convert turns the changes of Group.Tables[i] into changes of the target's table: those that the filter takes, with
// rows as the transformation makes them.
func (t *Table) convert(w *apply.Work, i int, n *numbering) error {
	c := w.Group.Tables[i]
	if t.filter != nil {
		t.keepMatching(c)
	}
	if t.transform == nil {
		return nil
	}
	if err := t.transformRows(w, i, c, &c.New, c.After, n); err != nil {
		return err
	}
	return t.transformRows(w, i, c, &c.Old, c.Before, n)
}

// transformRows transforms New or Old; rows says, for each change, which row of the batch is its own. The changes of rows
// that are rejected leave.
func (t *Table) transformRows(w *apply.Work, i int, c *change.Changes, b *change.Batch, rows []int32, number *numbering) error {
	if b.Rows() == 0 {
		t.retype(b)
		return nil
	}
	unknown := t.unknown(b)
	owner := make([]int, b.Rows()) // the change of each row
	for change, row := range rows {
		if row >= 0 {
			owner[row] = change
		}
	}
	reject := func(r change.Reject) error {
		w.Reject(i, c.Ops[owner[t.transform.Row()]], r)
		return nil
	}
	if len(t.ofChanges) > 0 {
		t.transform.ChangeOf = func(row int) expr.Change {
			n := owner[row]
			return t.describe(w.Group, c, n, number)
		}
	}
	if t.before && b == &c.New {
		t.transform.BeforeOf = t.beforeOf(c, owner)
		defer func() { t.transform.BeforeOf = nil }()
	}
	if err := t.transform.Apply(b, reject); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	gone := t.transform.Gone()
	t.markUnknown(w, i, c, b, unknown, gone, owner)
	leave(c, rows, gone)
	if b == &c.Old {
		if t.Keeps {
			t.markDeleted(c)
		}
		t.forgetChange(b)
	}
	return nil
}

// describe tells expressions of a change.
func (t *Table) describe(g *change.Group, c *change.Changes, n int, number *numbering) expr.Change {
	transaction := g.TransactionOf(c.Seq[n])
	d := expr.Change{Op: c.Ops[n], Committed: g.CommitTime(transaction)}
	if t.places {
		d.Place = g.PlaceOf(transaction)
	}
	if t.numbers {
		d.Number = number.of(c.Seq[n], transaction)
	}
	return d
}

// beforeOf finds the values that the rows of New had before. A key that was not sent is as it was.
func (t *Table) beforeOf(c *change.Changes, owner []int) func(row, column int) (*change.Vector, int, bool) {
	key := map[int]bool{}
	for _, k := range t.Key {
		for _, s := range t.sources[k] {
			key[s] = true
		}
	}
	return func(row, column int) (*change.Vector, int, bool) {
		n := owner[row]
		switch before := int(c.Before[n]); {
		case c.Ops[n] == change.Insert:
			return nil, 0, true
		case before != change.None:
			v := &c.Old.Columns[column]
			return v, before, !v.IsAbsent(before)
		case key[column]:
			v := &c.New.Columns[column]
			return v, row, !v.IsAbsent(row)
		default:
			return nil, 0, false
		}
	}
}

// markDeleted has rows stay that are deleted: their columns that tell of it are set, all others left alone.
func (t *Table) markDeleted(c *change.Changes) {
	for i, op := range c.Ops {
		if op != change.Delete {
			continue
		}
		for column := range c.New.Columns {
			v := &c.New.Columns[column]
			if slices.Contains(t.Key, column) || slices.Contains(t.ofDeletion, column) {
				v.AppendFrom(&c.Old.Columns[column], int(c.Before[i]))
			} else {
				v.AppendAbsent()
			}
		}
		c.New.EndRow()
		c.After[i] = int32(c.New.Rows() - 1)
	}
}

// retype gives an empty batch the columns of the target.
func (t *Table) retype(b *change.Batch) {
	layouts := make([]change.Layout, len(t.Columns))
	for i, c := range t.Columns {
		layouts[i] = c.Layout
	}
	b.Reset(layouts)
}

// unknown notes which values of which source columns are absent, before the transformation loses sight of it: for each
// target column that is made rather than moved, by row, whether all, some or none of what it is made from is absent.
func (t *Table) unknown(b *change.Batch) [][]knowledge {
	any := false
	for i := range b.Columns {
		any = any || b.Columns[i].HasAbsent()
	}
	if !any {
		return nil
	}
	out := make([][]knowledge, len(t.sources))
	for column, sources := range t.sources {
		if t.moved[column] || len(sources) == 0 {
			continue
		}
		out[column] = make([]knowledge, b.Rows())
		for row := range out[column] {
			absent := 0
			for _, s := range sources {
				if b.Columns[s].IsAbsent(row) {
					absent++
				}
			}
			switch absent {
			case 0:
			case len(sources):
				out[column][row] = nothing
			default:
				out[column][row] = partly
			}
		}
	}
	return out
}

// knowledge is how much is known of what a value is made from.
type knowledge uint8

const (
	everything knowledge = iota
	partly
	nothing
)

// markUnknown makes values absent whose sources were, and rejects rows of which a value cannot be told: an expression over
// a column that has changed and one that was not sent.
func (t *Table) markUnknown(w *apply.Work, i int, c *change.Changes, b *change.Batch, unknown [][]knowledge, gone []bool, owner []int) {
	for column, rows := range unknown {
		at := 0
		for row, k := range rows {
			if gone[row] {
				continue
			}
			if k == partly && b == &c.New {
				w.Reject(i, c.Ops[owner[row]], change.Reject{
					Fault: change.DataFault, Column: t.Columns[column].Column.Name, Key: t.keyText(b, at),
					Reason: "the value is computed from a column that the source did not send with the change; have it log whole rows (REPLICA IDENTITY FULL, binlog_row_image=FULL)",
				})
			}
			if k != everything {
				b.Columns[column].SetAbsent(at)
			}
			at++
		}
	}
}

// forgetChange makes the columns absent that another change has filled: what is in the target now is not known from this one.
func (t *Table) forgetChange(old *change.Batch) {
	for _, column := range t.ofChanges {
		if slices.Contains(t.Key, column) {
			continue
		}
		for row := range old.Rows() {
			old.Columns[column].SetAbsent(row)
		}
	}
}

func (t *Table) keyText(b *change.Batch, row int) string {
	names := make([]string, len(t.Key))
	for i, k := range t.Key {
		names[i] = t.Columns[k].Column.Name
	}
	return change.KeyText(b, row, names, t.Key)
}

// leave takes out the changes whose rows are gone and numbers the rows of the others anew. rows is c.After or c.Before.
func leave(c *change.Changes, rows []int32, gone []bool) {
	renumbered := make([]int32, len(gone))
	next := int32(0)
	for row := range gone {
		renumbered[row] = next
		if !gone[row] {
			next++
		}
	}
	if int(next) == len(gone) {
		return
	}
	c.Keep(func(i int) bool {
		row := rows[i]
		if row == change.None {
			return true
		}
		if gone[row] {
			return false
		}
		rows[i] = renumbered[row]
		return true
	})
}
