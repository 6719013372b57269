package convert

import (
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

func (c *converter) unlikeIndexes(t *planned) {
	for _, x := range t.Plan.Source.Indexes {
		copied, why := c.unlikeIndex(t, x)
		if why != "" {
			c.notePart("index", t.Plan.Source, x.Name, NotCarried, "Index %q of table %s is not carried over, because %s.", x.Name, t.Plan.Source.Name, why)
			continue
		}
		copied.Name = c.indexName(t.Target, x.Name)
		t.Target.Indexes = append(t.Target.Indexes, copied)
		if copied.Name != x.Name {
			c.notePart("index", t.Plan.Source, x.Name, Changed, "Index %q of table %s is called %q, because its name is taken or too long on the target.", x.Name, t.Plan.Source.Name, copied.Name)
		}
	}
}

// unlikeIndex builds an index for another family, or says why it cannot be.
func (c *converter) unlikeIndex(t *planned, x *catalog.Index) (*catalog.Index, string) {
	copied := &catalog.Index{Unique: x.Unique, Comment: x.Comment}
	switch x.Method {
	case "", "btree":
	case "hash":
		c.notePart("index", t.Plan.Source, x.Name, Changed, "Index %q of table %s becomes an ordered index on the target.", x.Name, t.Plan.Source.Name)
	default:
		return nil, "the target has no index of the kind " + x.Method + " that means the same"
	}
	if x.Where != "" {
		where, why := c.unlikeWhere(t, x)
		if why != "" {
			return nil, why
		}
		copied.Where = where
	}
	for _, p := range x.Parts {
		part, why := c.unlikePart(t, x, p)
		if why != "" {
			return nil, why
		}
		copied.Parts = append(copied.Parts, part)
	}
	if len(x.Include) > 0 {
		c.notePart("index", t.Plan.Source, x.Name, Changed, "Index %q of table %s loses its included columns, which only PostgreSQL has.", x.Name, t.Plan.Source.Name)
	}
	return copied, ""
}

func (c *converter) unlikeWhere(t *planned, x *catalog.Index) (where, why string) {
	if c.to == catalog.MySQL || c.from == catalog.MySQL {
		return "", "MySQL has no index over a part of the rows (" + x.Where + ")"
	}
	tr := translator{from: c.from, to: c.to, table: t.names, target: t.Target}
	text, err := tr.translate(x.Where)
	if err != nil {
		return "", "of its predicate (" + x.Where + "): " + err.Error()
	}
	return text, ""
}

// The longest text of which an index of PostgreSQL surely holds the whole: a page's third in bytes, in characters.
const postgresWholeText = 600

func (c *converter) unlikePart(t *planned, x *catalog.Index, p catalog.IndexPart) (catalog.IndexPart, string) {
	if p.Column == "" {
		return p, "an index over an expression is not carried to another engine (" + p.Expression + ")"
	}
	columns, missing := t.names.columnsOf([]string{p.Column})
	if missing != "" {
		return p, "its column " + strconv.Quote(missing) + " is removed by the mapping"
	}
	col := t.Target.Column(columns[0])
	part := catalog.IndexPart{Column: col.Name, Descending: p.Descending}
	if c.to == catalog.MySQL {
		return c.mysqlPart(x, col, part)
	}
	if p.Length == 0 {
		return part, ""
	}
	if whole := c.to == catalog.SQLite || col.Type.Length > 0 && col.Type.Length <= postgresWholeText; whole && !x.Unique {
		return part, ""
	}
	// The beginning of the value is what the source keeps unique, and what fits into an index.
	part.Column = ""
	part.Expression = "substr(" + quoteName(c.to, col.Name) + ", 1, " + strconv.Itoa(p.Length) + ")"
	return part, ""
}

// The characters of utf8mb4 a key of InnoDB holds in all its parts, and the part of a text worth indexing.
const (
	mysqlKeyCharacters   = 768
	mysqlPrefixCharacter = 255
)

func (c *converter) mysqlPart(x *catalog.Index, col *catalog.Column, part catalog.IndexPart) (catalog.IndexPart, string) {
	switch {
	case col.NativeType == "json" || col.NativeType == "geometry":
		return part, "MySQL has no such index over " + col.NativeType + " (column " + col.Name + ")"
	case !mysqlUnkeyed.MatchString(col.NativeType) && col.Type.Length <= mysqlKeyCharacters/len(x.Parts):
		return part, ""
	case !col.Type.Kind.IsText() && !mysqlUnkeyed.MatchString(col.NativeType):
		return part, ""
	case x.Unique && mysqlUnkeyed.MatchString(col.NativeType):
		return part, "MySQL has no unique index over the whole of a " + col.NativeType + " (column " + col.Name + ")"
	case x.Unique:
		return part, ""
	}
	part.Length = min(mysqlPrefixCharacter, mysqlKeyCharacters/len(x.Parts))
	return part, ""
}
