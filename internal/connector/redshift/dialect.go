package redshift

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Dialect writes Redshift's DDL: tables with their columns and primary keys. Distribution, sort keys and encodings are left to the
// server, which chooses them by itself (DISTSTYLE AUTO, SORTKEY AUTO, ENCODE AUTO).
type Dialect struct {
	// caseSensitive keeps names as they are; otherwise the server has them in small letters.
	caseSensitive bool
}

var (
	_ connector.Dialect    = Dialect{}
	_ connector.Alterer    = Dialect{}
	_ connector.Loosener   = Dialect{}
	_ connector.Lowercaser = Dialect{}
)

// Lowercases implements connector.Lowercaser.
func (d Dialect) Lowercases() bool { return !d.caseSensitive }

// Quote implements connector.Dialect.
func (Dialect) Quote(name string) string { return quote(name) }

// MaxName implements connector.Dialect.
func (Dialect) MaxName() int { return 127 }

// NameLength implements connector.Dialect: in bytes.
func (Dialect) NameLength(name string) int { return len(name) }

// Script implements connector.Dialect. The key goes with the table: it is not enforced, so that it costs nothing.
func (Dialect) Script(t *catalog.Table, _ bool) catalog.Script {
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, columnText(t, c))
	}
	if t.PrimaryKey != nil {
		parts = append(parts, "PRIMARY KEY ("+quoteNames(t.PrimaryKey.Columns)+")")
	}
	sql := "CREATE TABLE " + quoteName(t.Name) + " (\n\t" + strings.Join(parts, ",\n\t") + "\n)"
	return catalog.Script{Create: []catalog.Statement{{SQL: sql, Makes: catalog.Ref{Kind: catalog.TableRef, Name: t.Name}}}}
}

func columnText(t *catalog.Table, c *catalog.Column) string {
	text := quote(c.Name) + " " + c.NativeType
	if c.Default != nil {
		text += " DEFAULT " + *c.Default
	}
	if c.NotNull || inKey(t, c.Name) {
		text += " NOT NULL"
	}
	return text
}

// inKey reports whether a column is part of the primary key, which Redshift wants to be NOT NULL.
func inKey(t *catalog.Table, column string) bool {
	if t == nil || t.PrimaryKey == nil {
		return false
	}
	for _, name := range t.PrimaryKey.Columns {
		if name == column {
			return true
		}
	}
	return false
}

// CreateSchema implements connector.Dialect.
func (Dialect) CreateSchema(s *catalog.Schema) []catalog.Statement {
	return []catalog.Statement{{SQL: "CREATE SCHEMA IF NOT EXISTS " + quote(s.Name), Makes: catalog.Ref{Kind: catalog.SchemaRef, Name: catalog.Name{Schema: s.Name, Name: s.Name}}}}
}

// CreateSequence implements connector.Dialect: Redshift has none.
func (Dialect) CreateSequence(*catalog.Sequence) []catalog.Statement { return nil }

// CreateView implements connector.Dialect: views are not carried over.
func (Dialect) CreateView(*catalog.View) []catalog.Statement { return nil }

// Drop implements connector.Dialect.
func (Dialect) Drop(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "DROP TABLE IF EXISTS " + quoteName(n)}
}

// Truncate implements connector.Dialect. It commits.
func (Dialect) Truncate(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "TRUNCATE TABLE " + quoteName(n)}
}

func alter(n catalog.Name, what string) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quoteName(n) + " " + what}}
}

// AddColumn implements connector.Alterer. A column that may not be null needs a default on Redshift, and is added without.
func (Dialect) AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement {
	added := *c
	added.NotNull = added.NotNull && added.Default != nil
	return alter(t, "ADD COLUMN "+columnText(nil, &added))
}

// DropColumn implements connector.Alterer.
func (Dialect) DropColumn(t catalog.Name, column string) []catalog.Statement {
	return alter(t, "DROP COLUMN "+quote(column))
}

// RenameColumn implements connector.Alterer.
func (Dialect) RenameColumn(t catalog.Name, from, to string) []catalog.Statement {
	return alter(t, "RENAME COLUMN "+quote(from)+" TO "+quote(to))
}

// retyping is what the new column is called while the old one is there.
const retyping = "awsdms_retyped"

// ChangeType implements connector.Alterer. Redshift changes nothing of a type but the length of a VARCHAR, and that in no transaction;
// so any other type is a new column in the place of the old.
func (Dialect) ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement {
	value := "CAST(" + quote(c.Name) + " AS " + c.NativeType + ")"
	if isSuper(c) {
		value = "json_parse(" + quote(c.Name) + ")"
	}
	return replaceColumn(t, c, value)
}

// DropNotNull implements connector.Loosener. Redshift takes NOT NULL from no column that is there.
func (Dialect) DropNotNull(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return replaceColumn(t, c, quote(c.Name))
}

// replaceColumn puts a new column, which may be null, in the place of the old one, with a value made of it. The steps can be told apart
// afterwards, so that they can be gone on with.
func replaceColumn(t catalog.Name, c *catalog.Column, value string) []catalog.Statement {
	table, column, fresh := quoteName(t), quote(c.Name), quote(retyping)
	return []catalog.Statement{
		{SQL: "ALTER TABLE " + table + " ADD COLUMN " + fresh + " " + c.NativeType},
		{SQL: "UPDATE " + table + " SET " + fresh + " = " + value},
		{SQL: "ALTER TABLE " + table + " DROP COLUMN " + column},
		{SQL: "ALTER TABLE " + table + " RENAME COLUMN " + fresh + " TO " + column},
	}
}

// RenameTable implements connector.Alterer. Redshift moves no table to another schema, and says so.
func (Dialect) RenameTable(from, to catalog.Name) []catalog.Statement {
	var ss []catalog.Statement
	if from.Schema != to.Schema {
		ss = alter(from, "SET SCHEMA "+quote(to.Schema))
		from.Schema = to.Schema
	}
	if from.Name != to.Name {
		ss = append(ss, alter(from, "RENAME TO "+quote(to.Name))...)
	}
	return ss
}
