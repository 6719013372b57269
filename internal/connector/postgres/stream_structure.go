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
	var columns []*catalog.Column // those that the stream sends
	for _, c := range t.Columns {
		if c.Generated == "" {
			columns = append(columns, c)
		}
	}
	if rel.name == t.Name && rel.like(columns) {
		return nil
	}
	now, err := s.describeAs(ctx, s.identifierOf(rel), rel.name)
	if err != nil {
		return err
	}
	after, renamed := rel.merge(t, columns, now.Table)
	if after == nil {
		return nil
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
		items[i] = fmt.Sprintf("(%d, %d, %d)", i, c.oid, c.modifier)
	}
	sql := "SELECT v.i, pg_catalog.format_type(v.t::pg_catalog.oid, v.m) FROM (VALUES " + strings.Join(items, ", ") + ") AS v (i, t, m)"
	return s.side.do(ctx, func(w *wire) error {
		return classify(ctx, "look up types", w.query(ctx, sql, func(v [][]byte) error {
			rel.types[signed(v[0])] = string(v[1])
			return nil
		}))
	})
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
		old := t.Column(c.name)
		if from, ok := origin[c.name]; ok {
			old = t.Column(from)
		}
		if later, ok := rel.alias[c.name]; ok { // it is followed under that name already
			after.Columns = append(after.Columns, t.Column(later))
			continue
		}
		current := columnOf(now, c.name)
		switch {
		case old == nil && current == nil: // it has got another name since, or has gone again: the stream will tell
			news = true
			after.Columns = append(after.Columns, rel.column(i))
		case old == nil:
			news = true
			fresh := *current
			if fresh.Default == nil && fresh.Generated == "" {
				fresh.NotNull = false // rows that are there have no value for it
			}
			after.Columns = append(after.Columns, &fresh)
		case rel.types[i] == old.NativeType || current != nil && current.NativeType == old.NativeType && current.NativeType != rel.types[i]:
			same := *old
			same.Name = c.name
			after.Columns = append(after.Columns, &same)
		case current != nil && current.NativeType == rel.types[i]:
			news = true
			after.Columns = append(after.Columns, current)
		default: // its type is another again by now, or the table has another name
			news = true
			retyped := rel.column(i)
			retyped.NotNull, retyped.Number = old.NotNull, old.Number
			after.Columns = append(after.Columns, retyped)
		}
	}
	for _, c := range t.Columns {
		_, moved := renamed[c.Name]
		switch {
		case moved || after.Column(c.Name) != nil:
		case c.Generated != "" || columnOf(now, c.Name) != nil: // not sent, or not there yet
			after.Columns = append(after.Columns, c)
		default:
			news = true
		}
	}
	if !news {
		return nil, nil
	}
	if now != nil {
		after.PrimaryKey, after.Native = now.PrimaryKey, now.Native
	}
	if after.PrimaryKey != nil && slices.ContainsFunc(after.PrimaryKey.Columns, func(n string) bool { return after.Column(n) == nil }) {
		after.PrimaryKey = nil
	}
	return &after, renamed
}

// foresee finds columns that are followed under a name that they get only later: at the same place among the columns, of
// the same type, the present name known to nobody and the later one the table's now.
func (rel *streamed) foresee(columns []*catalog.Column, now *catalog.Table) {
	rel.alias = nil
	for i, c := range columns {
		if i >= len(rel.columns) {
			return
		}
		n := rel.columns[i].name
		if n == c.Name || rel.types[i] != c.NativeType || rel.find(c.Name) >= 0 || columnOf(now, c.Name) == nil || columnOf(now, n) != nil ||
			slices.ContainsFunc(columns, func(o *catalog.Column) bool { return o.Name == n }) {
			continue
		}
		if rel.alias == nil {
			rel.alias = map[string]string{}
		}
		rel.alias[n] = c.Name
	}
}

// column is a column of which nothing but its name and type is known.
func (rel *streamed) column(i int) *catalog.Column {
	c := &catalog.Column{Name: rel.columns[i].name, NativeType: rel.types[i]}
	c.BaseType, c.Type = typemap.FromNative(catalog.PostgreSQL, c.NativeType)
	return c
}

// renames finds columns that have another name: by their numbers where the table as it is now has the name too, else by their places.
func (rel *streamed) renames(columns []*catalog.Column, now *catalog.Table) map[string]string {
	renamed := map[string]string{}
	for _, c := range columns {
		if rel.numbers == nil && !sameNumbers(columns, now) {
			break // without an audit of DDL it may be another table of the same name
		}
		if later := numberedIn(now, c.Number); later != nil && later.Name != c.Name && rel.find(later.Name) >= 0 {
			renamed[c.Name] = later.Name
		}
	}
	for i, c := range columns {
		if len(columns) != len(rel.columns) || rel.unrenamed {
			break
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

// sameNumbers reports whether columns of the same names have the same numbers.
func sameNumbers(columns []*catalog.Column, now *catalog.Table) bool {
	return !slices.ContainsFunc(columns, func(c *catalog.Column) bool { return anotherIs(c, columnOf(now, c.Name)) })
}

// madeAnew finds a column that was dropped and made anew under its name: its values of before are gone.
func madeAnew(columns []*catalog.Column, now *catalog.Table) *catalog.Column {
	i := slices.IndexFunc(columns, func(c *catalog.Column) bool {
		return anotherIs(c, columnOf(now, c.Name)) && now.NumberedColumn(c.Number) == nil
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
