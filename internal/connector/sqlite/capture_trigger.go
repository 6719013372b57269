package sqlite

import (
	"fmt"
	"slices"
	"strings"
)

// triggerSQL writes the triggers that log the changes of a table, and says how wide the log must be for them.
//
// What a trigger inserts changes neither last_insert_rowid() nor changes() of the application, only total_changes().
// Nothing in them needs a newer SQLite than 3.9, since it is the application's that runs them.
func (v *version) triggerSQL(c *conn) (sqls []string, width int, err error) {
	w := triggerWriter{v: v, n: len(v.Table.Columns)}
	if w.uniques, err = uniqueKeys(c, v.Table); err != nil {
		return nil, 0, err
	}
	v.Uniques = nil
	for _, u := range w.uniques {
		var places []int
		for _, name := range u.columns {
			places = append(places, columnPlace(v.Table, name))
		}
		v.Uniques = append(v.Uniques, places)
	}
	w.rows()
	w.conflicts()
	if w.width > maxColumns-logHead {
		return nil, 0, invalid("leave the table out", "table %s has too many columns for the change log", v.Table.Name)
	}
	return w.sqls, w.width, nil
}

// maxColumns is SQLite's bound for a table.
const maxColumns = 2000

type triggerWriter struct {
	v       *version
	n       int // columns of the table
	uniques []unique
	sqls    []string
	width   int
}

// add writes a trigger. values are what goes into c0 and on.
func (w *triggerWriter) add(suffix, event, when, body string) {
	sql := fmt.Sprintf("CREATE TRIGGER %s%d_%s %s ON %s", triggerNames, w.v.id, suffix, event, quote(w.v.Table.Name.Name))
	if when != "" {
		sql += " WHEN " + when
	}
	w.sqls = append(w.sqls, sql+" BEGIN "+body+" END")
}

// log writes the INSERT into the log; places says which columns c the values go to.
func (w *triggerWriter) log(op logOp, places []int, values []string) string {
	var b strings.Builder
	for _, p := range places {
		fmt.Fprintf(&b, ",c%d", p)
		w.width = max(w.width, p+1)
	}
	return fmt.Sprintf("INSERT INTO awsdms_changes(t,op,at%s) VALUES (%d,%d,julianday('now')%s);", &b, w.v.id, op, joined(values))
}

func joined(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return "," + strings.Join(values, ",")
}

// image lists the columns of a row and their places.
func (w *triggerWriter) image(row string) (places []int, values []string) {
	for i, c := range w.v.Table.Columns {
		places, values = append(places, i), append(values, row+"."+quote(c.Name))
	}
	return places, values
}

// rows writes the triggers for inserted, updated and deleted rows.
func (w *triggerWriter) rows() {
	places, now := w.image("NEW")
	_, before := w.image("OLD")
	w.add("i", "AFTER INSERT", "", w.log(opInsert, places, now))
	var wholePlaces []int
	for i := range 2 * w.n {
		wholePlaces = append(wholePlaces, i)
	}
	moveWhole := func() string { return w.log(opMoveWhole, wholePlaces, append(slices.Clone(now), before...)) }
	deleteAll := w.log(opDeleteAll, places, before)
	key := w.v.keyColumns()
	if key == nil {
		w.add("m", "AFTER UPDATE", "", moveWhole())
		w.add("d", "AFTER DELETE", "", deleteAll)
		return
	}
	var keyPlaces []int
	var keyNow, keyBefore []string
	for i, k := range key {
		keyPlaces = append(keyPlaces, w.n+i)
		keyNow, keyBefore = append(keyNow, now[k]), append(keyBefore, before[k])
	}
	same := w.sameKey(keyNow, keyBefore)
	w.add("u", "AFTER UPDATE", same, w.log(opUpdate, places, now))
	if !w.v.keyMayBeNull() {
		w.add("m", "AFTER UPDATE", "NOT ("+same+")", w.log(opMove, append(slices.Clone(places), keyPlaces...), append(slices.Clone(now), keyBefore...)))
		w.add("d", "AFTER DELETE", "", w.log(opDelete, key, keyBefore))
		return
	}
	known := strings.Join(keyBefore, " IS NOT NULL AND ") + " IS NOT NULL"
	w.add("m", "AFTER UPDATE", "NOT ("+same+")", moveWhole())
	w.add("d", "AFTER DELETE", known, w.log(opDelete, key, keyBefore))
	w.add("x", "AFTER DELETE", "NOT ("+known+")", deleteAll)
}

// sameKey is the condition that an update has left the key as it was, to the byte, and that it is not null.
func (w *triggerWriter) sameKey(now, before []string) string {
	if rowidColumn(w.v.Table) != nil {
		return before[0] + " = " + now[0]
	}
	var all []string
	for i := range now {
		all = append(all, before[i]+" COLLATE BINARY = "+now[i], "typeof("+before[i]+") = typeof("+now[i]+")")
	}
	// IFNULL, since the condition must be false and not unknown for NOT to turn it round.
	return "ifnull(" + strings.Join(all, " AND ") + ", 0)"
}

// conflicts writes the triggers that log, before a row is inserted or gets other unique values, which rows are in its way.
// If the statement says REPLACE, they are deleted, and unless recursive_triggers is on in the application's connection no
// DELETE trigger fires. See the reader of these rows, conflicts.
func (w *triggerWriter) conflicts() {
	var inserts, updates, columns []string
	_, found := w.image("o")
	for j, u := range w.uniques {
		values := append(append(slices.Clone(found), fmt.Sprint(j)), u.values()...)
		var places strings.Builder
		for i := range values {
			fmt.Fprintf(&places, ",c%d", i)
		}
		w.width = max(w.width, len(values))
		body := fmt.Sprintf("INSERT INTO awsdms_changes(t,op,at%s) SELECT %d,%d,julianday('now')%s FROM %s AS o WHERE %s", &places,
			w.v.id, opConflict, joined(values), quote(w.v.Table.Name.Name), u.equal)
		inserts = append(inserts, body+";")
		updates = append(updates, body+" AND "+w.otherRow()+";")
		columns = append(columns, u.columns...)
	}
	if len(inserts) == 0 {
		return
	}
	w.add("c", "BEFORE INSERT", "", strings.Join(inserts, " "))
	slices.Sort(columns)
	w.add("r", "BEFORE UPDATE OF "+quoteAll(slices.Compact(columns)), "", strings.Join(updates, " "))
}

// otherRow is the condition that o is not the row that is updated.
func (w *triggerWriter) otherRow() string {
	if rowid := rowidName(w.v.Table); rowid != "" {
		return fmt.Sprintf("o.%s <> OLD.%[1]s", rowid)
	}
	var same []string
	names := w.v.Table.Columns
	places := w.v.keyColumns()
	if places == nil {
		for i := range names {
			places = append(places, i)
		}
	}
	for _, i := range places {
		same = append(same, "o."+quote(names[i].Name)+" IS OLD."+quote(names[i].Name))
	}
	return "NOT (" + strings.Join(same, " AND ") + ")"
}
