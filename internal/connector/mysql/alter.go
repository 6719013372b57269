package mysql

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Alterer     = Dialect{}
	_ connector.Constrainer = Dialect{}
)

// AddColumn adds a column at the end. One that numbers itself has to be a key on these servers.
func (d Dialect) AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement {
	counts := c.Identity.Kind != catalog.NotIdentity
	clause := "ADD COLUMN " + d.column(c, counts)
	if counts {
		clause += ", ADD KEY (" + quoteIdent(c.Name) + ")"
	}
	return d.alter(t, clause)
}

// DropColumn drops a column, and with it its place in every index.
func (d Dialect) DropColumn(t catalog.Name, column string) []catalog.Statement {
	return d.alter(t, "DROP COLUMN "+quoteIdent(column))
}

// RenameColumn gives a column another name (MySQL 8, MariaDB 10.5 and later).
func (d Dialect) RenameColumn(t catalog.Name, from, to string) []catalog.Statement {
	return d.alter(t, "RENAME COLUMN "+quoteIdent(from)+" TO "+quoteIdent(to))
}

// ChangeType repeats the whole definition of the column, because MODIFY takes away what it does not name.
func (d Dialect) ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return d.alter(t, "MODIFY COLUMN "+d.column(c, c.Identity.Kind != catalog.NotIdentity))
}

// RenameTable also moves a table to another database.
func (d Dialect) RenameTable(from, to catalog.Name) []catalog.Statement {
	return []catalog.Statement{{
		SQL:   "RENAME TABLE " + quoteTable(from) + " TO " + quoteTable(to),
		Makes: catalog.Ref{Kind: catalog.TableRef, Name: to},
	}}
}

func (d Dialect) alter(t catalog.Name, clause string) []catalog.Statement {
	return []catalog.Statement{{SQL: d.translate("ALTER TABLE " + quoteTable(t) + " " + clause)}}
}

// DropNotNull implements connector.Constrainer: as ChangeType, with the whole definition.
func (d Dialect) DropNotNull(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return d.ChangeType(t, c)
}

// ChangeKey implements connector.Constrainer. It is one statement, since a column that numbers itself has to be a key all the while.
func (d Dialect) ChangeKey(t catalog.Name, from, to *catalog.Key) (ss []catalog.Statement, ok bool) {
	var clauses []string
	if from != nil {
		clauses = append(clauses, "DROP PRIMARY KEY")
	}
	if to != nil {
		clauses = append(clauses, "ADD PRIMARY KEY ("+quoteIdents(to.Columns)+")")
	}
	return d.alter(t, strings.Join(clauses, ", ")), true
}
