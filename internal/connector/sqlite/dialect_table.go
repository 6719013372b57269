package sqlite

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// nativeCreate returns the table's own CREATE statement if it still describes the table: same name, same columns.
func nativeCreate(t *catalog.Table) string {
	create := t.Native["create"]
	if create == "" {
		return ""
	}
	def := parseTable(create)
	if def.name != t.Name.Name || len(def.columns) != len(t.Columns) {
		return ""
	}
	for i, c := range t.Columns {
		if def.columns[i].name != c.Name {
			return ""
		}
	}
	return create
}

func createTable(t *catalog.Table) string {
	if create := nativeCreate(t); create != "" {
		return create
	}
	var lines []string
	for _, c := range t.Columns {
		lines = append(lines, columnDefinition(t, c))
	}
	if k := t.PrimaryKey; k != nil && !hasIdentityKey(t) {
		lines = append(lines, constraint(k.Name)+"PRIMARY KEY ("+quoteAll(k.Columns)+")")
	}
	for _, k := range t.Uniques {
		lines = append(lines, constraint(k.Name)+"UNIQUE ("+quoteAll(k.Columns)+")")
	}
	for _, k := range t.Checks {
		lines = append(lines, constraint(k.Name)+"CHECK ("+k.Expression+")")
	}
	for _, k := range t.ForeignKeys {
		lines = append(lines, foreignKey(k))
	}
	var options []string
	if t.Native["strict"] != "" {
		options = append(options, "STRICT")
	}
	if withoutRowid(t) && t.PrimaryKey != nil {
		options = append(options, "WITHOUT ROWID")
	}
	sql := "CREATE TABLE " + quote(t.Name.Name) + " (\n  " + strings.Join(lines, ",\n  ") + "\n)"
	if len(options) > 0 {
		sql += " " + strings.Join(options, ", ")
	}
	return sql
}

func constraint(name string) string {
	if name == "" {
		return ""
	}
	return "CONSTRAINT " + quote(name) + " "
}

// hasIdentityKey reports whether the primary key is a column that numbers itself, which SQLite writes at the column.
func hasIdentityKey(t *catalog.Table) bool {
	if withoutRowid(t) || t.PrimaryKey == nil || len(t.PrimaryKey.Columns) != 1 {
		return false
	}
	c := t.Column(t.PrimaryKey.Columns[0])
	return c != nil && c.Identity.Kind != catalog.NotIdentity
}

func columnDefinition(t *catalog.Table, c *catalog.Column) string {
	var b strings.Builder
	b.WriteString(quote(c.Name))
	switch {
	case hasIdentityKey(t) && isSoleKey(t, c):
		// Only the type INTEGER, spelled so, makes the column the rowid, and only a rowid numbers itself.
		b.WriteString(" INTEGER " + constraint(t.PrimaryKey.Name) + "PRIMARY KEY AUTOINCREMENT")
	case c.NativeType != "":
		b.WriteString(" " + c.NativeType)
	}
	if c.Generated != "" {
		b.WriteString(" GENERATED ALWAYS AS (" + c.Generated + ")")
		if c.Stored {
			b.WriteString(" STORED")
		}
	}
	if c.NotNull {
		b.WriteString(" NOT NULL")
	}
	if c.Default != nil && c.Generated == "" {
		b.WriteString(" DEFAULT " + parenthesized(*c.Default))
	}
	if c.Collation != "" {
		b.WriteString(" COLLATE " + quote(c.Collation))
	}
	return b.String()
}

// parenthesized puts a default that is an expression into parentheses, which SQLite demands, and leaves literals bare.
func parenthesized(expr string) string {
	ts := tokenize(expr)
	if len(ts) == 1 || len(ts) == 2 && (ts[0].isPunct("-") || ts[0].isPunct("+")) {
		return expr
	}
	return "(" + expr + ")"
}

func foreignKey(k *catalog.ForeignKey) string {
	var b strings.Builder
	b.WriteString(constraint(k.Name) + "FOREIGN KEY (" + quoteAll(k.Columns) + ") REFERENCES " + quote(k.Table.Name))
	if len(k.References) > 0 {
		b.WriteString(" (" + quoteAll(k.References) + ")")
	}
	if k.OnUpdate != "" {
		b.WriteString(" ON UPDATE " + k.OnUpdate)
	}
	if k.OnDelete != "" {
		b.WriteString(" ON DELETE " + k.OnDelete)
	}
	if k.Deferrable != "" {
		b.WriteString(" " + k.Deferrable)
	}
	return b.String()
}
