package postgres

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/change"
)

// loose changes one row for each row of the set, found by all values of the key, of which any may be null or repeated.
// Of several rows just one is changed.
func (w *writing) loose(n int) error {
	p := &w.s.pipe
	var nulls, last []bool
	var sql string
	for i := range n {
		nulls = nulls[:0]
		for _, k := range w.sh.keys {
			c := &w.sh.carriers[k]
			nulls = append(nulls, w.vector(c).IsNull(i))
		}
		if sql == "" || !equalBools(nulls, last) {
			sql = w.sh.looseSQL(w.set.Table.Name.Schema, w.set.Table.Name.Name, nulls)
			last = append(last[:0], nulls...)
		}
		name := w.s.statements.prepare(p, statementKey(sql, w.sh.eachTypes), sql, w.sh.eachTypes)
		at := p.bind(name, len(w.sh.carriers))
		if err := w.values(i, at-1); err != nil {
			return err
		}
		p.execute(at, w.to)
		if err := w.room(); err != nil {
			return err
		}
	}
	return nil
}

func equalBools(a, b []bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// looseSQL writes the statement for rows whose nulls are these.
func (s *shape) looseSQL(schema, name string, nulls []bool) string {
	table := s.table.only + quote(schema) + "." + quote(name)
	if schema == "" {
		table = s.table.only + quote(name)
	}
	var conditions, ours, theirs []string
	exact := true
	for n, k := range s.keys {
		c := &s.carriers[k]
		column := "s." + quote(c.name)
		switch {
		case nulls[n]:
			conditions = append(conditions, column+" IS NULL")
		case c.equals == "":
			conditions = append(conditions, column+"::pg_catalog.text = ("+s.parameter(k, false)+")::"+c.fullType+"::pg_catalog.text")
		default:
			conditions = append(conditions, column+" "+c.equals+" "+s.parameter(k, false))
			exact = exact && strict(c.base)
		}
		ours = append(ours, column)
		theirs = append(theirs, "("+s.parameter(k, false)+")::"+c.fullType)
	}
	one := "(SELECT s.ctid AS at, s.tableoid AS part FROM " + table + " AS s WHERE " + strings.Join(conditions, " AND ")
	if !exact { // 1.0 equals 1.00, but when both are there the right one is meant
		one += " ORDER BY ROW(" + strings.Join(ours, ", ") + ")::record OPERATOR(pg_catalog.*=) ROW(" + strings.Join(theirs, ", ") + ")::record DESC"
	}
	one += " LIMIT 1) AS u WHERE t.ctid = u.at AND t.tableoid = u.part"
	if s.op == change.Delete {
		return "DELETE FROM " + table + " AS t USING " + one
	}
	return "UPDATE " + table + " AS t SET " + s.assign(false) + " FROM " + one
}

// strict types have one binary form for equal values.
func strict(base uint32) bool {
	switch base {
	case oidBool, oidInt2, oidInt4, oidInt8, oidOid, oidText, oidVarchar, oidName, oidChar, oidBytea, oidDate, oidTime, oidTimestamp, oidTimestamptz, oidUUID, oidMoney:
		return true
	}
	return false
}
