package convert

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// keyPartsOf counts, for every target column in a key of the target, the columns of the longest such key.
func (c *converter) keyPartsOf(t *planned) map[string]int {
	parts := map[string]int{}
	count := func(columns []string) {
		mapped, missing := t.names.columnsOf(columns)
		for _, col := range mapped {
			if missing == "" {
				parts[col] = max(parts[col], len(mapped))
			}
		}
	}
	s := t.Plan.Source
	if s.PrimaryKey != nil {
		count(s.PrimaryKey.Columns)
	}
	if k := t.Plan.Key; k != nil {
		for _, col := range k.Columns {
			parts[col] = max(parts[col], len(k.Columns))
		}
	}
	if !c.in.Options.SecondaryObjects {
		return parts
	}
	for _, k := range s.Uniques {
		count(k.Columns)
	}
	for _, x := range s.Indexes {
		if columns, plain := plainColumns(x); x.Unique && plain && x.Where == "" {
			count(columns)
		}
	}
	for _, k := range s.ForeignKeys {
		count(k.Columns)
	}
	return parts
}

// plainColumns returns the columns of an index that is over whole columns alone.
func plainColumns(x *catalog.Index) ([]string, bool) {
	var columns []string
	for _, p := range x.Parts {
		if p.Column == "" || p.Length > 0 {
			return nil, false
		}
		columns = append(columns, p.Column)
	}
	return columns, true
}

// keyRule makes the key of a define-primary-key rule.
func (c *converter) keyRule(t *planned) {
	k := t.Plan.Key
	if k == nil {
		return
	}
	columns := make([]string, len(k.Columns))
	for i, name := range k.Columns {
		columns[i] = name
		for j := range t.Plan.Columns {
			if t.Plan.Columns[j].Name == name {
				columns[i] = t.Columns[j].Name
			}
		}
	}
	name := k.Name
	if name == "" {
		name = t.Target.Name.Name + "_pkey"
	}
	name = c.indexName(t.Target, name)
	if !k.UniqueIndex {
		t.Target.PrimaryKey = &catalog.Key{Name: name, Columns: columns}
		requireValues(t.Target, columns)
		return
	}
	x := &catalog.Index{Name: name, Unique: true}
	for _, col := range columns {
		x.Parts = append(x.Parts, catalog.IndexPart{Column: col})
	}
	t.Target.Indexes = append(t.Target.Indexes, x)
}

func requireValues(t *catalog.Table, columns []string) {
	for _, name := range columns {
		if col := t.Column(name); col != nil {
			col.NotNull = true
		}
	}
}

// unlikePrimaryKey carries the source's primary key unless the mapping defines another.
func (c *converter) unlikePrimaryKey(t *planned) {
	k := t.Plan.Source.PrimaryKey
	if k == nil || t.Plan.Key != nil && !t.Plan.Key.UniqueIndex {
		return
	}
	columns, ok := c.unlikeKeyColumns(t, "primary key", k)
	if !ok {
		return
	}
	name := ""
	switch c.to {
	case catalog.MySQL:
		name = "PRIMARY"
	case catalog.PostgreSQL:
		name = c.indexName(t.Target, t.Target.Name.Name+"_pkey")
	}
	t.Target.PrimaryKey = &catalog.Key{Name: name, Columns: columns}
	requireValues(t.Target, columns)
}

// mysqlUnkeyed are the types over which MySQL has no key.
var mysqlUnkeyed = regexp.MustCompile(`^(json|geometry|longtext|mediumtext|text|longblob|mediumblob|blob)$`)

