package mysql

import (
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/datatype"
)

// fromFields builds the parts of a table that has no text of its own: one from another engine, or one that the
// mapping has changed.
func (d Dialect) fromFields(b *blueprint, t *catalog.Table) {
	inColumn := make(map[string]string)
	for _, c := range t.Checks {
		switch {
		case strings.HasPrefix(c.DDL, columnCheck) && t.Column(c.Name) != nil:
			inColumn[c.Name] = c.DDL
		case c.Name == "":
			b.checks = append(b.checks, "CHECK ("+c.Expression+")")
		default:
			b.checks = append(b.checks, "CONSTRAINT "+quoteIdent(c.Name)+" CHECK ("+c.Expression+")")
		}
	}
	counter := counterColumn(t)
	for _, c := range t.Columns {
		text := d.column(c, c == counter)
		if check := inColumn[c.Name]; check != "" {
			text += " " + check
		}
		b.inline = append(b.inline, text)
	}
	if k := t.PrimaryKey; k != nil {
		b.inline = append(b.inline, primaryKey(k))
	}
	if counter != nil && b.counted == "" && (t.PrimaryKey == nil || t.PrimaryKey.Columns[0] != counter.Name) {
		b.inline = append(b.inline, "KEY ("+quoteIdent(counter.Name)+")")
	}
	if periods := t.Native[nativePeriods]; periods != "" {
		b.inline = append(b.inline, strings.Split(periods, "\n")...)
	}
	b.indexes = secondary(t)
	b.options = d.options(t)
}

// counterColumn returns the column that gets AUTO_INCREMENT: a table may have one, and it must be a number.
func counterColumn(t *catalog.Table) *catalog.Column {
	for _, c := range t.Columns {
		if c.Identity.Kind != catalog.NotIdentity {
			if c.Type.Kind.IsInteger() || strings.Contains(strings.ToLower(c.NativeType), "int") {
				return c
			}
			return nil
		}
	}
	return nil
}

func primaryKey(k *catalog.Key) string {
	if k.DDL != "" && strings.HasPrefix(k.DDL, "PRIMARY KEY") {
		return k.DDL
	}
	return "PRIMARY KEY (" + quoteIdents(k.Columns) + ")" + comment(k.Comment)
}

func secondary(t *catalog.Table) []part {
	var out []part
	for _, k := range t.Uniques {
		text := k.DDL
		if !strings.HasPrefix(text, "UNIQUE KEY ") {
			text = "UNIQUE KEY " + quoteIdent(k.Name) + " (" + quoteIdents(k.Columns) + ")" + comment(k.Comment)
		}
		out = append(out, part{kind: uniquePart, name: k.Name, text: text})
	}
	for _, x := range t.Indexes {
		out = append(out, index(t, x))
	}
	return out
}

// index writes a secondary index: the server's own definition when it is there, else what the fields say. Access
// methods of other engines become the one that MySQL has.
func index(t *catalog.Table, x *catalog.Index) part {
	p := part{kind: indexPart, name: x.Name}
	head, tail := "KEY ", ""
	switch {
	case x.Method == "fulltext" || x.Method == "spatial" || x.Method == "vector":
		p.kind, head = specialPart, strings.ToUpper(x.Method)+" KEY "
	case x.Unique:
		p.kind, head = uniquePart, "UNIQUE KEY "
	}
	if x.Method == "hash" {
		tail = " USING HASH"
	}
	if own, ok := strings.CutPrefix(x.DDL, addClause(t.Name, "")); ok {
		p.text = own
		return p
	}
	p.text = head + quoteIdent(x.Name) + " " + indexParts(x.Parts) + tail + comment(x.Comment)
	return p
}

