package task_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// fixed are the columns that a table keeps under their names.
func (t *scribbledTable) fixed() []scribbledColumn {
	columns := []scribbledColumn{{name: "id"}}
	if t.unique {
		columns = append(columns, scribbledColumn{name: "u"})
	}
	if t.generated {
		columns = append(columns, scribbledColumn{name: "g"})
	}
	return columns
}

// changeOddly does what is harder to fold than the change of one row: keys that come again or change places, unique values that go from row
// to row, many rows at once, updates that change nothing, and statements that insert or update.
func (w *scribbler) changeOddly(session int, table *scribbledTable) {
	name := w.source.quote(table.name)
	own := w.own(session, table)
	switch kind := w.rand.IntN(8); {
	case kind == 0:
		w.comeAgain(session, table)
	case len(own) < 2:
	case kind == 1:
		w.swapKeys(session, name, own)
	case kind == 2 && table.unique:
		w.takeUnique(session, table, own)
	case kind == 3:
		w.run(session, fmt.Sprintf("UPDATE %s SET id = id WHERE id IN (%s)", name, numbers(own)))
	case kind == 4 && len(table.columns) > 0:
		c := table.columns[w.rand.IntN(len(table.columns))]
		w.run(session, fmt.Sprintf("UPDATE %s SET %s = %s WHERE id IN (%s)", name, w.source.quote(c.name), w.value(c), numbers(own)))
	case kind == 5 && w.row < 1<<24:
		for _, id := range own {
			w.remove(session, table, id)
			w.add(session, table, id+w.row)
		}
		w.run(session, fmt.Sprintf("UPDATE %s SET id = id + %d WHERE id IN (%s)", name, w.row, numbers(own)))
		w.row *= 2
	case kind == 6 && w.rand.IntN(4) == 0:
		for _, id := range own {
			w.remove(session, table, id)
		}
		w.run(session, fmt.Sprintf("DELETE FROM %s WHERE id IN (%s)", name, numbers(own)))
	case kind == 7 && !table.keyless:
		w.putIn(session, table, own)
	}
}

// comeAgain inserts a row under a key that the session's transaction has taken out.
func (w *scribbler) comeAgain(session int, table *scribbledTable) {
	gone := maps.Clone(w.open[session].removed[table])
	if s := w.open[session].savepoint; s != nil {
		if gone == nil {
			gone = map[int]int{}
		}
		maps.Copy(gone, s.removed[table])
	}
	maps.DeleteFunc(gone, func(id, _ int) bool { _, there := table.ids[id]; return there })
	if len(gone) == 0 {
		return
	}
	ids := slices.Sorted(maps.Keys(gone))
	id := ids[w.rand.IntN(len(ids))]
	w.add(session, table, id)
	columns, values := []string{"id"}, []string{fmt.Sprint(id)}
	for _, c := range table.columns {
		if w.rand.IntN(2) == 0 {
			columns, values = append(columns, w.source.quote(c.name)), append(values, w.value(c))
		}
	}
	w.run(session, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", w.source.quote(table.name), strings.Join(columns, ", "), strings.Join(values, ", ")))
}

// swapKeys has two rows change their keys, by way of a third.
func (w *scribbler) swapKeys(session int, name string, own []int) {
	a := own[w.rand.IntN(len(own))]
	b := own[w.rand.IntN(len(own))]
	w.row++
	for _, move := range [][2]int{{a, w.row}, {b, a}, {w.row, b}} {
		if a != b {
			w.run(session, fmt.Sprintf("UPDATE %s SET id = %d WHERE id = %d", name, move[1], move[0]))
		}
	}
}

// takeUnique gives a row a unique value, taken from the row that has it; that one gets another, or none, or goes.
func (w *scribbler) takeUnique(session int, table *scribbledTable, own []int) {
	name, value := w.source.quote(table.name), 1+w.rand.IntN(6)
	w.row++
	w.run(session, fmt.Sprintf("UPDATE %s SET u = %s WHERE u = %d", name, []string{"NULL", fmt.Sprint(w.row)}[w.rand.IntN(2)], value))
	w.run(session, fmt.Sprintf("UPDATE %s SET u = %d WHERE id = %d", name, value, own[w.rand.IntN(len(own))]))
}

// putIn inserts a row or updates the one that is there, or has it replaced.
func (w *scribbler) putIn(session int, table *scribbledTable, own []int) {
	id := own[w.rand.IntN(len(own))]
	if w.rand.IntN(3) == 0 {
		w.row++
		id = w.row
		w.add(session, table, id)
	}
	columns, values, sets := []string{"id"}, []string{fmt.Sprint(id)}, []string{"id = " + fmt.Sprint(id)}
	for _, c := range table.columns {
		if w.rand.IntN(2) == 0 {
			quoted, value := w.source.quote(c.name), w.value(c)
			columns, values, sets = append(columns, quoted), append(values, value), append(sets, quoted+" = "+value)
		}
	}
	verb, tail := "INSERT", ""
	switch {
	case w.source.family != catalog.PostgreSQL && w.rand.IntN(2) == 0:
		verb = "REPLACE"
	case w.source.family == catalog.MySQL:
		tail = " ON DUPLICATE KEY UPDATE " + strings.Join(sets, ", ")
	default:
		tail = " ON CONFLICT (id) DO UPDATE SET " + strings.Join(sets, ", ")
	}
	w.run(session, fmt.Sprintf("%s INTO %s (%s) VALUES (%s)%s", verb, w.source.quote(table.name), strings.Join(columns, ", "), strings.Join(values, ", "), tail))
}

func numbers(of []int) string {
	texts := make([]string, len(of))
	for i, n := range of {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ", ")
}
