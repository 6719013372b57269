package cdc

import (
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

// convert turns the changes of Group.Tables[i] into changes of the target's table: those that the filter takes, with
// rows as the transformation makes them.
func (t *Table) convert(w *apply.Work, i int) error {
	c := w.Group.Tables[i]
	if t.filter != nil {
		t.filter.apply(t, c)
	}
	if t.transform == nil {
		return nil
	}
	if err := t.transformRows(w, i, c, &c.New, c.After); err != nil {
		return err
	}
	return t.transformRows(w, i, c, &c.Old, c.Before)
}

// transformRows transforms New or Old; rows says, for each change, which row of the batch is its own. The changes of rows
// that are rejected leave.
func (t *Table) transformRows(w *apply.Work, i int, c *change.Changes, b *change.Batch, rows []int32) error {
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
		t.transform.ChangeOf = func(row int) (change.Op, time.Time) {
			n := owner[row]
			return c.Ops[n], w.Group.Committed(c.Seq[n])
		}
	}
	if err := t.transform.Apply(b, reject); err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	gone := t.transform.Gone()
	t.markUnknown(w, i, c, b, unknown, gone, owner)
	if b == &c.Old {
		t.forgetChange(b)
	}
	leave(c, rows, gone)
	return nil
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
