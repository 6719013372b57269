package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// textStream makes of what test_decoding says what pgoutput would say, for the stream to take in. The plugin tells only at
// a transaction's end when it has committed and where, which the stream has to know at its beginning, and it never tells
// what a table's columns are but with each row; so transactions are kept until they end, and tables are looked up.
type textStream struct {
	stream *stream
	kept   spool
	open   bool // a transaction is being kept
	giving bool // a transaction is being handed on
	xid    uint32
	end    lsn // of it
	sent   uint64
	tables map[catalog.Name]*textTable
	out    []byte // the message at hand
	// pending waits until the stream's user knows of what has become of its table.
	pending *textChange
}

// textTable is a table as it was told to the stream last.
type textTable struct {
	id       uint32
	identity byte // none: 0
	columns  []relationColumn
	natives  []string
	skipped  map[string]bool // columns that the database computes
	// keys are the columns that identify rows at this place of the log, nil where they are the catalog's.
	keys    map[string]bool
	catalog []relationColumn
	told    bool
}

func newTextStream(s *stream) *textStream {
	return &textStream{stream: s, tables: map[catalog.Name]*textTable{}, kept: newSpool(s.src.held, &spoolRoom{})}
}

// line takes a line of the plugin, which was written at a place of the log.
func (t *textStream) line(ctx context.Context, p []byte, at lsn, sent uint64) error {
	switch {
	case bytes.HasPrefix(p, []byte("BEGIN")):
		t.open = true
		t.kept.reset()
	case bytes.HasPrefix(p, []byte("COMMIT")):
		committed, err := commitTime(p)
		if err != nil {
			return err
		}
		if err := t.kept.rewind(); err != nil {
			return err
		}
		t.open, t.giving, t.end, t.sent, t.xid = false, true, at, sent, committedXID(p)
		return t.begin(ctx, committed)
	case bytes.HasPrefix(p, []byte("table ")):
		if !t.open {
			return fmt.Errorf("%w: a change outside of a transaction", errMalformed)
		}
		return t.kept.add(p)
	}
	return nil // messages and whatever later versions say
}

