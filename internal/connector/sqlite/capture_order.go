package sqlite

import (
	"slices"
	"strings"
)

// overtaken reports whether the application has made a trigger on a table since ours: it fires before them, and what it changes is logged
// before the change that has made it fire. Ours are made again then. muddled says that what it does may come back to the table, so that
// changes of one row may be in the log in the wrong order. SQLite's documentation leaves the order of triggers open; it has always
// been that of sqlite3TriggerList, the youngest first.
func (r *refitter) overtaken(table string, ours []trigger) (overtaken, muddled bool) {
	if len(ours) == 0 {
		return false, false
	}
	oldest := slices.MinFunc(ours, func(a, b trigger) int { return int(a.place - b.place) }).place
	for _, t := range r.foreign {
		if t.place > oldest && strings.EqualFold(t.table, table) {
			overtaken, muddled = true, muddled || r.comesBack(t)
		}
	}
	return overtaken, muddled
}

// comesBack reports whether a trigger names its own table, or one that has triggers which may lead back to it.
func (r *refitter) comesBack(t trigger) bool {
	on := false
	for _, tok := range tokenize(t.sql) {
		if !tok.isName() {
			continue
		}
		own := strings.EqualFold(tok.text, t.table)
		if own && !on { // ON table
			on = true
			continue
		}
		if own || slices.ContainsFunc(r.foreign, func(o trigger) bool { return strings.EqualFold(o.table, tok.text) }) {
			return true
		}
	}
	return false
}
