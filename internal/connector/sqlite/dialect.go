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

// ident quotes the name of a column where it is read. To SQLite a name in double quotes that is no column's is a text, so that
// a column that has gone would give its name for a value; in backticks it is an error.
func ident(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func columnList(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = ident(n)
	}
	return strings.Join(list, ", ")
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
