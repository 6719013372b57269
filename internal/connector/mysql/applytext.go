package mysql

import (
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// deletesPerStatement bounds the keys of one DELETE: the servers' optimizers give up on an index for too long a list.
const deletesPerStatement = 500

// sendText sends the set as statements with the values in them: INSERTs of many rows, DELETEs of many keys where a key
// is one column, and for the rest one statement per row, many of them in one command.
func (w *applyWriter) sendText(st *applyStatement, s *connector.RowSet) error {
	t := &textWriter{applyWriter: w, st: st, rows: s.Rows, keys: st.keyBatch(s)}
	one := t.statement
	switch {
	case st.op == change.Insert || st.upsert != "":
		one = t.insert
		t.head = st.insertHead()
	case st.op == change.Delete && st.unique && len(st.key) == 1:
		one = t.deleteOne
		t.head = "DELETE FROM " + quoteTable(st.table) + " WHERE " + quoteIdent(st.key[0].name) + " IN ("
	case st.op == change.Delete:
		t.head = "DELETE FROM " + quoteTable(st.table) + " WHERE "
	default:
		t.head = "UPDATE " + quoteTable(st.table) + " SET "
	}
	w.buf = wire.Statement(w.buf[:0])
	t.start = len(w.buf)
	for i := range s.Len() {
		mark, listed := len(w.buf), t.listed
		if err := one(i); err != nil {
			return err
		}
		if crowds(w.buf, mark, t.start) {
			w.buf, t.listed = w.buf[:mark], listed
			if err := t.flush(); err != nil {
				return err
			}
			if err := one(i); err != nil {
				return err
			}
		}
		if len(w.buf) >= applyBytes {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return t.flush()
}

// textWriter writes the statements of one set.
type textWriter struct {
	*applyWriter
	st         *applyStatement
	rows, keys *change.Batch
	head       string
	start      int
	listed     int // rows in the statement being written
}

func (t *textWriter) flush() error {
	if len(t.buf) == t.start {
		return nil
	}
	t.endList()
	err := t.dispatch()
	t.buf = wire.Statement(t.buf[:0])
	return err
}

// endList closes the list of a DELETE or an INSERT.
func (t *textWriter) endList() {
	switch {
	case t.listed > 0 && t.st.op == change.Delete:
		t.buf = append(t.buf, ')')
	case t.listed > 0:
		t.buf = append(t.buf, t.st.upsert...)
	}
	t.listed = 0
}

func (t *textWriter) insert(i int) error {
	if t.listed == 0 {
		t.buf = append(t.buf, t.head...)
	} else {
		t.buf = append(t.buf, ',')
	}
	t.listed++
	t.buf = append(t.buf, '(')
	for k := range t.st.set {
		c := &t.st.set[k]
		if k > 0 {
			t.buf = append(t.buf, ',')
		}
		v := &t.rows.Columns[c.at]
		if v.IsAbsent(i) {
			t.buf = append(t.buf, "DEFAULT"...)
			continue
		}
		var err error
		if t.buf, err = c.appendLiteral(t.buf, v, i); err != nil {
			return err
		}
	}
	t.buf = append(t.buf, ')')
	return nil
}

func (t *textWriter) deleteOne(i int) error {
	if t.listed == deletesPerStatement {
		t.endList()
		t.buf = append(t.buf, "; "...)
	}
	if t.listed == 0 {
		t.buf = append(t.buf, t.head...)
	} else {
		t.buf = append(t.buf, ',')
	}
	t.listed++
	c := &t.st.key[0]
	var err error
	t.buf, err = c.appendLiteral(t.buf, &t.keys.Columns[c.at], i)
	return err
}

// statement writes an UPDATE or a DELETE of one row.
func (t *textWriter) statement(i int) error {
	if len(t.buf) > t.start {
		t.buf = append(t.buf, "; "...)
	}
	t.buf = append(t.buf, t.head...)
	if t.st.op == change.Update {
		if err := t.assignments(i); err != nil {
			return err
		}
		t.buf = append(t.buf, " WHERE "...)
	}
	for k := range t.st.key {
		if k > 0 {
			t.buf = append(t.buf, " AND "...)
		}
		c := &t.st.key[k]
		value, err := c.appendLiteral(nil, &t.keys.Columns[c.at], i)
		if err != nil {
			return err
		}
		t.buf = append(t.buf, c.equals(string(value), t.st.unique)...)
	}
	t.buf = append(t.buf, t.st.limit()...)
	return nil
}

func (t *textWriter) assignments(i int) error {
	first := true
	for k := range t.st.set {
		c := &t.st.set[k]
		v := &t.rows.Columns[c.at]
		if v.IsAbsent(i) {
			continue
		}
		if !first {
			t.buf = append(t.buf, ',')
		}
		first = false
		t.buf = append(append(t.buf, quoteIdent(c.name)...), '=')
		var err error
		if t.buf, err = c.appendLiteral(t.buf, v, i); err != nil {
			return err
		}
	}
	if first {
		name := quoteIdent(t.st.key[0].name)
		t.buf = append(append(append(t.buf, name...), '='), name...)
	}
	return nil
}
