package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/typemap"
)

// compare tells a structure that differs from the followed one. The description in the stream has names and types; all
// else comes from the table as it is now. A difference that leads away from the table as it is now is no news: the
// stream is then at a place before the followed description was made.
func (s *stream) compare(ctx context.Context, rel *streamed) error {
	t := rel.f.f.Table
	if err := s.nameTypes(ctx, rel); err != nil {
		return err
	}
	columns := sent(t)
	same := rel.name == t.Name && rel.like(columns)
	if same && !computes(t) {
		return s.constrained(ctx, rel)
	}
	if c := rel.madeAnew(columns); c != nil {
		s.giveUp(rel.f, fmt.Sprintf("column %s was dropped and made anew", c.Name))
		return nil
	}
	now, err := s.describeAs(ctx, s.identifierOf(rel), rel.name)
	if err != nil {
		return err
	}
	after, renamed := rel.merge(t, columns, now.Table)
	switch {
	case after == nil && same:
		return s.constrained(ctx, rel)
	case after == nil:
		return nil
	}
	if key := rel.identified(); len(key) > 0 && len(rel.alias) == 0 && !sameNames(key, keyNames(after)) && !deferred(after) {
		after.PrimaryKey = &catalog.Key{Columns: key}
	}
	rel.settled = false
	s.announce(&connector.Structure{Kind: connector.Altered, Number: rel.f.f.Number, Table: after, Parents: now.parents, Renamed: renamed})
	return nil
}

func (rel *streamed) like(columns []*catalog.Column) bool {
	return len(columns) == len(rel.columns) && !slices.ContainsFunc(columns, func(c *catalog.Column) bool {
		i := rel.find(c.Name)
		return i < 0 || rel.types[i] != c.NativeType || rel.numbers != nil && c.Number != 0 && rel.numbers[i] != c.Number
	})
}

func (rel *streamed) find(name string) int {
	return slices.IndexFunc(rel.columns, func(c relationColumn) bool { return c.name == name })
}

// nameTypes spells the types of the relation's columns as the catalog does.
func (s *stream) nameTypes(ctx context.Context, rel *streamed) error {
	if rel.types != nil {
		return nil
	}
	rel.types = make([]string, len(rel.columns))
	if len(rel.columns) == 0 {
		return nil
	}
	items := make([]string, len(rel.columns))
	for i, c := range rel.columns {
		items[i] = fmt.Sprintf("(%d, %d, %d, %s)", i, c.oid, c.modifier, s.sized(rel, c))
	}
	sql := "SELECT v.i, CASE WHEN pg_catalog.to_regtype(v.s) = v.t THEN v.s ELSE pg_catalog.format_type(v.t::pg_catalog.oid, v.m) END FROM (VALUES " + strings.Join(items, ", ") + ") AS v (i, t, m, s)"
	return s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up types", w.query(ctx, sql, func(v [][]byte) error {
			rel.types[signed(v[0])] = string(v[1])
			return nil
		}))
	})
}

// sized is the type of a column with its size, for those of which the stream tells none: as the audit has told it, else as it is followed.
func (s *stream) sized(rel *streamed, c relationColumn) string {
	if s.lines == nil || c.modifier >= 0 {
		return "NULL"
	}
	for _, told := range s.told[rel.id] {
		if told.Name == c.name {
			return quoteLiteral(told.Type)
		}
	}
	if _, told := s.told[rel.id]; !told && rel.f != nil {
		if known := rel.f.f.Table.Column(c.name); known != nil {
			return quoteLiteral(known.NativeType)
		}
	}
	return "NULL"
}

// merge makes the table as it is at this place of the stream: nil when nothing about it is news.
func (rel *streamed) merge(t *catalog.Table, columns []*catalog.Column, now *catalog.Table) (*catalog.Table, map[string]string) {
	after := *t
	after.Name = rel.name
	news := rel.name != t.Name
	renamed := rel.renames(columns, now)
	rel.foresee(columns, now)
	for old := range renamed {
		news = news || old != ""
	}
	origin := map[string]string{}
	for from, to := range renamed {
		origin[to] = from
	}
	after.Columns = nil
	for i, c := range rel.columns {
		if later, ok := rel.alias[c.name]; ok { // it is followed under that name already
			after.Columns = append(after.Columns, t.Column(later))
			continue
		}
		old := rel.was(i, t)
		if from, ok := origin[c.name]; ok {
			old = t.Column(from)
		}
		column, other := rel.became(i, old, rel.current(i, now))
		news = news || other
		after.Columns = append(after.Columns, column)
	}
	for _, c := range t.Columns {
		_, moved := renamed[c.Name]
		switch {
		case moved || after.Column(c.Name) != nil:
		case c.Generated != "": // not sent
			current := rel.computedNow(c, now, renamed)
			news = news || current != c
			if current == nil {
				continue
			}
			after.Columns = append(after.Columns, current)
			if current.Name != c.Name {
				renamed[c.Name] = current.Name
			}
		case rel.comes(c, now): // not there yet
			after.Columns = append(after.Columns, c)
		default:
			news = true
		}
	}
	for _, c := range rel.newlyComputed(t, now) {
		after.Columns, news = append(after.Columns, c), true
	}
	if !news {
		return nil, nil
	}
	if now != nil {
		after.PrimaryKey, after.Native = keyAsNamed(now, &after), now.Native
	}
	if after.PrimaryKey != nil && slices.ContainsFunc(after.PrimaryKey.Columns, func(n string) bool { return after.Column(n) == nil }) {
		after.PrimaryKey = nil
	}
	return &after, renamed
}

