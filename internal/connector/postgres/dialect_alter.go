package postgres

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Alterer     = Dialect{}
	_ connector.Constrainer = Dialect{}
)

// The statements reach partitions and children: these have the columns of their parents, and the server refuses to
// change one without the other. What is there already, or gone already, is no error.

func alterWhole(t catalog.Name) string { return "ALTER TABLE " + quoteName(t) + " " }

// AddColumn implements connector.Alterer.
func (Dialect) AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement {
	table := &catalog.Table{Name: t, Columns: []*catalog.Column{c}}
	ss := sequencesOf(table)
	clause := quote(c.Name) + " " + c.NativeType
	if c.Collation != "" {
		clause += " COLLATE " + c.Collation
	}
	ss = append(ss, catalog.Statement{SQL: alterWhole(t) + "ADD COLUMN IF NOT EXISTS " + clause + columnOptions(c)})
	if c.Identity.Kind == catalog.IdentitySerial && !serialWithoutSequence(c) {
		ss = append(ss, catalog.Statement{SQL: "ALTER SEQUENCE " + quoteName(c.Identity.Sequence) + " OWNED BY " + quoteName(t) + "." + quote(c.Name)})
	}
	for _, a := range c.Attributes {
		ss = append(ss, catalog.Statement{SQL: alterWhole(t) + "ALTER COLUMN " + quote(c.Name) + " " + a})
	}
	return append(ss, columnComments(t, table.Columns)...)
}

// DropColumn implements connector.Alterer.
func (Dialect) DropColumn(t catalog.Name, column string) []catalog.Statement {
	return []catalog.Statement{{SQL: alterWhole(t) + "DROP COLUMN IF EXISTS " + quote(column)}}
}

// RenameColumn implements connector.Alterer.
func (Dialect) RenameColumn(t catalog.Name, from, to string) []catalog.Statement {
	return []catalog.Statement{{SQL: alterWhole(t) + "RENAME COLUMN " + quote(from) + " TO " + quote(to)}}
}

// ChangeType implements connector.Alterer. A default stands aside: it may not follow the type by itself.
func (Dialect) ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement {
	column := "ALTER COLUMN " + quote(c.Name) + " "
	change := column + "TYPE " + c.NativeType
	if c.Collation != "" {
		change += " COLLATE " + c.Collation
	}
	if c.Generated == "" {
		change += " USING " + quote(c.Name) + "::" + c.NativeType
	}
	if c.Default != nil && c.Generated == "" && c.Identity.Kind == catalog.NotIdentity {
		change = column + "DROP DEFAULT, " + change + ", " + column + "SET DEFAULT " + *c.Default
	}
	return []catalog.Statement{{SQL: alterWhole(t) + change}}
}

// RenameTable implements connector.Alterer.
func (Dialect) RenameTable(from, to catalog.Name) []catalog.Statement {
	var ss []catalog.Statement
	if from.Name != to.Name {
		ss = append(ss, catalog.Statement{SQL: alterWhole(from) + "RENAME TO " + quote(to.Name)})
		from.Name = to.Name
	}
	if from.Schema != to.Schema {
		ss = append(ss, catalog.Statement{SQL: alterWhole(from) + "SET SCHEMA " + quote(to.Schema)})
	}
	return ss
}

// DropNotNull implements connector.Constrainer.
func (Dialect) DropNotNull(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return []catalog.Statement{{SQL: alterWhole(t) + "ALTER COLUMN " + quote(c.Name) + " DROP NOT NULL"}}
}

// ChangeKey implements connector.Constrainer. The constraint is found by what it is: tables and keys have got other names by now, or had
// none. The columns of a key that goes may be null again, as far as they were not declared otherwise.
func (Dialect) ChangeKey(t catalog.Name, from, to *catalog.Key) (ss []catalog.Statement, ok bool) {
	if from != nil {
		body := `DECLARE old pg_catalog.name; BEGIN
 SELECT conname INTO old FROM pg_catalog.pg_constraint WHERE contype = 'p' AND conrelid = ` + quoteLiteral(quoteName(t)) + `::pg_catalog.regclass;
 IF old IS NOT NULL THEN
  EXECUTE pg_catalog.format(` + quoteLiteral(alterWhole(t)+"DROP CONSTRAINT %I") + `, old);
 END IF;
END`
		ss = append(ss, catalog.Statement{SQL: "DO " + quoteLiteral(body)})
	}
	if to != nil {
		ss = append(ss, catalog.Statement{SQL: alterWhole(t) + "ADD PRIMARY KEY (" + quoteNames(to.Columns) + ")"})
	}
	return ss, true
}