func indexParts(parts []catalog.IndexPart) string {
	texts := make([]string, len(parts))
	for n, p := range parts {
		text := quoteIdent(p.Column)
		if p.Column == "" {
			text = "(" + p.Expression + ")"
		}
		if p.Length > 0 {
			text += "(" + strconv.Itoa(p.Length) + ")"
		}
		if p.Descending {
			text += " DESC"
		}
		texts[n] = text
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

// foreignKey writes a foreign key: in the server's own words where they still name the right table.
func foreignKey(t *catalog.Table, k *catalog.ForeignKey) string {
	if strings.Contains(k.DDL, " REFERENCES "+quoteTable(k.Table)+" (") ||
		k.Table.Schema == t.Name.Schema && strings.Contains(k.DDL, " REFERENCES "+quoteIdent(k.Table.Name)+" (") {
		return k.DDL
	}
	text := "FOREIGN KEY (" + quoteIdents(k.Columns) + ") REFERENCES " + quoteTable(k.Table) + " (" + quoteIdents(k.References) + ")"
	if k.Name != "" {
		text = "CONSTRAINT " + quoteIdent(k.Name) + " " + text
	}
	if k.OnDelete != "" {
		text += " ON DELETE " + k.OnDelete
	}
	if k.OnUpdate != "" {
		text += " ON UPDATE " + k.OnUpdate
	}
	return text
}

func comment(text string) string {
	if text == "" {
		return ""
	}
	return " COMMENT " + quoteString(text)
}

// options writes what follows the closing parenthesis.
func (d Dialect) options(t *catalog.Table) string {
	if own := t.Native[nativeOptions]; own != "" {
		return own
	}
	engine := t.Native[nativeEngine]
	if engine == "" {
		engine = "InnoDB"
	}
	text := "ENGINE=" + engine
	if collation := t.Native[nativeCollation]; collation != "" {
		text += " DEFAULT CHARSET=" + charsetOf(collation) + " COLLATE=" + collation
	} else {
		text += " DEFAULT CHARSET=utf8mb4 " + d.binaryCollation()
	}
	if t.Comment != "" {
		text += " COMMENT=" + quoteString(t.Comment)
	}
	if t.Native[nativeVersioned] != "" {
		text += " WITH SYSTEM VERSIONING"
	}
	if clause := t.Native[nativePartition]; clause != "" {
		text += " " + clause
	}
	return text
}

// column writes a column definition.
func (d Dialect) column(c *catalog.Column, counts bool) string {
	b := []string{quoteIdent(c.Name), c.NativeType}
	native := c.Native
	if strings.HasPrefix(native, "REF_SYSTEM_ID=") {
		// This one is part of the type.
		first, rest, _ := strings.Cut(native, " ")
		native = rest
		b = append(b, first)
	}
	if c.Collation != "" {
		b = append(b, "CHARACTER SET "+charsetOf(c.Collation), "COLLATE "+c.Collation)
	}
	if c.Generated != "" {
		return strings.Join(append(b, d.generated(c)...), " ") + comment(c.Comment)
	}
	b = append(b, nullness(c))
	if native != "" {
		b = append(b, native)
	}
	switch {
	case counts:
		b = append(b, "AUTO_INCREMENT")
	case c.Default != nil:
		b = append(b, "DEFAULT "+d.defaultOf(c))
	}
	return strings.Join(b, " ") + comment(c.Comment)
}

// nullness says NULL where it matters: without it some servers give a timestamp NOT NULL and a default of their own.
func nullness(c *catalog.Column) string {
	if c.NotNull {
		return "NOT NULL"
	}
	return "NULL"
}

// generated writes a generated column. MariaDB takes no NOT NULL on one.
func (d Dialect) generated(c *catalog.Column) []string {
	if c.Generated == "ROW START" || c.Generated == "ROW END" {
		return []string{"GENERATED ALWAYS AS " + c.Generated, c.Native}
	}
	b := []string{"GENERATED ALWAYS AS (" + c.Generated + ")", "VIRTUAL"}
	if c.Stored {
		b[1] = "STORED"
	}
	if c.NotNull && d.Flavour == MySQL {
		b = append(b, "NOT NULL")
	}
	if c.Native != "" {
		b = append(b, c.Native)
	}
	return b
}

// defaultOf writes a default. MySQL takes one on these types only in parentheses; MariaDB takes it either way.
func (d Dialect) defaultOf(c *catalog.Column) string {
	text := *c.Default
	lob := strings.HasSuffix(c.BaseType, "text") || strings.HasSuffix(c.BaseType, "blob") || c.BaseType == "json" || c.Type.Hint == datatype.Spatial
	if lob && d.Flavour != MariaDB && !strings.HasPrefix(text, "(") && !strings.EqualFold(text, "NULL") {
		return "(" + text + ")"
	}
	return text
}