// unlikeKeyColumns maps the columns of a key, or reports why the target cannot have it.
func (c *converter) unlikeKeyColumns(t *planned, kind string, k *catalog.Key) ([]string, bool) {
	columns, missing := t.names.columnsOf(k.Columns)
	if missing != "" {
		c.removedColumn(t, kind, k.Name, missing)
		return nil, false
	}
	ddl := strings.ToUpper(k.DDL)
	why := ""
	switch {
	case k.NullsNotDistinct:
		why = "only PostgreSQL can forbid a second NULL"
	case strings.Contains(ddl, "WITHOUT OVERLAPS"):
		why = "only PostgreSQL knows keys without overlaps"
	}
	for _, name := range columns {
		if native := t.Target.Column(name).NativeType; c.to == catalog.MySQL && mysqlUnkeyed.MatchString(native) {
			why = "MySQL has no key over " + native + " (column " + name + ")"
		}
	}
	if why != "" {
		c.notePart(kind, t.Plan.Source, k.Name, NotCarried, "The %s %q of table %s is not carried over, because %s.", kind, k.Name, t.Plan.Source.Name, why)
		return nil, false
	}
	if k.Deferrable {
		c.notePart(kind, t.Plan.Source, k.Name, Changed, "The %s %q of table %s is checked at once on the target, because deferring it is not carried to another engine.", kind, k.Name, t.Plan.Source.Name)
	}
	return columns, true
}

func (c *converter) unlikeUniques(t *planned) {
	for _, k := range t.Plan.Source.Uniques {
		columns, ok := c.unlikeKeyColumns(t, "unique constraint", k)
		if !ok {
			continue
		}
		name := k.Name
		if name == "" {
			name = t.Target.Name.Name + "_" + strings.Join(columns, "_") + "_key"
		}
		t.Target.Uniques = append(t.Target.Uniques, &catalog.Key{Name: c.indexName(t.Target, name), Columns: columns, Comment: k.Comment})
	}
}

// unlikeChecks carries checks that mean the same on the target, and the members of enums as checks.
func (c *converter) unlikeChecks(t *planned) {
	s := t.Plan.Source
	tr := translator{from: c.from, to: c.to, table: t.names, target: t.Target}
	for _, k := range s.Checks {
		if c.checksJSON(s, k) {
			continue
		}
		if k.NotValid {
			c.notePart("check constraint", s, k.Name, NotCarried, "%s of table %s is not carried over, because it is not valid at the source, so that rows may break it.", labelCheck(k), s.Name)
			continue
		}
		text, err := tr.translate(k.Expression)
		if err != nil {
			c.notePart("check constraint", s, k.Name, NotCarried, "%s of table %s (%s) is not carried over, because %v: write it on the target by hand.", labelCheck(k), s.Name, k.Expression, err)
			continue
		}
		t.Target.Checks = append(t.Target.Checks, &catalog.Check{Name: c.checkName(t.Target, k.Name), Expression: text, Comment: k.Comment})
	}
	for i, col := range t.Columns {
		typ := c.typeOf(&t.Plan.Columns[i])
		if typ.Hint != datatype.Enum || len(typ.Values) == 0 || strings.HasPrefix(col.NativeType, "enum") || len(t.Plan.Columns[i].Masks) > 0 {
			continue
		}
		quoted := make([]string, len(typ.Values))
		for j, v := range typ.Values {
			quoted[j] = quoteString(c.to, v)
		}
		name := c.checkName(t.Target, t.Target.Name.Name+"_"+col.Name+"_check")
		t.Target.Checks = append(t.Target.Checks, &catalog.Check{Name: name, Expression: quoteName(c.to, col.Name) + " IN (" + strings.Join(quoted, ", ") + ")"})
	}
}

// labelCheck names a check in a sentence.
func labelCheck(k *catalog.Check) string {
	if k.Name == "" {
		return "A check constraint"
	}
	return fmt.Sprintf("Check constraint %q", k.Name)
}

// checksJSON reports whether a check is the one MariaDB puts on its json columns, which the target's type does.
func (c *converter) checksJSON(s *catalog.Table, k *catalog.Check) bool {
	inner, ok := strings.CutPrefix(k.Expression, "json_valid(`")
	if !ok || c.from != catalog.MySQL {
		return false
	}
	col := s.Column(strings.TrimSuffix(inner, "`)"))
	return col != nil && col.Type.Hint == datatype.JSON
}