// committedXID reads the number of COMMIT 750 (at …), 0 where there is none.
func committedXID(p []byte) uint32 {
	fields := bytes.Fields(p)
	if len(fields) < 2 {
		return 0
	}
	xid, err := strconv.ParseUint(string(fields[1]), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(xid)
}

// commitTime reads COMMIT 750 (at 2026-11-25 12:34:56.789+00).
func commitTime(p []byte) (time.Time, error) {
	_, text, ok := bytes.Cut(p, []byte("(at "))
	text, closed := bytes.CutSuffix(text, []byte(")"))
	if ok && closed {
		for _, layout := range []string{"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999-07:00"} {
			if at, err := time.Parse(layout, string(text)); err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%w: %s tells no time", errMalformed, excerpt(p))
}

// begin tells the stream of a transaction. Whether it is before another place is asked of where its commit begins.
func (t *textStream) begin(ctx context.Context, committed time.Time) error {
	m := append(t.out[:0], 'B')
	m = binary.BigEndian.AppendUint64(m, uint64(t.end-1))
	m = binary.BigEndian.AppendUint64(m, uint64(committed.UnixMicro()-pgEpoch))
	m = binary.BigEndian.AppendUint32(m, t.xid)
	t.out = m
	return t.stream.message(ctx, m, t.sent)
}

// give hands on one change of the transaction, or its end.
func (t *textStream) give(ctx context.Context) error {
	if t.stream.ended {
		t.giving = false
		return nil
	}
	if t.pending != nil {
		return t.change(ctx, t.pending)
	}
	if t.kept.lines == 0 {
		t.giving = false
		t.kept.reset()
		m := append(t.out[:0], 'C', 0)
		m = binary.BigEndian.AppendUint64(m, uint64(t.end-1))
		m = binary.BigEndian.AppendUint64(m, uint64(t.end))
		m = binary.BigEndian.AppendUint64(m, 0)
		t.out = m
		return t.stream.message(ctx, m, t.sent)
	}
	line, err := t.kept.next()
	if err != nil {
		return err
	}
	c, err := parseTextChange(line)
	if err != nil {
		return err
	}
	t.pending = &c
	return t.change(ctx, &c)
}

// change hands on a change, unless the stream has news of its table: then it is called again once they are known.
func (t *textStream) change(ctx context.Context, c *textChange) error {
	if c.op == "TRUNCATE" {
		return t.truncate(ctx, c)
	}
	name := c.tables[0]
	table, err := t.table(ctx, name)
	if err != nil {
		return err
	}
	c.row = slices.DeleteFunc(c.row, func(col textColumn) bool { return table.skipped[col.name] })
	row := c.row
	if err := t.tell(ctx, name, table, row); err != nil || len(t.stream.events) > 0 {
		return err
	}
	t.pending = nil
	if c.op != "INSERT" && (table.identity == 0 || c.bare) {
		return t.unidentified(name)
	}
	m := append(t.out[:0], c.op[0])
	m = binary.BigEndian.AppendUint32(m, table.id)
	if c.hasOld {
		kind := byte('K')
		if table.identity == 'f' {
			kind = 'O'
		}
		if m, err = table.append(append(m, kind), c.old, true); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	if c.op != "DELETE" {
		if m, err = table.append(append(m, 'N'), row, false); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	t.out = m
	if name == (catalog.Name{Schema: t.stream.src.settings.artifacts, Name: auditTable}) {
		clear(t.tables) // the structure of a table has changed
	}
	return t.stream.message(ctx, m, t.sent)
}

// unidentified gives up a table of which a row has changed, and the plugin could not tell which.
func (t *textStream) unidentified(name catalog.Name) error {
	f := t.stream.names[name]
	if f == nil || t.stream.echoed || t.stream.final < f.since {
		return nil
	}
	t.stream.announce(&connector.Structure{Kind: connector.Unreadable, Number: f.f.Number, Table: f.f.Table,
		Why: "a row was updated or deleted while the table had no replica identity: which one is not said. ALTER TABLE " + quoteName(name) + " REPLICA IDENTITY FULL"})
	return nil
}

func (t *textStream) truncate(ctx context.Context, c *textChange) error {
	m := binary.BigEndian.AppendUint32([]byte{'T'}, uint32(len(c.tables)))
	m = append(m, 0)
	for _, name := range c.tables {
		table, err := t.table(ctx, name)
		if err != nil {
			return err
		}
		if err := t.tell(ctx, name, table, nil); err != nil || len(t.stream.events) > 0 {
			return err
		}
		m = binary.BigEndian.AppendUint32(m, table.id)
	}
	t.pending = nil
	return t.stream.message(ctx, m, t.sent)
}

// append writes a row. Of an old row nulls are left out, and of one that only identifies all that does not.
func (table *textTable) append(m []byte, row []textColumn, old bool) ([]byte, error) {
	m = binary.BigEndian.AppendUint16(m, uint16(len(table.columns)))
	seen := 0
	for i, c := range table.columns {
		v := textColumn{kind: 'n'}
		if !old {
			if i >= len(row) || row[i].name != c.name {
				return m, fmt.Errorf("%w: a row without column %q", errMalformed, c.name)
			}
			v = row[i]
		} else if at := slices.IndexFunc(row, func(r textColumn) bool { return r.name == c.name }); at >= 0 {
			v = row[at]
			seen++
		}
		m = append(m, v.kind)
		if v.kind == 't' {
			m = binary.BigEndian.AppendUint32(m, uint32(len(v.value)))
			m = append(m, v.value...)
		}
	}
	for _, v := range row {
		if old && table.skipped[v.name] {
			seen++
		}
	}
	if old && seen != len(row) {
		return m, fmt.Errorf("%w: an old row of columns that the table does not have", errMalformed)
	}
	return m, nil
}

// tell describes a table to the stream when it was not described so before. A row tells the columns there were when it was
// written; without one they are those that are known.
func (t *textStream) tell(ctx context.Context, name catalog.Name, table *textTable, row []textColumn) error {
	same := table.told && (row == nil || slices.EqualFunc(row, table.natives, func(c textColumn, native string) bool { return c.native == native }) &&
		slices.EqualFunc(row, table.columns, func(c textColumn, known relationColumn) bool { return c.name == known.name }))
	if same {
		return nil
	}
	if row != nil {
		if err := t.refresh(ctx, name, table); err != nil {
			return err
		}
		if err := t.shape(ctx, table, row); err != nil {
			return err
		}
	}
	table.told = true
	identity := table.identity
	if identity == 0 {
		identity = 'n'
	}
	m := binary.BigEndian.AppendUint32([]byte{'R'}, table.id)
	m = append(append(append(append(m, name.Schema...), 0), name.Name...), 0, identity)
	m = binary.BigEndian.AppendUint16(m, uint16(len(table.columns)))
	for _, c := range table.columns {
		m = append(m, b2b(c.key))
		m = append(append(m, c.name...), 0)
		m = binary.BigEndian.AppendUint32(m, c.oid)
		m = binary.BigEndian.AppendUint32(m, uint32(int32(c.modifier)))
	}
	return t.stream.message(ctx, m, t.sent)
}

// refresh looks a table up once more whose rows have become others.
func (t *textStream) refresh(ctx context.Context, name catalog.Name, table *textTable) error {
	if !table.told {
		return nil
	}
	delete(t.tables, name)
	now, err := t.table(ctx, name)
	t.tables[name] = table
	if err == nil && now.id == table.id {
		table.catalog, table.identity, table.skipped, table.keys = now.catalog, now.identity, now.skipped, now.keys
	}
	return err
}

// shape makes the table's columns those of a row. What the row does not tell of a column is as the catalog or an earlier
// row has it.
func (t *textStream) shape(ctx context.Context, table *textTable, row []textColumn) error {
	known := append(slices.Clone(table.catalog), table.columns...)
	table.columns, table.natives = make([]relationColumn, len(row)), make([]string, len(row))
	for i, c := range row {
		id, err := t.typeOf(ctx, c.native)
		if err != nil {
			return err
		}
		table.columns[i] = relationColumn{name: c.name, oid: id, modifier: -1, key: table.identity == 'f'}
		table.natives[i] = c.native
		if at := slices.IndexFunc(known, func(k relationColumn) bool { return k.name == c.name && k.oid == id }); at >= 0 {
			table.columns[i].modifier, table.columns[i].key = known[at].modifier, known[at].key
		} else if at := slices.IndexFunc(known, func(k relationColumn) bool { return k.name == c.name }); at >= 0 { // of another type by now
			table.columns[i].key = known[at].key
		}
	}
	table.mark(table.columns)
	return nil
}

func (t *textStream) typeOf(ctx context.Context, native string) (id uint32, err error) {
	if err = t.stream.visible(ctx); err != nil {
		return 0, err
	}
	err = t.stream.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up type "+native, w.query(ctx, "SELECT coalesce(pg_catalog.to_regtype("+quoteLiteral(native)+")::pg_catalog.oid, 0)", func(v [][]byte) error {
			id = number(v[0])
			return nil
		}))
	})
	if err == nil && id == 0 {
		err = &connector.Error{Class: connector.Missing, Err: fmt.Errorf("a row has type %s, which the source no longer has", native), Remedy: "load anew"}
	}
	return id, err
}

