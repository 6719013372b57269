package redshift

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// loose carries out a set whose rows have no key: null equals null, and of several equal rows just one is changed for each row of the
// set. Redshift has nothing that tells equal rows apart; so the rows in question are numbered in a table of their own, taken out,
// and those that stay, and those that are changed, are put back.
func (w *writing) loose(ctx context.Context, stage string) (affected int64, err error) {
	groups, found := stage+"g", stage+"r"
	steps := []string{
		w.groupsSQL(stage, groups),
		w.foundSQL(groups, found),
		"DELETE FROM " + w.table + " USING " + groups + " WHERE " + w.same(w.table, groups),
		"INSERT INTO " + w.table + " (" + quoteNames(w.columns()) + ") SELECT " + strings.Join(w.kept(found), ", ") + " FROM " + found + " WHERE " + found + ".rn > " + found + ".need",
	}
	if w.set.Op == change.Update {
		steps = append(steps, w.changedSQL(stage, found))
	}
	for _, sql := range steps {
		if _, err := w.s.do(ctx, w.doing, sql); err != nil {
			return 0, err
		}
	}
	rows, err := w.s.c.rows(ctx, "SELECT count(*) FROM "+found+" WHERE rn <= need")
	if err == nil {
		affected, err = strconv.ParseInt(rows[0][0], 10, 64)
	}
	if err != nil {
		return 0, w.s.broken(ctx, w.doing, err)
	}
	for _, name := range []string{found, groups} {
		if _, err := w.s.do(ctx, w.doing, "DROP TABLE "+name); err != nil {
			return 0, err
		}
	}
	return affected, nil
}

// comparable is how a column is compared: documents by their text.
func comparable(expression string, c *catalog.Column) string {
	if isSuper(c) {
		return "json_serialize(" + expression + ")"
	}
	return expression
}

// identifying are the expressions that tell rows apart by a column.
func identifying(expression string, f *field) []string {
	if f.form == textForm {
		return []string{expression, octets(expression)}
	}
	return []string{comparable(expression, f.column)}
}

// identity are the expressions that identify rows of a staging table.
func (w *writing) identity(stage string) []string {
	fields, letter := w.keys()
	var all []string
	for _, k := range w.set.Key {
		all = append(all, identifying(stage+"."+letter+strconv.Itoa(k), &fields[k])...)
	}
	return all
}

// zeros are some values of what identifies rows.
func (w *writing) zeros() []string {
	fields, _ := w.keys()
	var all []string
	for _, k := range w.set.Key {
		if all = append(all, fields[k].zero()); fields[k].form == textForm {
			all = append(all, "0")
		}
	}
	return all
}

// groupsSQL counts how often each row is asked for: g0, g1 … identify it.
func (w *writing) groupsSQL(stage, groups string) string {
	id := w.identity(stage)
	var selected []string
	for i, e := range id {
		selected = append(selected, e+" AS g"+strconv.Itoa(i))
	}
	return "CREATE TEMP TABLE " + groups + " AS SELECT " + strings.Join(selected, ", ") + ", count(*) AS need FROM " + stage + " GROUP BY " + strings.Join(id, ", ")
}

// own are the expressions that identify rows of the table itself.
func (w *writing) own(table string) []string {
	fields, _ := w.keys()
	var all []string
	for _, k := range w.set.Key {
		all = append(all, identifying(table+"."+quote(fields[k].column.Name), &fields[k])...)
	}
	return all
}

// same compares the table with the groups, null with null.
func (w *writing) same(table, groups string) string {
	own := w.own(table)
	var other []string
	for i := range own {
		other = append(other, groups+".g"+strconv.Itoa(i))
	}
	return w.alike(own, other)
}

// alike compares what identifies rows, null with null. Every part is an equation, so that tables are joined by hash: with an OR
// each row would be compared with each.
func (w *writing) alike(these, those []string) string {
	var all []string
	for i, zero := range w.zeros() {
		all = append(all, fmt.Sprintf("coalesce(%[1]s, %[3]s) = coalesce(%[2]s, %[3]s) AND CASE WHEN %[1]s IS NULL THEN 1 ELSE 0 END = CASE WHEN %[2]s IS NULL THEN 1 ELSE 0 END", these[i], those[i], zero))
	}
	return strings.Join(all, " AND ")
}

// columns are all of the table.
func (w *writing) columns() []string {
	var all []string
	for _, c := range w.set.Table.Columns {
		all = append(all, c.Name)
	}
	return all
}

// foundSQL numbers the rows of the table that are asked for: m0, m1 … are its columns.
func (w *writing) foundSQL(groups, found string) string {
	var selected []string
	for i, name := range w.columns() {
		selected = append(selected, w.table+"."+quote(name)+" AS m"+strconv.Itoa(i))
	}
	own := w.own(w.table)
	for i := range own {
		selected = append(selected, groups+".g"+strconv.Itoa(i)+" AS g"+strconv.Itoa(i))
	}
	return "CREATE TEMP TABLE " + found + " AS SELECT " + strings.Join(selected, ", ") + ", " + groups + ".need AS need, row_number() OVER (PARTITION BY " +
		strings.Join(own, ", ") + ") AS rn FROM " + w.table + " JOIN " + groups + " ON " + w.same(w.table, groups)
}

// kept are the columns of the table as they were found.
func (w *writing) kept(found string) []string {
	var all []string
	for i := range w.set.Table.Columns {
		all = append(all, found+".m"+strconv.Itoa(i))
	}
	return all
}

// changedSQL puts the changed rows in: the n-th that is asked for in the place of the n-th that was found.
func (w *writing) changedSQL(stage, found string) string {
	selected := w.kept(found)
	for at, c := range w.set.Table.Columns {
		for _, i := range w.assigned() {
			if w.after[i].column.Name == c.Name {
				selected[at] = "n.c" + strconv.Itoa(i)
			}
		}
	}
	var inner, these, those []string
	for i := range w.after {
		inner = append(inner, "c"+strconv.Itoa(i))
	}
	for i, e := range w.identity(stage) {
		inner = append(inner, e+" AS g"+strconv.Itoa(i))
		these, those = append(these, found+".g"+strconv.Itoa(i)), append(those, "n.g"+strconv.Itoa(i))
	}
	return "INSERT INTO " + w.table + " (" + quoteNames(w.columns()) + ") SELECT " + strings.Join(selected, ", ") + " FROM " + found +
		" JOIN (SELECT " + strings.Join(inner, ", ") + ", row_number() OVER (PARTITION BY " + strings.Join(w.identity(stage), ", ") + ") AS rn FROM " + stage + ") AS n ON " +
		w.alike(these, those) + " AND " + found + ".rn = n.rn WHERE " + found + ".rn <= " + found + ".need"
}
