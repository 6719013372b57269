package mysql

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	gomysql "github.com/go-mysql-org/go-mysql/mysql"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/mysql/binlog"
)

// followedTable is a table whose changes are followed.
type followedTable struct {
	connector.Followed
	layouts []change.Layout
	// lost says that its changes cannot be read any more; nothing of it is delivered.
	lost bool
	// since is where the table's rows in the target come from; its file is empty when nothing is to be left out.
	since position
}

func follow(f connector.Followed, mariadb bool) (*followedTable, error) {
	t := &followedTable{Followed: f}
	for _, c := range f.Columns {
		if _, err := decoderFor(c); err != nil {
			return nil, err
		}
		t.layouts = append(t.layouts, c.Layout)
	}
	var err error
	if f.Since != "" {
		t.since, err = parsePosition(f.Since, mariadb)
	}
	return t, err
}

// has reports whether what is read now is in the target already.
func (t *followedTable) has(tx *transaction, at position) bool {
	if t.Since == "" {
		return false
	}
	if tx.hasGTID && t.since.gtids != nil && !t.since.gtids.empty() {
		switch set := t.since.gtids.(type) {
		case *mariaSet:
			return set.contains(&mariaSet{tx.maria})
		case *mySet:
			empty := gomysql.NewMysqlGTIDSet()
			one := &mySet{MysqlGTIDSet: &empty}
			one.add(tx.my)
			return set.contains(one)
		}
	}
	past, err := comparePositions(at, position{file: t.since.file, offset: t.since.offset})
	return err == nil && past <= 0
}

// tablePlan is how the rows of a table map are decoded.
type tablePlan struct {
	table *followedTable
	// columns are those of the log; keyed says whether any is marked as key, all whether the whole row identifies.
	columns []logColumn
	order   []int // vector -> logged column, -1 for a column that is not logged
	keyed   bool
	rowEnd  int // logged column that ends a version of a row in a system-versioned table; -1 for none
	before  [][]byte
	after   [][]byte
	// json is the number of JSON columns; diffs says which of them are differences in the row after.
	json  int
	diffs []bool
	// defaults are the values of columns that inserts leave out, of a row each; nil where none has been left out yet.
	defaults []*change.Vector
}

// newTablePlan matches the logged columns with those of the table: by name where the log names them, else by place.
func newTablePlan(t *followedTable, m *binlog.TableMap, cs *charsets) (*tablePlan, error) {
	p := &tablePlan{
		table: t, order: make([]int, len(t.Columns)), rowEnd: -1,
		before: make([][]byte, len(m.Columns)), after: make([][]byte, len(m.Columns)), columns: make([]logColumn, len(m.Columns)),
	}
	for i := range p.order {
		p.order[i] = -1
	}
	p.diffs = make([]bool, len(m.Columns))
	hidden := hiddenColumns(t.Table)
	if m.Names == nil && len(m.Columns) != len(t.Table.Columns)+hidden {
		return nil, fmt.Errorf("the log has rows of %d columns, the table is known with %d", len(m.Columns), len(t.Table.Columns))
	}
	key := identity(t.Table)
	for i := range m.Columns {
		if m.Columns[i].Real == binlog.TypeJSON {
			p.json++
		}
		if i >= len(m.Columns)-hidden {
			p.columns[i], p.rowEnd = logColumn{Column: m.Columns[i], vector: -1}, i
			continue
		}
		of := t.columnAt(m, i)
		if of == nil {
			p.columns[i] = logColumn{Column: m.Columns[i], vector: -1}
			continue
		}
		vector := slices.IndexFunc(t.Columns, func(c connector.ReadColumn) bool { return c.Column.Name == of.Name })
		var want *connector.ReadColumn
		if vector >= 0 {
			want = &t.Columns[vector]
		}
		c, err := newLogColumn(m.Columns[i], of, want, cs)
		if err != nil {
			return nil, err
		}
		c.vector = vector
		c.key = slices.Contains(key, of.Name)
		p.keyed = p.keyed || c.key
		if of.Generated == "ROW END" {
			p.rowEnd = i
		}
		if vector >= 0 {
			p.order[vector] = i
		}
		p.columns[i] = c
	}
	return p, nil
}

// hiddenColumns is how many columns are logged last that no catalog tells of: the bounds of a row's life in a system-versioned table
// that names no columns for them.
func hiddenColumns(t *catalog.Table) int {
	if t.Native[nativeVersioned] == "" || slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return c.Generated == "ROW END" }) {
		return 0
	}
	return 2
}