const textTableSQL = `SELECT c.oid, c.relreplident, a.attname, a.atttypid, a.atttypmod, a.attgenerated <> '',
 coalesce(c.relreplident = 'f' OR a.attnum = ANY (i.indkey), false), i.indexrelid IS NOT NULL
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
 WHERE c.oid = %s ORDER BY a.attnum`

// table looks a table up. One that is gone keeps what was known of it, or else is nobody's.
func (t *textStream) table(ctx context.Context, name catalog.Name) (*textTable, error) {
	if table := t.tables[name]; table != nil {
		return table, nil
	}
	if err := t.stream.visible(ctx); err != nil {
		return nil, err
	}
	table := &textTable{skipped: map[string]bool{}}
	which := "pg_catalog.to_regclass(" + quoteLiteral(quoteName(name)) + ")"
	if f := t.stream.names[name]; f != nil && f.f.Table.Number != 0 { // it may have another name by now
		which = fmt.Sprint(f.f.Table.Number)
	}
	err := t.stream.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up table "+name.String(), w.query(ctx, fmt.Sprintf(textTableSQL, which), func(v [][]byte) error {
			table.id = number(v[0])
			switch identity := v[1][0]; {
			case identity == 'f', v[7][0] == 't':
				table.identity = identity
			}
			c := relationColumn{name: string(v[2]), oid: number(v[3]), modifier: signed(v[4]), key: v[6][0] == 't'}
			if v[5][0] == 't' {
				table.skipped[c.name] = true
				return nil
			}
			table.catalog = append(table.catalog, c)
			return nil
		}))
	})
	if err != nil {
		return nil, err
	}
	table.columns = slices.Clone(table.catalog)
	if table.id == 0 {
		t.recall(name, table)
	}
	if err := t.identify(ctx, name, table); err != nil {
		return nil, err
	}
	t.tables[name] = table
	return table, nil
}

// recall completes a table that the source has under the name no more, from how the stream knows it.
func (t *textStream) recall(name catalog.Name, table *textTable) {
	for _, rel := range t.stream.relations {
		if rel.name == name {
			table.id, table.columns, table.catalog = rel.id, rel.columns, rel.columns
			if rel.identity != 'n' {
				table.identity = rel.identity
			}
			return
		}
	}
	f := t.stream.names[name]
	table.id = 1<<31 + uint32(len(t.stream.relations)) // beyond what a server of this age has given out
	if f == nil {
		return
	}
	if k := f.f.Table.PrimaryKey; k != nil {
		table.identity = 'd'
		for _, c := range f.f.Table.Columns {
			table.catalog = append(table.catalog, relationColumn{name: c.Name, modifier: -1, key: slices.Contains(k.Columns, c.Name)})
		}
	}
}
