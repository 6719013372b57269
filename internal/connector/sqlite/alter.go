package sqlite

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Alterer     = Dialect{}
	_ connector.Constrainer = Dialect{}
)

// The statements of this file run in Target.Exec and ApplySession.Exec, which make a table anew where SQLite's own ALTER
// TABLE cannot change it (see rebuild). ALTER COLUMN … TYPE, which SQLite does not have, is written as other engines do.

// AddColumn implements connector.Alterer. A column that must not be null and has no default is added as one that may be,
// since the rows that are there have no value for it.
func (Dialect) AddColumn(t catalog.Name, c *catalog.Column) []catalog.Statement {
	added := *c
	if c.Default == nil || strings.EqualFold(*c.Default, "NULL") {
		added.NotNull = c.NotNull && c.Generated != ""
	}
	return []catalog.Statement{{SQL: "ALTER TABLE " + quote(t.Name) + " ADD COLUMN " + columnDefinition(&catalog.Table{Name: t}, &added)}}
}

// DropColumn implements connector.Alterer.
func (Dialect) DropColumn(t catalog.Name, column string) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quote(t.Name) + " DROP COLUMN " + quote(column)}}
}

// RenameColumn implements connector.Alterer.
func (Dialect) RenameColumn(t catalog.Name, from, to string) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quote(t.Name) + " RENAME COLUMN " + quote(from) + " TO " + quote(to)}}
}

// ChangeType implements connector.Alterer.
func (Dialect) ChangeType(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quote(t.Name) + " ALTER COLUMN " + quote(c.Name) + alterType + c.NativeType}}
}

const alterType = " TYPE "

// DropNotNull implements connector.Constrainer.
func (Dialect) DropNotNull(t catalog.Name, c *catalog.Column) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quote(t.Name) + " ALTER COLUMN " + quote(c.Name) + " DROP NOT NULL"}}
}

// ChangeKey implements connector.Constrainer: the key decides how SQLite keeps the rows, and is made with the table.
func (Dialect) ChangeKey(catalog.Name, *catalog.Key, *catalog.Key) (ss []catalog.Statement, ok bool) {
	return nil, false
}

// RenameTable implements connector.Alterer.
func (Dialect) RenameTable(from, to catalog.Name) []catalog.Statement {
	return []catalog.Statement{{SQL: "ALTER TABLE " + quote(from.Name) + " RENAME TO " + quote(to.Name)}}
}

// alteration is an ALTER TABLE of this dialect, read back.
type alteration struct {
	table  string
	verb   string // ADD, DROP, ALTER; empty for all that SQLite does itself
	column string
	text   string // ADD: the column's definition; ALTER: its type, empty to let it be null
}

func parseAlteration(sql string) (a alteration, ok bool) {
	ts := tokenize(sql)
	if len(ts) < 6 || !ts[0].is("ALTER") || !ts[1].is("TABLE") || !ts[4].is("COLUMN") {
		return a, false
	}
	a = alteration{table: ts[2].text, verb: strings.ToUpper(ts[3].text), column: ts[5].text}
	switch a.verb {
	case "ADD":
		a.text = sql[ts[5].from:]
	case "ALTER":
		if len(ts) == 9 && ts[6].is("DROP") && ts[7].is("NOT") && ts[8].is("NULL") {
			return a, true
		}
		if len(ts) < 7 || !ts[6].is("TYPE") {
			return a, false
		}
		a.text = strings.TrimSpace(sql[ts[6].to:])
	case "DROP":
	default:
		return a, false
	}
	return a, true
}

// alter carries out an ALTER TABLE: as SQLite does where it can, else by making the table anew.
func alter(c *conn, sql string) error {
	a, ok := parseAlteration(sql)
	if !ok {
		return c.exec(sql)
	}
	if a.verb == "ALTER" {
		return rebuild(c, a)
	}
	if a.verb == "DROP" {
		if err := dropIndexesOn(c, a); err != nil {
			return err
		}
	}
	err := c.exec(sql)
	if err != nil && cannotAlter(err) {
		return rebuild(c, a)
	}
	return err
}

// cannotAlter recognizes the changes that SQLite's ALTER TABLE does not make, for which it has no code: "Cannot add a
// PRIMARY KEY column", "cannot drop UNIQUE column", "error in table t after drop column".
func cannotAlter(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "cannot add a") || strings.Contains(text, "cannot drop") || strings.Contains(text, "after drop column")
}

// dropIndexesOn drops the indexes that use a column, as other engines do when the column goes.
func dropIndexesOn(c *conn, a alteration) error {
	var drop []string
	err := c.query("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL", func(r *stmt) error {
		if ts := tokenize(r.text(1)); mentions(afterTable(ts), a.column) {
			drop = append(drop, r.text(0))
		}
		return nil
	}, a.table)
	for _, name := range drop {
		if err == nil {
			err = c.exec("DROP INDEX " + quote(name))
		}
	}
	return err
}

// afterTable is what follows the table's name in CREATE INDEX i ON t (…).
func afterTable(ts []token) []token {
	for i, t := range ts {
		if t.is("ON") && i+2 <= len(ts) {
			return ts[i+2:]
		}
	}
	return nil
}

func mentions(ts []token, name string) bool {
	for _, t := range ts {
		if t.isName() && strings.EqualFold(t.text, name) {
			return true
		}
	}
	return false
}