// newlyComputed are the computed columns that a table has got: those that the audit has told of, or where it tells nothing those of now.
func (rel *streamed) newlyComputed(t, now *catalog.Table) (columns []*catalog.Column) {
	if now == nil {
		return nil
	}
	for _, c := range now.Columns {
		if c.Generated == "" || t.Column(c.Name) != nil || c.Number != 0 && t.NumberedColumn(c.Number) != nil || rel.find(c.Name) >= 0 ||
			rel.computed != nil && !slices.Contains(rel.computed, c.Number) {
			continue
		}
		columns = append(columns, c)
	}
	return columns
}

// computes reports whether a table has computed columns, which the stream does not describe.
func computes(t *catalog.Table) bool {
	return slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return c.Generated != "" })
}

// computedNow is a computed column as the table has it now, nil when it has gone. Where there is no table to look at, or it has other names by now,
// it is as it was, but for the names that have changed at this place.
func (rel *streamed) computedNow(c *catalog.Column, now *catalog.Table, renamed map[string]string) *catalog.Column {
	current := columnOf(now, c.Name)
	if numbered := numberedIn(now, c.Number); c.Number != 0 && (numbered != nil || current != nil && current.Number != 0) {
		current = numbered
	}
	if now == nil || current != nil && rel.differsFrom(now) {
		current = c
		if text := catalog.RenamedIn(c.Generated, renamed); text != c.Generated {
			same := *c
			same.Generated = text
			current = &same
		}
	}
	if current != nil && current.Generated == c.Generated && current.Name == c.Name && current.NativeType == c.NativeType {
		return c
	}
	return current
}

// differsFrom reports whether a table has other columns by now than the stream describes.
func (rel *streamed) differsFrom(now *catalog.Table) bool {
	return slices.ContainsFunc(rel.columns, func(c relationColumn) bool { return now.Column(c.name) == nil }) ||
		slices.ContainsFunc(now.Columns, func(c *catalog.Column) bool { return c.Generated == "" && rel.find(c.Name) < 0 })
}

// became is what a column is at this place, which was old and is current by now, either nil; and whether that is news.
func (rel *streamed) became(i int, old, current *catalog.Column) (column *catalog.Column, news bool) {
	switch {
	case old == nil && current == nil: // it has got another name since, or has gone again: the stream will tell
		return rel.column(i), true
	case old == nil:
		fresh := *current
		retype(&fresh, rel.types[i]) // which may be another by now
		if fresh.Default == nil && fresh.Generated == "" {
			fresh.NotNull = false // rows that are there have no value for it
		}
		return &fresh, true
	case old.Generated != "" && current != nil && current.Generated == "":
		return current, true
	case rel.types[i] == old.NativeType || !rel.steps && current != nil && current.NativeType == old.NativeType:
		same := *old
		same.Name = rel.columns[i].name
		return &same, false
	case current != nil && current.NativeType == rel.types[i]:
		return current, true
	}
	// Its type is another again by now, or the table has another name.
	retyped := rel.column(i)
	retyped.NotNull, retyped.Number = old.NotNull, old.Number
	return retyped, true
}

// was is the followed column that a column of the stream is, unless it has got another name; nil when it is new.
func (rel *streamed) was(i int, t *catalog.Table) *catalog.Column {
	c := t.Column(rel.columns[i].name)
	if c != nil && rel.numbers != nil && c.Number != 0 && c.Number != rel.numbers[i] {
		return nil
	}
	return c
}

// current is what a column of the stream is by now, under the name that it has here; nil when it is gone, or nothing tells.
func (rel *streamed) current(i int, now *catalog.Table) *catalog.Column {
	name := rel.columns[i].name
	if rel.numbers == nil {
		return columnOf(now, name)
	}
	c := numberedIn(now, rel.numbers[i])
	if c == nil || c.Name == name {
		return c
	}
	then := *c
	then.Name = name
	return &then
}

// comes reports whether a followed column that is not here comes later: it is there by now.
func (rel *streamed) comes(c *catalog.Column, now *catalog.Table) bool {
	if rel.numbers != nil && c.Number != 0 {
		return numberedIn(now, c.Number) != nil
	}
	return columnOf(now, c.Name) != nil
}

