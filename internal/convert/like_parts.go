package convert

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func (c *converter) likePrimaryKey(t *planned) {
	if k := t.Plan.Source.PrimaryKey; k != nil && (t.Plan.Key == nil || t.Plan.Key.UniqueIndex) {
		if copied := c.likeKey(t, "primary key", k); copied != nil {
			copied.Name = c.likeIndexName(t, "primary key", k.Name)
			t.Target.PrimaryKey = copied
		}
	}
}

// likeIndexName keeps a name unless it is taken on the target, which happens when two schemas become one.
func (c *converter) likeIndexName(t *planned, kind, name string) string {
	if name == "" || c.to == catalog.MySQL && name == "PRIMARY" {
		return name
	}
	to := c.indexName(t.Target, name)
	if to != name {
		c.notePart(kind, t.Plan.Source, name, Changed, "The %s %q of table %s is called %q, because its name is taken on the target.", kind, name, t.Plan.Source.Name, to)
	}
	return to
}

// likeKey copies a key with the names of the target, or reports why it cannot go along.
func (c *converter) likeKey(t *planned, kind string, k *catalog.Key) *catalog.Key {
	columns, missing := t.names.columnsOf(k.Columns)
	if missing != "" {
		c.removedColumn(t, kind, k.Name, missing)
		return nil
	}
	copied := *k
	copied.Columns = columns
	ddl, err := c.scope(t).rewrite(k.DDL)
	if err != nil {
		ddl = ""
		c.notePart(kind, t.Plan.Source, k.Name, Changed, "The %s %q of table %s is built from its columns alone, because %v: compare its attributes.", kind, k.Name, t.Plan.Source.Name, err)
	}
	copied.DDL = ddl
	copied.Apart = k.Apart && c.in.Options.SecondaryObjects && (t.Plan.Source.PartitionOf != nil || t.Plan.Source.PartitionBy != "")
	return &copied
}

func (c *converter) removedColumn(t *planned, kind, name, column string) {
	c.notePart(kind, t.Plan.Source, name, NotCarried, "The %s %q of table %s is not carried over, because its column %q is removed by the mapping.", kind, name, t.Plan.Source.Name, column)
}

// likeIndex copies an index.
func (c *converter) likeIndex(t *planned, x *catalog.Index) {
	s := c.scope(t)
	copied := *x
	copied.Parts = make([]catalog.IndexPart, len(x.Parts))
	for i, part := range x.Parts {
		if part.Column != "" {
			columns, missing := t.names.columnsOf([]string{part.Column})
			if missing != "" {
				c.removedColumn(t, "index", x.Name, missing)
				return
			}
			part.Column = columns[0]
		} else if text, err := s.rewrite(part.Expression); err == nil {
			part.Expression = text
		} else {
			c.notePart("index", t.Plan.Source, x.Name, NotCarried, "Index %q of table %s is not carried over, because %v.", x.Name, t.Plan.Source.Name, err)
			return
		}
		copied.Parts[i] = part
	}
	include, missing := t.names.columnsOf(x.Include)
	if missing != "" {
		c.removedColumn(t, "index", x.Name, missing)
		return
	}
	if len(x.Include) > 0 {
		copied.Include = include
	}
	where, err := s.rewrite(x.Where)
	if err != nil {
		c.notePart("index", t.Plan.Source, x.Name, NotCarried, "Index %q of table %s is not carried over, because of its predicate: %v.", x.Name, t.Plan.Source.Name, err)
		return
	}
	copied.Where = where
	copied.Name = c.likeIndexName(t, "index", x.Name)
	copied.DDL = ""
	if ddl, err := s.rewrite(x.DDL); err == nil && copied.Name == x.Name {
		copied.DDL = ddl
	}
	t.Target.Indexes = append(t.Target.Indexes, &copied)
}

func (c *converter) likeCheck(t *planned, k *catalog.Check) {
	copied := *k
	copied.Inherited = k.Inherited && c.inherits(t)
	expression, err := c.scope(t).rewrite(k.Expression)
	if err != nil {
		c.notePart("check constraint", t.Plan.Source, k.Name, NotCarried, "%s of table %s is not carried over, because %v.", labelCheck(k), t.Plan.Source.Name, err)
		return
	}
	copied.Expression = expression
	if copied.DDL, err = c.scope(t).rewrite(k.DDL); err != nil {
		copied.DDL = ""
	}
	if copied.Name = c.checkName(t.Target, k.Name); copied.Name != k.Name {
		copied.DDL = ""
		c.notePart("check constraint", t.Plan.Source, k.Name, Changed, "%s of table %s is called %q, because its name is taken on the target.", labelCheck(k), t.Plan.Source.Name, copied.Name)
	}
	t.Target.Checks = append(t.Target.Checks, &copied)
}
