package task_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// restructure changes the structure of a table, makes one or drops one. PostgreSQL and SQLite may do it in a transaction with rows.
func (w *scribbler) restructure() {
	w.settle()
	if len(w.tables) == 0 || len(w.tables) < 5 && w.rand.IntN(6) == 0 {
		w.createTable()
		return
	}
	table := w.tables[w.rand.IntN(len(w.tables))]
	name := w.source.quote(table.name)
	within := w.source.family != catalog.MySQL && w.rand.IntN(3) == 0
	before := table.copy()
	if within {
		w.run(0, "BEGIN")
	}
	for range 1 + w.rand.IntN(2) {
		w.alter(table, &name)
		if w.rand.IntN(2) == 0 {
			w.row++
			table.ids[w.row] = 0
			w.run(0, fmt.Sprintf("INSERT INTO %s (id) VALUES (%d)", name, w.row))
		}
	}
	switch {
	case within && w.rand.IntN(3) == 0:
		w.run(0, "ROLLBACK")
		*table = before
		name = w.source.quote(table.name)
	case within:
		w.run(0, "COMMIT")
	}
	if w.rand.IntN(12) == 0 && len(w.tables) > 1 { // a task without any table does not begin
		statement := "DROP TABLE " + name
		if w.source.plugin == "pglogical" {
			statement += " CASCADE" // from the sets, the extension insists
		}
		w.run(0, statement)
		w.tables = slices.DeleteFunc(w.tables, func(t *scribbledTable) bool { return t == table })
		if w.rand.IntN(2) == 0 {
			w.createNamed(table.name)
		}
	}
}

// alter does one thing to a table.
func (w *scribbler) alter(table *scribbledTable, name *string) {
	head := "ALTER TABLE " + *name + " "
	lite := w.source.family == catalog.SQLite
	switch kind := w.rand.IntN(11); {
	case kind == 10: // there and back
		other := w.source.quote(w.name("b"))
		w.run(0, head+"RENAME TO "+other)
		w.row++
		table.ids[w.row] = 0
		w.run(0, fmt.Sprintf("INSERT INTO %s (id) VALUES (%d)", other, w.row))
		w.run(0, "ALTER TABLE "+other+" RENAME TO "+*name)
	case kind < 4 && len(table.columns) < 8:
		w.addColumn(table, head)
	case kind == 4 && !lite && len(table.columns) > 0: // SQLite drops no column that triggers name
		at := w.rand.IntN(len(table.columns))
		w.run(0, head+"DROP COLUMN "+w.source.quote(table.columns[at].name))
		table.columns = slices.Delete(table.columns, at, at+1)
	case kind == 5 && len(table.columns) > 0:
		c := &table.columns[w.rand.IntN(len(table.columns))]
		to := w.name("r")
		w.run(0, head+"RENAME COLUMN "+w.source.quote(c.name)+" TO "+w.source.quote(to))
		c.name = to
	case kind == 6 && !lite && len(table.columns) > 0:
		w.retype(&table.columns[w.rand.IntN(len(table.columns))], head)
	case kind == 7:
		statement := "TRUNCATE TABLE " + *name
		if lite {
			statement = "DELETE FROM " + *name
		}
		w.run(0, statement)
		table.ids = map[int]int{}
	case kind == 8:
		table.name = w.name("t")
		*name = w.source.quote(table.name)
		w.run(0, head+"RENAME TO "+*name)
	}
}

// copy is the table as it is, to be put back.
func (t *scribbledTable) copy() scribbledTable {
	c := *t
	c.columns, c.ids = slices.Clone(t.columns), maps.Clone(t.ids)
	return c
}