// keyAsNamed is the primary key by the names that its columns have in another description of the table.
func keyAsNamed(now, then *catalog.Table) *catalog.Key {
	if now.PrimaryKey == nil {
		return nil
	}
	key := *now.PrimaryKey
	key.Columns = slices.Clone(key.Columns)
	for i, name := range key.Columns {
		if c := columnOf(now, name); c != nil {
			if same := then.NumberedColumn(c.Number); same != nil {
				key.Columns[i] = same.Name
			}
		}
	}
	return &key
}

// foresee finds columns that are followed under a name that they get only later: of the same number, or where nothing tells numbers at the
// same place among the columns, of the same type, the present name known to nobody and the later one the table's now.
func (rel *streamed) foresee(columns []*catalog.Column, now *catalog.Table) {
	rel.alias = map[string]string{}
	for i, c := range columns {
		if rel.numbers != nil && c.Number != 0 {
			if at := slices.Index(rel.numbers, c.Number); at >= 0 && rel.columns[at].name != c.Name && rel.isNow(c, now) {
				rel.alias[rel.columns[at].name] = c.Name
			}
			continue
		}
		if i >= len(rel.columns) {
			return
		}
		n := rel.columns[i].name
		if n == c.Name || rel.types[i] != c.NativeType || rel.find(c.Name) >= 0 || columnOf(now, c.Name) == nil || columnOf(now, n) != nil ||
			slices.ContainsFunc(columns, func(o *catalog.Column) bool { return o.Name == n }) {
			continue
		}
		rel.alias[n] = c.Name
	}
}

// isNow reports whether a column has the name that it is followed by now.
func (rel *streamed) isNow(c *catalog.Column, now *catalog.Table) bool {
	current := numberedIn(now, c.Number)
	return current != nil && current.Name == c.Name
}

// column is a column of which nothing but its name and type is known.
func (rel *streamed) column(i int) *catalog.Column {
	c := &catalog.Column{Name: rel.columns[i].name, NativeType: rel.types[i]}
	c.BaseType, c.Type = typemap.FromNative(catalog.PostgreSQL, c.NativeType)
	if rel.numbers != nil {
		c.Number = rel.numbers[i]
	}
	return c
}

// renames finds columns that have another name: by their numbers, which the table as it is now has too, else by their places.
func (rel *streamed) renames(columns []*catalog.Column, now *catalog.Table) map[string]string {
	renamed := map[string]string{}
	for _, c := range columns {
		if rel.numbers == nil && !sameNumbers(columns, now) {
			break // without an audit of DDL it may be another table of the same name
		}
		if to := rel.numberedName(c, now); to != c.Name {
			renamed[c.Name] = to
		}
	}
	for i, c := range columns {
		if len(columns) != len(rel.columns) || rel.unrenamed {
			break
		}
		if rel.numbers != nil && c.Number != 0 {
			continue
		}
		n := rel.columns[i].name
		if n == c.Name || rel.types[i] != c.NativeType || rel.find(c.Name) >= 0 || columnOf(now, c.Name) != nil || anotherIs(c, columnOf(now, n)) ||
			slices.ContainsFunc(columns, func(o *catalog.Column) bool { return o.Name == n }) {
			continue
		}
		if _, known := renamed[c.Name]; !known {
			renamed[c.Name] = n
		}
	}
	return renamed
}

// numberedName is the name that a followed column has here, by its number; its own where that is not known, or it gets its own only later.
func (rel *streamed) numberedName(c *catalog.Column, now *catalog.Table) string {
	if rel.numbers != nil && c.Number != 0 {
		if at := slices.Index(rel.numbers, c.Number); at >= 0 && !rel.isNow(c, now) {
			return rel.columns[at].name
		}
		return c.Name
	}
	if later := numberedIn(now, c.Number); later != nil && rel.find(later.Name) >= 0 {
		return later.Name
	}
	return c.Name
}

// sameNumbers reports whether columns of the same names have the same numbers.
func sameNumbers(columns []*catalog.Column, now *catalog.Table) bool {
	return !slices.ContainsFunc(columns, func(c *catalog.Column) bool { return anotherIs(c, columnOf(now, c.Name)) })
}

// madeAnew finds a column that was dropped and made anew under its name: its values of before are gone.
func (rel *streamed) madeAnew(columns []*catalog.Column) *catalog.Column {
	i := slices.IndexFunc(columns, func(c *catalog.Column) bool {
		at := rel.find(c.Name)
		return at >= 0 && rel.numbers != nil && c.Number != 0 && rel.numbers[at] != 0 && rel.numbers[at] != c.Number && !slices.Contains(rel.numbers, c.Number)
	})
	if i < 0 {
		return nil
	}
	return columns[i]
}

// numberedIn finds the column of a number in a table that may be nil.
func numberedIn(t *catalog.Table, number int) *catalog.Column {
	if t == nil {
		return nil
	}
	return t.NumberedColumn(number)
}

// anotherIs reports whether two columns are known to be different ones, whatever their names.
func anotherIs(a, b *catalog.Column) bool {
	return b != nil && a.Number != 0 && b.Number != 0 && a.Number != b.Number
}

func columnOf(t *catalog.Table, name string) *catalog.Column {
	if t == nil {
		return nil
	}
	return t.Column(name)
}
