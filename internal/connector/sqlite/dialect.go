package sqlite

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Dialect writes SQLite's DDL.
type Dialect struct{}

var _ connector.Dialect = Dialect{}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Quote implements connector.Dialect.
func (Dialect) Quote(name string) string { return quote(name) }

// MaxName implements connector.Dialect: SQLite bounds no identifier.
func (Dialect) MaxName() int { return 0 }

// NameLength implements connector.Dialect.
func (Dialect) NameLength(name string) int { return len(name) }

// CreateSchema implements connector.Dialect: the one schema is always there.
func (Dialect) CreateSchema(*catalog.Schema) []catalog.Statement { return nil }

// CreateSequence implements connector.Dialect: SQLite has no sequences.
func (Dialect) CreateSequence(*catalog.Sequence) []catalog.Statement { return nil }

// CreateView implements connector.Dialect.
func (Dialect) CreateView(v *catalog.View) []catalog.Statement {
	ref := catalog.Ref{Kind: catalog.ViewRef, Name: v.Name}
	if len(v.DDL) > 0 {
		out := make([]catalog.Statement, len(v.DDL))
		for i, ddl := range v.DDL {
			out[i] = catalog.Statement{SQL: ddl}
		}
		out[len(out)-1].Makes = ref
		return out
	}
	return []catalog.Statement{{SQL: "CREATE VIEW " + quote(v.Name.Name) + " AS " + v.Query, Makes: ref}}
}

// Drop implements connector.Dialect.
func (Dialect) Drop(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "DROP TABLE IF EXISTS " + quote(n.Name)}
}

// Truncate implements connector.Dialect. A DELETE without a condition frees whole pages at a time.
func (Dialect) Truncate(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "DELETE FROM " + quote(n.Name)}
}

// Script implements connector.Dialect. SQLite cannot add a constraint to a table, so that keys, checks and foreign keys
// are all part of Create, whatever keysFirst asks; rows are checked against foreign keys at the end.
func (Dialect) Script(t *catalog.Table, _ bool) catalog.Script {
	var s catalog.Script
	s.Create = []catalog.Statement{{SQL: createTable(t), Makes: catalog.Ref{Kind: catalog.TableRef, Name: t.Name}}}
	for _, ix := range t.Indexes {
		s.Indexes = append(s.Indexes, catalog.Statement{SQL: createIndex(t, ix),
			Makes: catalog.Ref{Kind: catalog.IndexRef, Name: catalog.Name{Schema: t.Name.Schema, Name: ix.Name}, Table: t.Name.Name}})
	}
	if len(t.ForeignKeys) > 0 {
		s.Attach = append(s.Attach, catalog.Statement{SQL: foreignKeyCheck + "(" + quote(t.Name.Name) + ")"})
	}
	for _, c := range t.Columns {
		if c.Identity.Kind != catalog.NotIdentity && c.Identity.Next > 1 && isSoleKey(t, c) && hasAutoincrement(t) {
			name := literal(t.Name.Name)
			s.Finish = append(s.Finish, catalog.Statement{SQL: "DELETE FROM sqlite_sequence WHERE name = " + name},
				catalog.Statement{SQL: fmt.Sprintf("INSERT INTO sqlite_sequence(name, seq) VALUES (%s, %d)", name, c.Identity.Next-1)})
		}
	}
	return s
}

// foreignKeyCheck is the statement whose rows Exec reports as an error.
const foreignKeyCheck = "PRAGMA foreign_key_check"

func hasAutoincrement(t *catalog.Table) bool {
	if create := nativeCreate(t); create != "" {
		return parseTable(create).autoincr
	}
	return true
}

func isSoleKey(t *catalog.Table, c *catalog.Column) bool {
	return t.PrimaryKey != nil && len(t.PrimaryKey.Columns) == 1 && t.PrimaryKey.Columns[0] == c.Name
}

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

// createIndex uses the index's own statement while it still names this table.
func createIndex(t *catalog.Table, ix *catalog.Index) string {
	if ix.DDL != "" && indexTable(ix.DDL) == t.Name.Name && t.Native["create"] == nativeCreate(t) {
		return ix.DDL
	}
	var parts []string
	for _, p := range ix.Parts {
		part := quote(p.Column)
		if p.Expression != "" {
			part = p.Expression
		}
		if p.Descending {
			part += " DESC"
		}
		parts = append(parts, part)
	}
	unique, where := "", ""
	if ix.Unique {
		unique = "UNIQUE "
	}
	if ix.Where != "" {
		where = " WHERE " + ix.Where
	}
	return "CREATE " + unique + "INDEX " + quote(ix.Name) + " ON " + quote(t.Name.Name) + " (" + strings.Join(parts, ", ") + ")" + where
}

// indexTable returns the table that a CREATE INDEX statement names.
func indexTable(ddl string) string {
	ts := tokenize(ddl)
	for i, t := range ts {
		if t.is("ON") && i+1 < len(ts) {
			return ts[i+1].text
		}
	}
	return ""
}