func (w *scribbler) addColumn(table *scribbledTable, head string) {
	c := scribbledColumn{name: w.name("c"), kind: w.rand.IntN(len(scribbledKinds))}
	at := len(table.columns)
	statement := head + "ADD COLUMN " + w.define(c)
	if kind := scribbledKinds[c.kind]; w.rand.IntN(3) == 0 && !w.bare && kind.native[catalog.MySQL] != "text" {
		statement += " DEFAULT " + kind.value(w.rand)
	}
	if w.source.family == catalog.MySQL && w.rand.IntN(3) == 0 {
		statement += " FIRST, ALGORITHM=COPY"
	}
	w.run(0, statement)
	table.columns = slices.Insert(table.columns, at, c)
}

func (w *scribbler) retype(c *scribbledColumn, head string) {
	wider := scribbledKinds[c.kind].wider
	if wider == 0 {
		return
	}
	c.kind = wider
	if w.source.family == catalog.PostgreSQL {
		w.run(0, head+"ALTER COLUMN "+w.source.quote(c.name)+" TYPE "+scribbledKinds[wider].native[catalog.PostgreSQL])
		return
	}
	w.run(0, head+"MODIFY COLUMN "+w.define(*c))
}

func (w *scribbler) define(c scribbledColumn) string {
	return w.source.quote(c.name) + " " + scribbledKinds[c.kind].native[w.source.family]
}

// name makes a name that was not there before.
func (w *scribbler) name(of string) string {
	w.named++
	odd := []string{"", "", "", " odd", "Ünï", ".x"}
	return fmt.Sprintf("%s%d%s", of, w.named, odd[w.rand.IntN(len(odd))])
}

func (w *scribbler) createTable() { w.createNamed(w.name("t")) }

func (w *scribbler) createNamed(name string) {
	table := &scribbledTable{name: name, ids: map[int]int{}, keyless: w.rand.IntN(4) == 0 && len(w.history) < 3 && !w.keyed}
	statement := "CREATE TABLE " + w.source.quote(name) + " (id int NOT NULL"
	if !table.keyless {
		statement += " PRIMARY KEY"
	}
	table.unique, table.generated = w.rand.IntN(2) == 0, !table.keyless && w.rand.IntN(3) == 0
	if table.unique {
		statement += ", u int UNIQUE"
	}
	if table.generated {
		statement += ", g bigint GENERATED ALWAYS AS (" + w.computed(table) + ")"
		kept := w.kept()
		statement, table.indexed = statement+kept, strings.Contains(kept, "KEY")
	}
	for range w.rand.IntN(5) {
		c := scribbledColumn{name: w.name("c"), kind: w.rand.IntN(len(scribbledKinds))}
		table.columns = append(table.columns, c)
		statement += ", " + w.define(c)
	}
	w.run(0, statement+")")
	if table.keyless && w.source.family == catalog.PostgreSQL {
		w.run(0, "ALTER TABLE "+w.source.quote(name)+" REPLICA IDENTITY FULL")
	}
	w.tables = append(w.tables, table)
	for range w.rand.IntN(4) {
		w.row++
		table.ids[w.row] = 0
		w.run(0, fmt.Sprintf("INSERT INTO %s (id) VALUES (%d)", w.source.quote(name), w.row))
	}
}

// computed is the expression of a table's computed column; the last is one that unlike engines are not trusted to work out alike.
func (w *scribbler) computed(table *scribbledTable) string {
	expressions := []string{"id * 2", "id * 2", "abs(id) + 1"}
	if table.unique {
		expressions = append(expressions, "coalesce(u, 0) + id")
	}
	return expressions[w.rand.IntN(len(expressions))]
}

// kept says whether a computed column is kept with its row, and what else there is of it.
func (w *scribbler) kept() string {
	kinds := []string{" STORED", " STORED"}
	switch w.source.family {
	case catalog.MySQL:
		kinds = append(kinds, " STORED, KEY of_g (g)")
		if !w.minimal {
			kinds = append(kinds, " VIRTUAL", " VIRTUAL", " VIRTUAL, KEY of_g (g, id)")
		}
	case catalog.SQLite:
		kinds = append(kinds, " VIRTUAL")
	}
	return kinds[w.rand.IntN(len(kinds))]
}
