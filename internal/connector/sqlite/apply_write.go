package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Write implements connector.ApplySession.
func (s *session) Write(ctx context.Context, sets []connector.RowSet) ([]int64, error) {
	affected := make([]int64, len(sets))
	err := s.inside(ctx, "apply changes", func(c *conn) error {
		for i := range sets {
			n, err := s.set(c, &sets[i])
			if err != nil {
				return fmt.Errorf("%s of table %s: %w", sets[i].Op, sets[i].Table.Name, err)
			}
			affected[i] = n
		}
		return nil
	})
	return affected, err
}

// set carries out one set.
func (s *session) set(c *conn, set *connector.RowSet) (int64, error) {
	p, err := s.plans.get(c, set, set.Op == change.Update && mayLack(set.Rows))
	if err != nil {
		return 0, err
	}
	if err := stageFor(c, &s.rows, set.Rows, p.rows); err != nil {
		return 0, err
	}
	if err := stageFor(c, &s.old, set.Old, p.old); err != nil {
		return 0, err
	}
	defer runtime.KeepAlive(set)
	w := setWriter{conn: c, set: set, plan: p}
	var taken []int
	var first error
	for row := range set.Len() {
		err := w.row(row)
		switch {
		case err != nil && set.Op == change.Update && isTaken(err):
			taken = append(taken, row)
			first = cmp.Or(first, err)
		case err != nil:
			return 0, err
		}
	}
	if len(taken) > 0 {
		err = w.moves(taken, first)
	}
	return w.affected, err
}

func mayLack(b *change.Batch) bool {
	for i := range b.Columns {
		if b.Columns[i].HasAbsent() {
			return true
		}
	}
	return false
}

// stageFor puts the values of a batch where the columns can bind them.
func stageFor(c *conn, a *arena, b *change.Batch, columns []column) error {
	if len(columns) == 0 {
		return nil
	}
	a.tls, a.room = c.tls, len(columns)*scratchSize
	return a.stage(b, columns)
}

// setWriter carries out the changes of one set, one by one.
type setWriter struct {
	conn     *conn
	set      *connector.RowSet
	plan     *plan
	affected int64
}

// row carries out one change. A constraint that refuses it undoes this one statement only.
func (w *setWriter) row(row int) error {
	if err := w.bind(row); err != nil {
		return err
	}
	s := w.plan.stmt
	rc := lib.Xsqlite3_step(s.c.tls, s.p)
	if rc == lib.SQLITE_DONE {
		w.affected += w.conn.changes()
		s.reset()
		return nil
	}
	err := s.c.failure(rc)
	s.reset()
	if isRefusal(rc) {
		return w.refused(row, "", err)
	}
	return err
}

// bind binds the parameters of the plan's statement to the values of a change.
func (w *setWriter) bind(row int) error {
	s := w.plan.stmt
	for i, p := range w.plan.params {
		columns, batch := w.plan.rows, w.set.Rows
		if p.old {
			columns, batch = w.plan.old, w.set.Old
		}
		v := &batch.Columns[p.column]
		switch {
		case p.isAbsent:
			s.bindInt(i, 0)
			if v.IsAbsent(row) {
				s.bindInt(i, 1)
			}
		case v.IsNull(row):
			s.bindNull(i)
		default:
			if why := columns[p.column].bind(s, i, v, row); why != "" {
				return w.refused(row, columns[p.column].name, fmt.Errorf("%s: %s", why, showValue(v, row)))
			}
		}
	}
	return nil
}

// unfit is the error of a new row whose column n cannot hold its value.
func (w *setWriter) unfit(row, n int, why string) error {
	return w.refused(row, w.plan.rows[n].name, fmt.Errorf("%s: %s", why, showValue(&w.set.Rows.Columns[n], row)))
}

// refused wraps the error of a row that cannot be as it should be with the row's key.
func (w *setWriter) refused(row int, column string, err error) error {
	if column != "" {
		column = ", column " + column
	}
	return &connector.Error{Class: connector.Data, Err: fmt.Errorf("row (%s)%s: %w", w.key(row), column, err)}
}

// key names a change by what identifies its row.
func (w *setWriter) key(row int) string {
	columns, batch := w.plan.old, w.set.Old
	if len(columns) == 0 {
		columns, batch = w.plan.rows, w.set.Rows
	}
	var parts []string
	for i := range columns {
		if k := w.set.Table.PrimaryKey; len(w.set.Key) == 0 && k != nil && !slices.Contains(k.Columns, columns[i].name) {
			continue
		}
		if len(w.set.Key) > 0 && !slices.Contains(w.set.Key, i) {
			continue
		}
		parts = append(parts, columns[i].name+"="+showValue(&batch.Columns[i], row))
		if len(parts) == 8 {
			break
		}
	}
	return strings.Join(parts, ", ")
}
