package postgres

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// carrier is how a column's values travel as parameters: in the binary form of the column's type, or as text where there
// is no such form.
type carrier struct {
	*applyColumn
	from   int  // its place in the batch
	old    bool // of the batch of old rows
	oid    uint32
	array  uint32 // of oid; 0 when values cannot go as an array that unnest takes apart
	encode encoder
	cast   string // from the parameter to the column's type
}

// shape is what is known of the sets that look alike: the same columns of the same table in the same layouts.
type shape struct {
	table    *applyTable
	carriers []carrier // the parameters, in order
	// bulk runs a whole set with arrays as parameters, each one row. Empty when it cannot be.
	bulk, each           string
	bulkTypes, eachTypes []uint32
	bulkKey, eachKey     string
	searching            bool // no index finds the rows
	copy                 string
	copied               []outflow
	// loose identifies by all values, null being equal to null; each then depends on which ones are null.
	loose bool
	set   []int // of carriers: the columns an update sets
	keys  []int // of carriers
	op    change.Op
}

// shapes finds the shape of a set.
type shapes struct {
	known map[string]*shape
	key   []byte
}

func (c *shapes) clear() { clear(c.known) }

// signature writes what makes sets look alike.
func (c *shapes) signature(set *connector.RowSet) []byte {
	k := append(c.key[:0], byte(set.Op), b2b(set.Unique))
	k = append(append(k, set.Table.Name.Schema...), 0)
	k = append(append(k, set.Table.Name.Name...), 0)
	for _, columns := range [2][]connector.LoadColumn{set.Columns, set.OldColumns} {
		for i := range columns {
			k = append(append(append(k, columns[i].Column.Name...), 0), byte(columns[i].Layout))
		}
		k = append(k, 0, 0)
	}
	for _, i := range set.Key {
		k = binary.AppendUvarint(k, uint64(i))
	}
	c.key = k
	return k
}