func (t *followedTable) columnAt(m *binlog.TableMap, i int) *catalog.Column {
	if m.Names == nil {
		return t.Table.Columns[i]
	}
	for _, c := range t.Table.Columns {
		if strings.EqualFold(c.Name, m.Names[i]) {
			return c
		}
	}
	return nil
}

// identity are the columns that identify a row: the primary key, or else those of all unique keys without nulls.
func identity(t *catalog.Table) []string {
	if t.PrimaryKey != nil {
		return t.PrimaryKey.Columns
	}
	var columns []string
	for _, u := range t.Uniques {
		if allNotNull(t, u.Columns) {
			columns = append(columns, u.Columns...)
		}
	}
	for _, i := range t.Indexes {
		if plain := plainColumns(i); i.Unique && plain != nil && allNotNull(t, plain) {
			columns = append(columns, plain...)
		}
	}
	return columns
}

// image takes one row image apart: values[i] is the value of column i, nil for NULL; what is not in the image is marked
// in its bitmap.
func (p *tablePlan) image(b, present []byte, values [][]byte) (rest []byte, err error) {
	width := 0
	for i := range p.columns {
		if binlog.Present(present, i) {
			width++
		}
	}
	width = (width + 7) / 8
	if len(b) < width {
		return nil, binlog.ErrMalformed
	}
	nulls := b[:width]
	b = b[width:]
	at := 0
	for i := range p.columns {
		values[i] = nil
		if !binlog.Present(present, i) {
			continue
		}
		null := binlog.Present(nulls, at)
		at++
		if null {
			continue
		}
		if values[i], b, err = p.columns[i].cut(b); err != nil {
			return nil, err
		}
		if values[i] == nil {
			values[i] = b[:0]
		}
	}
	return b, nil
}

// partialImage takes the image of a row after apart, of which JSON columns may be differences to the row before.
func (p *tablePlan) partialImage(b, present []byte) (rest []byte, err error) {
	bits, b, err := binlog.PartialImage(b, p.json)
	if err != nil {
		return nil, err
	}
	at := 0
	for i := range p.columns {
		p.diffs[i] = false
		if p.columns[i].Real == binlog.TypeJSON {
			p.diffs[i] = bits != nil && binlog.Present(bits, at) && binlog.Present(present, i)
			at++
		}
	}
	return p.image(b, present, p.after)
}

// rowReader walks through the rows of an event.
type rowReader struct {
	*mapped
	event binlog.RowsEvent
}

// next appends one change to the group.
func (r *rowReader) next(g *change.Group) error {
	p := r.plan
	start := len(r.event.Data)
	var err error
	if r.event.Kind != binlog.Write {
		if r.event.Data, err = p.image(r.event.Data, r.event.Before, p.before); err != nil {
			return err
		}
	}
	switch {
	case r.event.Partial:
		if r.event.Data, err = p.partialImage(r.event.Data, r.event.After); err != nil {
			return err
		}
	case r.event.Kind != binlog.Delete:
		if r.event.Data, err = p.image(r.event.Data, r.event.After, p.after); err != nil {
			return err
		}
	}
	size := start - len(r.event.Data)
	kind := r.event.Kind
	if p.rowEnd >= 0 {
		if kind = p.current(kind); kind == binlog.NoRows {
			return nil
		}
	}
	c := g.Table(p.table.Number, p.table.layouts)
	switch kind {
	case binlog.Write:
		if err := p.appendNew(&c.New, r.event.After, false); err != nil {
			return err
		}
		g.Add(c, change.Insert, true, false, size)
	case binlog.Delete:
		if err := p.appendOld(&c.Old, r.event.Before); err != nil {
			return err
		}
		g.Add(c, change.Delete, false, true, size)
	default:
		moved := p.table.Whole || p.moved(r.event)
		if err := p.appendUpdated(&c.New, &r.event); err != nil {
			return err
		}
		if moved {
			if err := p.appendOld(&c.Old, r.event.Before); err != nil {
				return err
			}
		}
		g.Add(c, change.Update, true, moved, size)
	}
	return nil
}

// moved reports whether an update needs its old row: its key has changed, or there is none.
func (p *tablePlan) moved(e binlog.RowsEvent) bool {
	if !p.keyed {
		return true
	}
	for i := range p.columns {
		if !p.columns[i].key || !binlog.Present(e.After, i) {
			continue
		}
		if !binlog.Present(e.Before, i) || (p.before[i] == nil) != (p.after[i] == nil) || !bytes.Equal(p.before[i], p.after[i]) {
			return true
		}
	}
	return false
}

