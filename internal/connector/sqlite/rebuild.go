package sqlite

import (
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// rebuild changes a table by the steps of "Making Other Kinds Of Table Schema Changes" in SQLite's documentation of ALTER
// TABLE: make a new table, copy the rows, drop the old one, give the new one its name, make indexes and triggers again.
// It is one transaction, or part of the one that is open. Rowids stay what they are. Foreign keys are off on the
// connection of a target, without which dropping a table would delete rows of others.
func rebuild(c *conn, a alteration) error {
	if !c.inTransaction() {
		return transact(c, func() error { return rebuildInside(c, a) })
	}
	return rebuildInside(c, a)
}

// besideName is the name of the new table while both are there.
const besideName = "awsdms_changes_rebuild"

func rebuildInside(c *conn, a alteration) error {
	e, found, err := tableEntry(c, a.table)
	if err != nil {
		return err
	}
	if !found {
		return &connector.Error{Class: connector.Missing, Err: fmt.Errorf("no such table: %s", a.table)}
	}
	create, err := rewriteTable(e.sql, a)
	if err != nil {
		return err
	}
	again, err := dependents(c, e.name)
	if err != nil {
		return err
	}
	next, counted, err := sequenceOf(c, e.name)
	if err != nil {
		return err
	}
	copySQL, err := copyRows(c, e, a)
	if err != nil {
		return err
	}
	// Views and triggers elsewhere that name the table must neither follow the names nor be in the way.
	steps := append([]string{"PRAGMA legacy_alter_table=ON", create, copySQL, "DROP TABLE " + quote(e.name),
		"ALTER TABLE " + besideName + " RENAME TO " + quote(e.name)}, again...)
	for _, sql := range steps {
		if err = c.exec(sql); err != nil {
			err = fmt.Errorf("make table %s anew: %w", e.name, err)
			break
		}
	}
	if off := c.exec("PRAGMA legacy_alter_table=OFF"); err == nil {
		err = off
	}
	if err == nil && counted {
		err = setSequence(c, e.name, next)
	}
	return err
}

func tableEntry(c *conn, name string) (e entry, found bool, err error) {
	err = c.query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE", func(r *stmt) error {
		e, found = entry{name: r.text(0), sql: r.text(1)}, true
		return nil
	}, name)
	return e, found, err
}

// rewriteTable writes the statement of the new table.
func rewriteTable(sql string, a alteration) (string, error) {
	def := parseTable(sql)
	var b strings.Builder
	at, last := 0, 0
	keep := func(to int) {
		b.WriteString(sql[at:to])
		at = to
	}
	keep(def.nameAt.from)
	b.WriteString(besideName)
	at = def.nameAt.to
	found := false
	for i, it := range def.items {
		if it.column != "" {
			last = i
		}
		found = found || strings.EqualFold(it.column, a.column)
	}
	if len(def.items) == 0 || !found && a.verb != "ADD" {
		return "", invalid("", "table %s has no column %q that could be changed", def.name, a.column)
	}
	kept := 0
	for i, it := range def.items {
		switch named := strings.EqualFold(it.column, a.column); {
		case a.verb == "DROP" && (named || it.column == "" && mentions(tokenize(sql[it.from:it.to]), a.column)):
			if kept == 0 && i+1 < len(def.items) { // the comma behind it goes too
				keep(it.from)
				at = def.items[i+1].from
			} else {
				at = it.to
			}
			continue
		case a.verb == "ALTER" && named && a.text == "":
			for _, span := range notNulls(sql, it) {
				keep(span.from)
				at = span.to
			}
		case a.verb == "ALTER" && named:
			keep(it.kind.from)
			b.WriteString(" " + a.text + " ")
			at = it.kind.to
		}
		kept++
		keep(it.to)
		if a.verb == "ADD" && i == last {
			b.WriteString(", " + a.text)
		}
	}
	keep(len(sql))
	return b.String(), nil
}

// notNulls finds the NOT NULL of a column, with its name and what it does on conflict. One that stands in parentheses belongs to an expression.
func notNulls(sql string, it itemText) (spans []textSpan) {
	ts := tokenize(sql[it.from:it.to])
	depth := 0
	for i, t := range ts {
		switch {
		case t.isPunct("("):
			depth++
		case t.isPunct(")"):
			depth--
		case depth == 0 && t.is("NOT") && i+1 < len(ts) && ts[i+1].is("NULL"):
			from, to := i, i+1
			if from >= 2 && ts[from-2].is("CONSTRAINT") {
				from -= 2
			}
			if to+3 < len(ts) && ts[to+1].is("ON") && ts[to+2].is("CONFLICT") {
				to += 3
			}
			spans = append(spans, textSpan{it.from + ts[from].from, it.from + ts[to].to})
		}
	}
	return spans
}

// dependents lists the statements of indexes and triggers that go with the table.
func dependents(c *conn, table string) (sqls []string, err error) {
	err = c.query(`SELECT sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL
		ORDER BY type, rowid`, func(r *stmt) error {
		sqls = append(sqls, r.text(0))
		return nil
	}, table)
	return sqls, err
}

// copyRows writes the statement that copies the rows, with their rowids. Generated columns make themselves.
func copyRows(c *conn, e entry, a alteration) (string, error) {
	var columns, values []string
	taken := map[string]bool{strings.ToLower(a.column): true}
	err := c.query("SELECT name, hidden, type FROM pragma_table_xinfo(?)", func(r *stmt) error {
		name := quote(r.text(0))
		taken[strings.ToLower(r.text(0))] = true
		switch named := strings.EqualFold(r.text(0), a.column); {
		case r.int(1) != 0 || a.verb == "DROP" && named:
		case a.verb == "ALTER" && named && a.text != "":
			columns, values = append(columns, name), append(values, rescaled(name, r.text(2), a.text))
		default:
			columns, values = append(columns, name), append(values, name)
		}
		return nil
	}, e.name)
	if err != nil {
		return "", err
	}
	noRowid, err := c.number("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'", e.name)
	if err != nil {
		return "", err
	}
	for _, rowid := range []string{"rowid", "_rowid_", "oid"} {
		if noRowid == 0 && !taken[rowid] {
			columns, values = append(columns, rowid), append(values, rowid)
			break
		}
	}
	return "INSERT INTO " + besideName + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + quote(e.name), nil
}

// sequenceOf is the last number that AUTOINCREMENT has given out in a table.
func sequenceOf(c *conn, table string) (seq int64, counted bool, err error) {
	if ok, err := tableExists(c, "sqlite_sequence"); err != nil || !ok {
		return 0, false, err
	}
	err = c.query("SELECT seq FROM sqlite_sequence WHERE name = ?", func(r *stmt) error {
		seq, counted = r.int(0), true
		return nil
	}, table)
	return seq, counted, err
}

func setSequence(c *conn, table string, seq int64) error {
	if err := c.run("DELETE FROM sqlite_sequence WHERE name = ?", table); err != nil {
		return err
	}
	return c.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, seq)
}
