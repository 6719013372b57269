package sqlite

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// unique is a constraint or index for whose sake REPLACE deletes rows.
type unique struct {
	columns []string // that decide whether rows are in conflict
	equal   string   // the condition that row o is in the way of NEW
}

// values are the columns of NEW by which the reader knows the row that came to be.
func (u *unique) values() []string {
	values := make([]string, len(u.columns))
	for i, name := range u.columns {
		values[i] = "NEW." + quote(name)
	}
	return values
}

// uniqueKeys finds what is unique in a table: its rowid if a column shows it, its primary key, constraints and indexes.
func uniqueKeys(c *conn, t *catalog.Table) ([]unique, error) {
	var all []unique
	if col := rowidColumn(t); col != nil {
		name := quote(col.Name)
		all = append(all, unique{columns: []string{col.Name}, equal: "o." + name + " = NEW." + name})
	}
	type index struct{ name, sql string }
	var indexes []index
	err := c.query(`SELECT l.name, s.sql FROM pragma_index_list(?) AS l LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name
		WHERE l."unique" ORDER BY l.name`, func(r *stmt) error {
		indexes = append(indexes, index{r.text(0), r.text(1)})
		return nil
	}, t.Name.Name)
	if err != nil {
		return nil, err
	}
	for _, ix := range indexes {
		u, err := uniqueIndex(c, t, ix.name, ix.sql)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

func uniqueIndex(c *conn, t *catalog.Table, name, sql string) (u unique, err error) {
	expressions := indexExpressions(sql)
	var equal []string
	n := 0
	err = c.query("SELECT cid, name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", func(r *stmt) error {
		here, there := "", ""
		if r.int(0) >= 0 {
			here, there = "o."+quote(r.text(1)), "NEW."+quote(r.text(1))
			u.columns = append(u.columns, r.text(1))
		} else if n < len(expressions) {
			here, there = "("+ofRow(expressions[n], t, "o")+")", "("+ofRow(expressions[n], t, "NEW")+")"
			u.columns = append(u.columns, columnsIn(expressions[n], t)...)
		}
		n++
		equal = append(equal, here+" COLLATE "+quote(r.text(2))+" = "+there)
		return nil
	}, name)
	if where := afterWhere(sql); where != "" {
		equal = append(equal, "("+ofRow(where, t, "o")+")", "("+ofRow(where, t, "NEW")+")")
		u.columns = append(u.columns, columnsIn(where, t)...)
	}
	slices.Sort(u.columns)
	u.columns = slices.Compact(u.columns)
	u.equal = strings.Join(equal, " AND ")
	return u, err
}

// ofRow writes an expression over the columns of a table as one over those of a row.
func ofRow(expression string, t *catalog.Table, row string) string {
	var b strings.Builder
	at := 0
	eachColumn(expression, t, func(tok token, name string) {
		b.WriteString(expression[at:tok.from] + row + "." + quote(name))
		at = tok.to
	})
	return b.String() + expression[at:]
}

func columnsIn(expression string, t *catalog.Table) (names []string) {
	eachColumn(expression, t, func(_ token, name string) { names = append(names, name) })
	return names
}

// eachColumn finds the names of columns. Functions are followed by a parenthesis, and single quotes hold a text.
func eachColumn(expression string, t *catalog.Table, f func(token, string)) {
	ts := tokenize(expression)
	for i, tok := range ts {
		if tok.kind != word && tok.kind != quoted || tok.kind == word && i+1 < len(ts) && ts[i+1].isPunct("(") {
			continue
		}
		if i > 0 && ts[i-1].is("COLLATE") {
			continue
		}
		if p := columnPlace(t, tok.text); p >= 0 {
			f(tok, t.Columns[p].Name)
		}
	}
}