// appendNew appends the row as it is now. What an update has not logged is absent, but a key that it left alone is
// taken from the row before; what an insert has not is the column's default.
func (p *tablePlan) appendNew(b *change.Batch, present []byte, update bool) error {
	for v, i := range p.order {
		var err error
		switch {
		case i < 0:
			b.Columns[v].AppendAbsent()
		case binlog.Present(present, i):
			err = p.append(&b.Columns[v], i, p.after[i])
		case update && p.columns[i].key:
			err = p.append(&b.Columns[v], i, p.before[i])
		case !update:
			b.Columns[v].AppendFrom(p.defaults[v], 0)
		default:
			b.Columns[v].AppendAbsent()
		}
		if err != nil {
			return err
		}
	}
	b.EndRow()
	return nil
}

// unlogged names a virtual column whose value is wanted and not in rows as they are now: MariaDB leaves those out of minimal images, of inserts
// too, whether they have changed or not.
func (p *tablePlan) unlogged(e *binlog.RowsEvent) string {
	if e.Kind == binlog.Delete {
		return ""
	}
	for v, i := range p.order {
		if c := p.table.Columns[v].Column; i >= 0 && c.Generated != "" && !c.Stored && !binlog.Present(e.After, i) {
			return c.Name
		}
	}
	return ""
}

// appendUpdated appends the row as an update leaves it, its differences made whole.
func (p *tablePlan) appendUpdated(b *change.Batch, e *binlog.RowsEvent) error {
	if e.Partial {
		defer func() { // also of a row that is left out
			for i := range p.columns {
				p.columns[i].diff = nil
			}
		}()
		for i, is := range p.diffs {
			if !is || p.columns[i].vector < 0 || p.after[i] == nil {
				continue
			}
			if !binlog.Present(e.Before, i) || p.before[i] == nil {
				return &valueError{table: p.table.Table.Name, column: p.columns[i].name, err: errNoBefore}
			}
			p.columns[i].diff, p.after[i] = p.after[i], p.before[i]
		}
	}
	return p.appendNew(b, e.After, true)
}

// errNoBefore says that a value cannot be made whole.
var errNoBefore = errors.New("the log tells how the document differs from the one before, but not that one; " +
	"set binlog_row_image = FULL or binlog_row_value_options = '' at the source")

// appendOld appends what identifies the row, or all that is logged of it.
func (p *tablePlan) appendOld(b *change.Batch, present []byte) error {
	for v, i := range p.order {
		if i < 0 || !binlog.Present(present, i) || p.keyed && !p.columns[i].key && !p.table.Whole {
			b.Columns[v].AppendAbsent()
			continue
		}
		if err := p.append(&b.Columns[v], i, p.before[i]); err != nil {
			return err
		}
	}
	b.EndRow()
	return nil
}

func (p *tablePlan) append(v *change.Vector, i int, value []byte) error {
	if value == nil {
		v.AppendNull()
		return nil
	}
	if err := p.columns[i].append(v, value); err != nil {
		return &valueError{table: p.table.Table.Name, column: p.columns[i].name, err: err}
	}
	return nil
}

// valueError is a value that its column cannot have.
type valueError struct {
	table  catalog.Name
	column string
	err    error
}

func (e *valueError) Error() string {
	return fmt.Sprintf("table %s, column %s: %v", e.table, e.column, e.err)
}
func (e *valueError) Unwrap() error { return e.err }

// describeKey names the row read last.
func (r *rowReader) describeKey() string {
	var parts []string
	values := r.plan.after
	if r.event.Kind == binlog.Delete {
		values = r.plan.before
	}
	for i := range r.plan.columns {
		c, value := &r.plan.columns[i], values[i]
		if !c.key || c.vector < 0 || value == nil {
			continue
		}
		text, _ := c.appendText(nil, value)
		parts = append(parts, c.name+"="+strings.ToValidUTF8(string(text[:min(len(text), 100)]), "?"))
	}
	return strings.Join(parts, ", ")
}

// current tells what a logged change of a system-versioned table is to the rows that are current: a deletion is logged
// as an update that ends the row's version, and past versions are logged as rows written.
func (p *tablePlan) current(kind binlog.Rows) binlog.Rows {
	ends := func(values [][]byte) bool { return !isForever(values[p.rowEnd]) }
	switch kind {
	case binlog.Write:
		if ends(p.after) {
			return binlog.NoRows
		}
	case binlog.Update:
		if ends(p.before) {
			return binlog.NoRows
		}
		if ends(p.after) {
			return binlog.Delete
		}
	case binlog.Delete:
		if ends(p.before) {
			return binlog.NoRows
		}
	}
	return kind
}

// isForever reports whether a row's end is the last moment of a TIMESTAMP(6).
func isForever(b []byte) bool {
	return len(b) == 7 && (b[0] == 0x7f || b[0] == 0xff) && b[1] == 0xff && b[2] == 0xff && b[3] == 0xff
}
