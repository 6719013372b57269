package convert

import (
	"slices"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// foreignKeys carries foreign keys between selected tables, after all tables are done.
func (c *converter) foreignKeys() {
	if !c.in.Options.SecondaryObjects {
		return
	}
	for _, t := range c.tables {
		if t.Folded || t.Plan.View != nil {
			continue
		}
		for _, k := range t.Plan.Source.ForeignKeys {
			copied, why := c.foreignKey(t, k)
			if why != "" {
				c.notePart("foreign key", t.Plan.Source, k.Name, NotCarried, "Foreign key %q of table %s to %s is not carried over, because %s.", k.Name, t.Plan.Source.Name, k.Table, why)
				continue
			}
			t.Target.ForeignKeys = append(t.Target.ForeignKeys, copied)
		}
	}
}

// foreignKey builds a foreign key, or says why it cannot be.
func (c *converter) foreignKey(t *planned, k *catalog.ForeignKey) (*catalog.ForeignKey, string) {
	to := c.referenced(k)
	if to == nil {
		return nil, "the table it refers to is not selected"
	}
	columns, missing := t.names.columnsOf(k.Columns)
	if missing != "" {
		return nil, "its column " + missing + " is removed by the mapping"
	}
	references := k.References
	if len(references) == 0 && to.Plan.Source.PrimaryKey != nil {
		references = to.Plan.Source.PrimaryKey.Columns // SQLite's short form
	}
	mapped, missing := to.names.columnsOf(references)
	if missing != "" {
		return nil, "the column " + missing + " it refers to is removed by the mapping"
	}
	copied := *k
	copied.Columns, copied.References, copied.Table, copied.DDL = columns, mapped, to.Target.Name, ""
	copied.Name = c.foreignKeyName(t.Target, k.Name)
	if c.like {
		return c.likeForeignKey(t, k, &copied, to)
	}
	return c.unlikeForeignKey(t, k, &copied, to)
}

func (c *converter) referenced(k *catalog.ForeignKey) *planned {
	tn := c.names.find(k.Table.Schema, k.Table.Name)
	if tn == nil {
		return nil
	}
	return c.bySource[tn.source.Name]
}

func (c *converter) likeForeignKey(t *planned, k, copied *catalog.ForeignKey, to *planned) (*catalog.ForeignKey, string) {
	if c.names.plain(t.Plan.Source.Name) && c.names.plain(to.Plan.Source.Name) && copied.Name == k.Name {
		copied.DDL, copied.References = k.DDL, k.References
	}
	if c.to != catalog.SQLite && !isUnique(to.Target, copied.References) && isUnique(to.Plan.Source, k.References) {
		return nil, "the key it refers to is not carried over"
	}
	return copied, ""
}

func (c *converter) unlikeForeignKey(t *planned, k, copied *catalog.ForeignKey, to *planned) (*catalog.ForeignKey, string) {
	if !isUnique(to.Target, copied.References) {
		return nil, "what it refers to has no primary or unique key on the target"
	}
	if k.NotValid {
		return nil, "it is not valid at the source, so that rows may break it"
	}
	changed := func(what string) {
		c.notePart("foreign key", t.Plan.Source, k.Name, Changed, "Foreign key %q of table %s %s.", k.Name, t.Plan.Source.Name, what)
	}
	if c.to == catalog.MySQL {
		if k.OnDelete == "SET DEFAULT" || k.OnUpdate == "SET DEFAULT" {
			return nil, "InnoDB has no SET DEFAULT"
		}
		if k.Deferrable != "" {
			copied.Deferrable = ""
			changed("is checked at once on the target, because MySQL defers none")
		}
		for i, name := range copied.Columns {
			a, b := t.Target.Column(name), to.Target.Column(copied.References[i])
			alike := a.BaseType == b.BaseType && (!a.Type.Kind.IsInteger() || a.NativeType == b.NativeType)
			if mysqlUnkeyed.MatchString(a.NativeType) || !alike {
				return nil, "its column " + name + " is " + a.NativeType + " on the target and the one it refers to is " + b.NativeType
			}
		}
	}
	if k.Match == "FULL" && c.to != catalog.PostgreSQL {
		copied.Match = ""
		if len(k.Columns) > 1 {
			changed("lets rows through that have NULL in some of its columns, because the target knows no MATCH FULL")
		}
	}
	if copied.Name == "" && c.to != catalog.SQLite {
		copied.Name = c.foreignKeyName(t.Target, t.Target.Name.Name+"_"+copied.Columns[0]+"_fkey")
	}
	return copied, ""
}

// mysqlChecks takes away checks over columns that MySQL lets none mention: those that number themselves, and those
// that a foreign key changes.
func (c *converter) mysqlChecks() {
	if c.like || c.to != catalog.MySQL {
		return
	}
	for _, t := range c.tables {
		if t.Folded {
			continue
		}
		kept := t.Target.Checks[:0]
		for _, k := range t.Target.Checks {
			if column := c.uncheckable(t.Target, k.Expression); column != "" {
				c.notePart("check constraint", t.Plan.Source, k.Name, NotCarried, "%s of table %s is not carried over, because MySQL allows no check over column %q, which numbers itself or is changed by a foreign key.", labelCheck(k), t.Plan.Source.Name, column)
				continue
			}
			kept = append(kept, k)
		}
		t.Target.Checks = kept
	}
}

// uncheckable returns the first column an expression mentions that MySQL lets no check mention.
func (c *converter) uncheckable(t *catalog.Table, expression string) string {
	changed := map[string]bool{}
	for _, k := range t.ForeignKeys {
		if k.OnDelete == "SET NULL" || k.OnUpdate == "SET NULL" || k.OnUpdate == "CASCADE" {
			for _, name := range k.Columns {
				changed[name] = true
			}
		}
	}
	tokens, err := tokenize(c.to, expression)
	if err != nil {
		return ""
	}
	for _, tok := range tokens {
		col := t.Column(tok.value)
		if tok.kind == quotedToken && col != nil && (changed[col.Name] || col.Identity.Kind != catalog.NotIdentity) {
			return col.Name
		}
	}
	return ""
}

// isUnique reports whether a table has a key or a plain unique index over exactly the columns, in any order.
func isUnique(t *catalog.Table, columns []string) bool {
	same := func(key []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(key)), slices.Sorted(slices.Values(columns)))
	}
	if t.PrimaryKey != nil && same(t.PrimaryKey.Columns) {
		return true
	}
	for _, k := range t.Uniques {
		if same(k.Columns) {
			return true
		}
	}
	for _, x := range t.Indexes {
		if key, plain := plainColumns(x); x.Unique && plain && x.Where == "" && same(key) {
			return true
		}
	}
	return false
}

