package sqlite

import (
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// moves carries out the updates that have found a unique value taken. Rows of one set may take each other's place (every
// key grows by one, two swap theirs), which SQLite refuses row by row. So those in the way of one another wait for the
// others as long as that brings any of them further, and then one after another steps aside to open the circle: it is
// taken out of the table whole and put back, changed, when all the others are done.
func (w *setWriter) moves(waiting []int, why error) error {
	a := asides{writer: w}
	defer a.end()
	for len(waiting) > 0 {
		var again []int
		for _, row := range waiting {
			err := w.row(row)
			if err != nil && !isTaken(err) {
				return err
			}
			if err != nil {
				again, why = append(again, row), err
			}
		}
		if len(again) == len(waiting) {
			if len(again) == 1 && a.rows == nil {
				return why // nobody of the set is in its way
			}
			if err := a.take(again[0]); err != nil {
				return err
			}
			again = again[1:]
		}
		waiting = again
	}
	return a.putBack()
}

// asides are the rows that have stepped aside, whole, in SQLite's own encoding.
type asides struct {
	writer *setWriter
	rows   []int // of the set
	whole  change.Batch
	arena  arena
	names  []string // of the columns of whole
	read   *plan
	remove *plan
}

func (a *asides) end() {
	a.arena.free()
	for _, p := range []*plan{a.read, a.remove} {
		if p != nil && p.stmt != nil {
			p.stmt.finalize()
		}
	}
}

// prepare makes the statements that read and remove the row that a change of the set identifies.
func (a *asides) prepare() error {
	set := a.writer.set
	var layouts []change.Layout
	for _, c := range set.Table.Columns {
		if c.Generated == "" {
			a.names, layouts = append(a.names, c.Name), append(layouts, change.Native)
		}
	}
	a.whole.Reset(layouts)
	table := quote(set.Table.Name.Name)
	for verb, to := range map[string]**plan{"SELECT " + columnList(a.names) + " FROM ": &a.read, "DELETE FROM ": &a.remove} {
		p := planner{set: set, plan: &plan{rows: a.writer.plan.rows, old: a.writer.plan.old}}
		where, err := p.where(table)
		if err != nil {
			return err
		}
		if p.plan.stmt, err = a.writer.conn.prepare(verb + table + where); err != nil {
			return err
		}
		*to = p.plan
	}
	return nil
}

// take removes the row of a change from the table.
func (a *asides) take(row int) error {
	if a.rows == nil {
		if err := a.prepare(); err != nil {
			return err
		}
	}
	a.rows = append(a.rows, row)
	w := *a.writer
	w.plan = a.read
	if err := w.bind(row); err != nil {
		return err
	}
	s := a.read.stmt
	more, err := s.step()
	if err != nil {
		return err
	}
	if more {
		for i := range a.names {
			decode(s, i, change.Native, &a.whole.Columns[i])
		}
		a.whole.EndRow()
	} else { // it was refused, so it is there
		a.rows = a.rows[:len(a.rows)-1]
	}
	s.reset()
	w.plan = a.remove
	return w.row(row)
}

// putBack inserts the rows as their changes want them.
func (a *asides) putBack() error {
	if len(a.rows) == 0 {
		return nil
	}
	w := a.writer
	s, err := w.conn.prepare("INSERT OR ABORT INTO " + quote(w.set.Table.Name.Name) + " (" + quoteAll(a.names) + ") VALUES (?" +
		strings.Repeat(",?", len(a.names)-1) + ")")
	if err != nil {
		return err
	}
	defer s.finalize()
	columns := make([]column, len(a.names))
	for i, name := range a.names {
		columns[i] = column{name: name, layout: change.Native}
	}
	if err := stageFor(w.conn, &a.arena, &a.whole, columns); err != nil {
		return err
	}
	for i, row := range a.rows {
		for k := range columns {
			if err := a.bind(s, columns, k, i, row); err != nil {
				return err
			}
		}
		rc := lib.Xsqlite3_step(s.c.tls, s.p)
		if rc != lib.SQLITE_DONE {
			err := w.refused(row, "", s.c.failure(rc))
			s.reset()
			return err
		}
		s.reset()
		w.affected++
	}
	return nil
}

// bind binds column k of a row that comes back: the change's value, or what the row had.
func (a *asides) bind(s *stmt, columns []column, k, i, row int) error {
	w := a.writer
	for n := range w.plan.rows {
		v := &w.set.Rows.Columns[n]
		if w.plan.rows[n].name != columns[k].name || v.IsAbsent(row) {
			continue
		}
		if v.IsNull(row) {
			s.bindNull(k)
			return nil
		}
		if why := w.plan.rows[n].bind(s, k, v, row); why != "" {
			return w.unfit(row, n, why)
		}
		return nil
	}
	v := &a.whole.Columns[k]
	if v.IsNull(i) {
		s.bindNull(k)
	} else {
		columns[k].bind(s, k, v, i)
	}
	return nil
}