func b2b(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (c *shapes) find(set *connector.RowSet) *shape { return c.known[string(c.signature(set))] }

func (c *shapes) keep(set *connector.RowSet, s *shape) {
	if c.known == nil || len(c.known) > 10_000 {
		c.known = map[string]*shape{}
	}
	c.known[string(c.signature(set))] = s
}

// newShape works out how sets like this one are carried out.
func newShape(t *applyTable, set *connector.RowSet) (*shape, error) {
	s := &shape{table: t, op: set.Op, loose: set.Op != change.Insert && !set.Unique}
	if err := s.carry(t, set); err != nil {
		return nil, err
	}
	switch set.Op {
	case change.Insert:
		s.insert(set)
	case change.Update:
		s.update(set)
	case change.Delete:
		s.delete(set)
	}
	if s.loose {
		s.bulk, s.each = "", ""
	}
	for i := range s.carriers {
		c := &s.carriers[i]
		s.eachTypes = append(s.eachTypes, c.oid)
		s.bulkTypes = append(s.bulkTypes, c.array)
		if c.array == 0 {
			s.bulk = ""
		}
	}
	s.eachKey, s.bulkKey = statementKey(s.each, s.eachTypes), statementKey(s.bulk, s.bulkTypes)
	return s, nil
}

func statementKey(sql string, types []uint32) string {
	var b strings.Builder
	for _, t := range types {
		fmt.Fprint(&b, t, " ")
	}
	return b.String() + sql
}

// carry lists the parameters: what an insert or update sets, then what identifies a row.
func (s *shape) carry(t *applyTable, set *connector.RowSet) error {
	isKey := map[int]bool{}
	for _, k := range set.Key {
		isKey[k] = true
	}
	if set.Op != change.Delete {
		for i, c := range set.Columns {
			if set.Op == change.Update && len(set.OldColumns) == 0 && isKey[i] {
				continue
			}
			if err := s.add(t, set, c, i, false); err != nil {
				return err
			}
			s.set = append(s.set, len(s.carriers)-1)
		}
	}
	if set.Op == change.Insert {
		return nil
	}
	from, old := set.Columns, false
	if len(set.OldColumns) > 0 {
		from, old = set.OldColumns, true
	}
	names := map[string]bool{}
	for _, k := range set.Key {
		if k < 0 || k >= len(from) {
			return fmt.Errorf("apply to %s: key column %d of %d", set.Table.Name, k, len(from))
		}
		if err := s.add(t, set, from[k], k, old); err != nil {
			return err
		}
		s.keys = append(s.keys, len(s.carriers)-1)
		names[from[k].Column.Name] = true
	}
	if len(set.Key) == 0 {
		return fmt.Errorf("apply to %s: nothing identifies the rows", set.Table.Name)
	}
	s.searching = !t.indexed(names)
	return nil
}

func (s *shape) add(t *applyTable, set *connector.RowSet, lc connector.LoadColumn, from int, old bool) error {
	a, err := t.column(set.Table.Name, lc.Column.Name)
	if err != nil {
		return err
	}
	c := carrier{applyColumn: a, from: from, old: old}
	c.choose(lc.Layout)
	s.carriers = append(s.carriers, c)
	return nil
}

// choose picks the parameter's type. Values in Native are in the binary form of the type, see nativeText for those that
// have none.
func (c *carrier) choose(l change.Layout) {
	binary := binaryEncoder(&c.attribute, l)
	switch {
	case l == change.Native && nativeText(c.applyColumn):
		c.encode = plainText
	case l == change.Native && c.parts != nil:
		c.encode = c.parts.encodeAdopted
	case l == change.Native:
		c.encode = encodeData
	case binary != nil:
		c.encode = binary
	default:
		c.encode = plainText
	}
	if l == change.Native && nativeText(c.applyColumn) || l != change.Native && binary == nil {
		c.oid, c.array, c.cast = oidText, oidTextArray, "::"+c.typeName
		return
	}
	c.oid, c.array = c.base, c.applyColumn.array
	if c.isArray {
		c.array = 0
	}
}

const oidTextArray = 1009

// nativeText says which types travel as text in Native: those whose binary form names objects of one server, and those
// that have none.
func nativeText(c *applyColumn) bool { return c.names != "" || !c.receives }

// plainText appends a value as its type's input function reads it.
func plainText(e *rows, v *change.Vector, i int) string {
	if v.Layout.Holds() == change.InData {
		if reason := invalidText(v.Value(i)); reason != "" {
			return reason
		}
	}
	e.buf = appendTextual(e.buf, v, i)
	return ""
}

// parameter writes parameter i as the column's type, "u.c3::inet" or "$3::inet".
func (s *shape) parameter(i int, bulk bool) string {
	if bulk {
		return fmt.Sprintf("u.c%d%s", i+1, s.carriers[i].cast)
	}
	return fmt.Sprintf("$%d%s", i+1, s.carriers[i].cast)
}

// unnest writes the rows of a set as a table u. Only the unqualified name takes several arrays; it is found in pg_catalog first.
func (s *shape) unnest() string {
	arrays, names := make([]string, len(s.carriers)), make([]string, len(s.carriers))
	for i := range s.carriers {
		arrays[i], names[i] = fmt.Sprintf("$%d", i+1), fmt.Sprintf("c%d", i+1)
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS u (" + strings.Join(names, ", ") + ")"
}

// ordered is unnest in the order of the key: neighbours share pages of index and table.
func (s *shape) ordered() string {
	for _, k := range s.keys {
		if s.carriers[k].equals == "" {
			return s.unnest()
		}
	}
	return "(SELECT * FROM " + s.unnest() + " ORDER BY " + s.list(s.keys, func(i int) string { return fmt.Sprintf("c%d", i+1) }, ", ") + ") AS u"
}

func (s *shape) list(of []int, item func(i int) string, between string) string {
	items := make([]string, len(of))
	for n, i := range of {
		items[n] = item(i)
	}
	return strings.Join(items, between)
}

func (s *shape) column(i int) string { return quote(s.carriers[i].name) }

func (s *shape) insert(set *connector.RowSet) {
	table := quoteName(set.Table.Name)
	if len(s.carriers) == 0 {
		s.each = "INSERT INTO " + table + " DEFAULT VALUES"
		return
	}
	head := "INSERT INTO " + table + " (" + s.list(s.set, s.column, ", ") + ") OVERRIDING SYSTEM VALUE "
	s.each = head + "VALUES (" + s.list(s.set, func(i int) string { return s.parameter(i, false) }, ", ") + ")"
	s.bulk = head + "SELECT " + s.list(s.set, func(i int) string { return s.parameter(i, true) }, ", ") + " FROM " + s.unnest()
	for i := range s.carriers {
		c := &s.carriers[i]
		if c.cast != "" {
			return
		}
		s.copied = append(s.copied, outflow{name: c.name, encode: c.encode})
	}
	s.copy = "COPY " + table + " (" + s.list(s.set, s.column, ", ") + ") FROM STDIN (FORMAT binary)"
}

func (s *shape) delete(set *connector.RowSet) {
	head := "DELETE FROM " + s.table.only + quoteName(set.Table.Name) + " AS t "
	s.each = head + "WHERE " + s.match(false)
	s.bulk = head + "USING " + s.ordered() + " WHERE " + s.match(true)
}

func (s *shape) update(set *connector.RowSet) {
	for _, i := range s.set {
		if s.carriers[i].always {
			s.replace(set)
			return
		}
	}
	head := "UPDATE " + s.table.only + quoteName(set.Table.Name) + " AS t SET "
	s.each = head + s.assign(false) + " WHERE " + s.match(false)
	s.bulk = head + s.assign(true) + " FROM " + s.ordered() + " WHERE " + s.match(true)
}

// assign writes what an update sets; nothing but the key itself when there is nothing.
func (s *shape) assign(bulk bool) string {
	if len(s.set) == 0 {
		k := s.column(s.keys[0])
		return k + " = t." + k
	}
	return s.list(s.set, func(i int) string { return s.column(i) + " = " + s.parameter(i, bulk) }, ", ")
}

// match writes the condition that finds a row by a unique key.
func (s *shape) match(bulk bool) string {
	return s.list(s.keys, func(i int) string {
		equals := s.carriers[i].equals
		if equals == "" {
			equals = "="
		}
		return "t." + s.column(i) + " " + equals + " " + s.parameter(i, bulk)
	}, " AND ")
}

// replace updates rows by making them anew: no UPDATE may set a column that is GENERATED ALWAYS AS IDENTITY.
func (s *shape) replace(set *connector.RowSet) {
	sets := map[string]int{}
	for _, i := range s.set {
		sets[s.carriers[i].name] = i
	}
	write := func(bulk bool, using string) string {
		var names, kept, values []string
		for n, c := range s.table.order {
			names = append(names, quote(c.name))
			value := "t." + quote(c.name)
			if i, ok := sets[c.name]; ok {
				value = s.parameter(i, bulk) + "::" + c.fullTypeOfBase()
			}
			kept = append(kept, fmt.Sprintf("%s AS c%d", value, n+1))
			values = append(values, fmt.Sprintf("d.c%d", n+1))
		}
		table := quoteName(set.Table.Name)
		return "WITH d AS (DELETE FROM " + s.table.only + table + " AS t " + using + "WHERE " + s.match(bulk) + " RETURNING " + strings.Join(kept, ", ") +
			") INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") OVERRIDING SYSTEM VALUE SELECT " + strings.Join(values, ", ") + " FROM d"
	}
	s.each = write(false, "")
	s.bulk = write(true, "USING "+s.ordered()+" ")
}

// fullTypeOfBase is the type without its size: the assignment that follows checks it, where a cast would cut.
func (c *applyColumn) fullTypeOfBase() string { return c.typeName }