// matchForeignTypes gives a column the type of the column it refers to where that had to become a smaller integer to
// number itself: PostgreSQL refuses a foreign key between numeric and bigint.
func (c *converter) matchForeignTypes() {
	if c.like || c.to == catalog.MySQL || !c.in.Options.SecondaryObjects {
		return
	}
	for again := true; again; {
		again = false
		for _, t := range c.tables {
			for _, k := range t.Plan.Source.ForeignKeys {
				again = c.matchColumns(t, k) || again
			}
		}
	}
}

func (c *converter) matchColumns(t *planned, k *catalog.ForeignKey) bool {
	to := c.referenced(k)
	if to == nil || t.Folded || len(k.References) != len(k.Columns) {
		return false
	}
	columns, missing := t.names.columnsOf(k.Columns)
	references, gone := to.names.columnsOf(k.References)
	if missing != "" || gone != "" {
		return false
	}
	changed := false
	for i := range columns {
		a, b := t.Target.Column(columns[i]), to.Target.Column(references[i])
		if a == nil || b == nil {
			continue
		}
		wide := a.NativeType == "numeric(20,0)" || a.NativeType == "DECIMAL_TEXT(20,0)"
		if wide && b.Type.Kind.IsInteger() {
			c.setType(a, b.NativeType)
			changed = true
		}
	}
	return changed
}
