package s3

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Dialect writes statements about tables of files, in SQL's words so that people can read them in a plan. The target reads
// them back: see parse.
type Dialect struct{}

var (
	_ connector.Dialect = Dialect{}
	_ connector.Alterer = Dialect{}
)

// Quote implements connector.Dialect.
func (Dialect) Quote(name string) string { return quote(name) }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteName(n catalog.Name) string { return quote(n.Schema) + "." + quote(n.Name) }

// MaxName implements connector.Dialect: what file systems take for one name.
func (Dialect) MaxName() int { return 200 }

// NameLength implements connector.Dialect.
func (Dialect) NameLength(name string) int { return len(component(name)) }

// Script implements connector.Dialect.
func (Dialect) Script(t *catalog.Table, _ bool) catalog.Script {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + quoteName(t.Name) + " (")
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(columnText(c))
	}
	if k := t.PrimaryKey; k != nil {
		b.WriteString(", PRIMARY KEY (")
		for i, name := range k.Columns {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(name))
		}
		b.WriteString(")")
	}
	b.WriteString(")")
	return catalog.Script{Create: []catalog.Statement{{SQL: b.String(), Makes: catalog.Ref{Kind: catalog.TableRef, Name: t.Name}}}}
}

func columnText(c *catalog.Column) string {
	text := quote(c.Name) + " " + c.NativeType
	if c.NotNull {
		text += notNull
	}
	return text
}

const notNull = " NOT NULL"

// CreateSchema implements connector.Dialect: a folder comes with its first file.
func (Dialect) CreateSchema(*catalog.Schema) []catalog.Statement { return nil }

// CreateSequence implements connector.Dialect.
func (Dialect) CreateSequence(*catalog.Sequence) []catalog.Statement { return nil }

// CreateView implements connector.Dialect.
func (Dialect) CreateView(*catalog.View) []catalog.Statement { return nil }

// Drop implements connector.Dialect. It deletes the table's files.
func (Dialect) Drop(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "DROP TABLE " + quoteName(n)}
}

// Truncate implements connector.Dialect. It deletes the table's files.
func (Dialect) Truncate(n catalog.Name) catalog.Statement {
	return catalog.Statement{SQL: "TRUNCATE TABLE " + quoteName(n)}
}

func alter(n catalog.Name, what string) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quoteName(n) + " " + what}}
}

// AddColumn implements connector.Alterer. Files that are there stay as they are, here and below.
func (Dialect) AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return alter(t, "ADD COLUMN "+columnText(c))
}

// DropColumn implements connector.Alterer.
func (Dialect) DropColumn(t catalog.Name, column string) []catalog.Statement {
	return alter(t, "DROP COLUMN "+quote(column))
}

// RenameColumn implements connector.Alterer.
func (Dialect) RenameColumn(t catalog.Name, from, to string) []catalog.Statement {
	return alter(t, "RENAME COLUMN "+quote(from)+" TO "+quote(to))
}

// ChangeType implements connector.Alterer.
func (Dialect) ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return alter(t, "ALTER COLUMN "+columnText(c))
}

// RenameTable implements connector.Alterer. The files that are there stay in their folder.
func (Dialect) RenameTable(from, to catalog.Name) []catalog.Statement {
	return alter(from, "RENAME TO "+quoteName(to))
}
