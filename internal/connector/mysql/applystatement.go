package mysql

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/wire"
)

// applyStatement carries out the sets of one shape: the same operation on the same columns of a table.
type applyStatement struct {
	op     change.Op
	table  catalog.Name
	unique bool
	// set are given values, from Rows; key tell which row is meant, from Old if moved, else from Rows.
	set, key []applyColumn
	moved    bool

	// The statement for many rows: its number at the server, 0 while it is not prepared, and its parameters' types.
	id     uint32
	params []wire.Param
	// plain says that a column needs more than a parameter, so that the values are written into the text.
	plain bool
	// upsert is what follows the row of an INSERT that is to meet a row, for an update: see mayUpsert. Where rows have
	// been missing, wait counts the sets that are written otherwise until it is tried again.
	upsert string
	wait   int
}

// upsertPause is how many sets are updated one row at a time after rows were missing.
const upsertPause = 64

// mayTryAgain counts down wait.
func (st *applyStatement) mayTryAgain() bool {
	if st.wait > 0 {
		st.wait--
		return false
	}
	return true
}

// asUpsert turns an update into an INSERT … ON DUPLICATE KEY UPDATE. MySQL warns of the function VALUES; what names the row instead must not be
// the table's own name.
func (st *applyStatement) asUpsert(f Flavour) {
	if st.upsert != "" {
		return
	}
	head, value := " ON DUPLICATE KEY UPDATE ", "VALUES(%s)"
	if f == MySQL {
		head, value = " AS awsdms_row ON DUPLICATE KEY UPDATE ", "awsdms_row.%s"
	}
	terms := make([]string, len(st.set))
	for i := range st.set {
		name := quoteIdent(st.set[i].name)
		terms[i] = name + "=" + fmt.Sprintf(value, name)
	}
	if len(st.set) > 0 && st.set[0].name != st.key[0].name {
		st.set = append(append([]applyColumn(nil), st.set...), st.key...)
	}
	st.key = nil
	st.upsert = head + strings.Join(terms, ",")
	st.params = st.params[:0]
	for i := range st.set {
		st.params = append(st.params, st.set[i].param)
	}
}

// shapeOf names the statement that a set needs.
func shapeOf(s *connector.RowSet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %t %q %q", s.Op, s.Unique, s.Table.Name.Schema, s.Table.Name.Name)
	for _, columns := range [][]connector.LoadColumn{s.Columns, s.OldColumns} {
		b.WriteByte('/')
		for _, c := range columns {
			fmt.Fprintf(&b, "%q %d,", c.Column.Name, c.Layout)
		}
	}
	fmt.Fprint(&b, s.Key)
	return b.String()
}

// newApplyStatement plans the statement for a set.
func newApplyStatement(s *connector.RowSet, known map[string]columnInfo) (*applyStatement, error) {
	st := &applyStatement{op: s.Op, table: s.Table.Name, unique: s.Unique, moved: len(s.OldColumns) > 0}
	identifying := s.Columns
	if st.moved {
		identifying = s.OldColumns
	}
	isKey := make([]bool, len(identifying))
	if s.Op != change.Insert {
		if len(s.Key) == 0 {
			return nil, invalid(fmt.Errorf("%s of %s: no column identifies a row", s.Op, s.Table.Name), "")
		}
		for _, k := range s.Key {
			c, err := st.column(identifying[k], known, k)
			if err != nil {
				return nil, err
			}
			isKey[k] = true
			st.key = append(st.key, c)
		}
	}
	if s.Op == change.Delete {
		return st.finish(), nil
	}
	for i, lc := range s.Columns {
		c, err := st.column(lc, known, i)
		if err != nil {
			return nil, err
		}
		if c.assignable() && (s.Op == change.Insert || st.moved || !isKey[i]) {
			st.set = append(st.set, c)
		}
	}
	if s.Op == change.Update && len(st.set) == 0 {
		// Nothing changes, but the row is looked for.
		st.set = st.key
	}
	return st.finish(), nil
}

func (st *applyStatement) column(c connector.LoadColumn, known map[string]columnInfo, at int) (applyColumn, error) {
	info, ok := known[strings.ToLower(c.Column.Name)]
	if !ok {
		return applyColumn{}, &connector.Error{Class: connector.Missing, Err: fmt.Errorf("table %s has no column %s", st.table, c.Column.Name)}
	}
	return newApplyColumn(c, info, at)
}

func (st *applyStatement) finish() *applyStatement {
	for _, cs := range [][]applyColumn{st.set, st.key} {
		for i := range cs {
			st.plain = st.plain || !cs[i].takesParam()
			st.params = append(st.params, cs[i].param)
		}
	}
	if st.op == change.Insert && len(st.set) == 0 {
		st.plain = true
	}
	return st
}

// text is the statement with question marks.
func (st *applyStatement) text() string {
	if st.op == change.Insert || st.upsert != "" {
		return st.insertHead() + "(" + strings.TrimSuffix(strings.Repeat("?,", len(st.set)), ",") + ")" + st.upsert
	}
	switch st.op {
	case change.Update:
		var b strings.Builder
		b.WriteString("UPDATE " + quoteTable(st.table) + " SET ")
		for i := range st.set {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoteIdent(st.set[i].name) + "=?")
		}
		return b.String() + st.where()
	default:
		return "DELETE FROM " + quoteTable(st.table) + st.where()
	}
}

func (st *applyStatement) insertHead() string {
	names := make([]string, len(st.set))
	for i := range st.set {
		names[i] = st.set[i].name
	}
	return "INSERT INTO " + quoteTable(st.table) + " (" + quoteIdents(names) + ") VALUES "
}

func (st *applyStatement) where() string {
	terms := make([]string, len(st.key))
	for i := range st.key {
		terms[i] = st.key[i].equals("?", st.unique)
	}
	return " WHERE " + strings.Join(terms, " AND ") + st.limit()
}

// limit sees to it that of several equal rows just one is changed.
func (st *applyStatement) limit() string {
	if st.unique {
		return ""
	}
	return " LIMIT 1"
}

// keyBatch is where the values of the key come from.
func (st *applyStatement) keyBatch(s *connector.RowSet) *change.Batch {
	if st.moved {
		return s.Old
	}
	return s.Rows
}
