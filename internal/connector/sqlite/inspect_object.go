package sqlite

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// virtualTable is carried as its statement. Its rows live in shadow tables that only its module understands, so a
// full-text table over an external content table is told to index that again and any other arrives empty.
func virtualTable(e entry) catalog.Object {
	o := catalog.Object{Kind: "virtual table", Name: catalog.Name{Schema: Schema, Name: e.name}, Stage: catalog.AfterLoad,
		DDL: []string{e.sql}, Detail: "made empty: the rows of a virtual table are not moved"}
	if externalContent(e.sql) {
		o.DDL = append(o.DDL, "INSERT INTO "+quote(e.name)+"("+quote(e.name)+") VALUES ('rebuild')")
		o.Detail = "full-text index, built anew from its content table"
	}
	return o
}

// externalContent recognizes fts4 and fts5 with content=table.
func externalContent(sql string) bool {
	ts := tokenize(sql)
	fts := false
	for i, t := range ts {
		fts = fts || t.is("fts5") || t.is("fts4")
		if fts && t.is("content") && i+2 < len(ts) && ts[i+1].isPunct("=") {
			return ts[i+2].isName() && ts[i+2].text != ""
		}
	}
	return false
}

func inspectTriggers(c *conn, entries []entry) ([]catalog.Object, error) {
	var objects []catalog.Object
	err := c.query("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid", func(r *stmt) error {
		table, sql := r.text(1), r.text(2)
		if strings.HasPrefix(strings.ToLower(table), ownPrefix) || strings.HasPrefix(strings.ToLower(r.text(0)), ownPrefix) {
			return nil
		}
		name := catalog.Name{Schema: Schema, Name: r.text(0)}
		objects = append(objects, catalog.Object{Kind: "trigger", Name: name, Table: table, Stage: catalog.AtEnd,
			DDL: []string{sql}, Needs: mentioned(sql, entries, name.Name), Detail: "on " + table})
		return nil
	})
	return objects, err
}

func inspectViews(c *conn, views, all []entry) ([]*catalog.View, error) {
	var out []*catalog.View
	for _, e := range views {
		v := &catalog.View{Name: catalog.Name{Schema: Schema, Name: e.name}, Query: viewQuery(e.sql), DDL: []string{e.sql},
			Needs: mentioned(e.sql, all, e.name), Rows: -1, Bytes: -1}
		err := c.query("SELECT name, type FROM pragma_table_xinfo(?)", func(r *stmt) error {
			col := &catalog.Column{Name: r.text(0), NativeType: r.text(1), BaseType: baseType(r.text(1))}
			setType(col)
			v.Columns = append(v.Columns, col)
			return nil
		}, e.name)
		if err != nil {
			// SQLite checks a view when it is used, not when it is made: one that refers to a table since dropped is
			// there all the same, has no columns, and is no reason to stop.
			v.Columns = nil
		}
		out = append(out, v)
	}
	return inOrder(out), nil
}

// viewQuery returns what follows AS in CREATE VIEW name (columns) AS query.
func viewQuery(sql string) string {
	depth := 0
	for _, t := range tokenize(sql) {
		switch {
		case t.isPunct("("):
			depth++
		case t.isPunct(")"):
			depth--
		case depth == 0 && t.is("AS"):
			return strings.TrimSpace(sql[t.to:])
		}
	}
	return ""
}

// mentioned lists the tables and views whose names occur in a statement: SQLite keeps no record of dependencies.
func mentioned(sql string, all []entry, self string) []catalog.Name {
	var names []catalog.Name
	ts := tokenize(sql)
	for _, e := range all {
		if e.name == self {
			continue
		}
		if slices.ContainsFunc(ts, func(t token) bool { return t.isName() && strings.EqualFold(t.text, e.name) }) {
			names = append(names, catalog.Name{Schema: Schema, Name: e.name})
		}
	}
	return names
}

// inOrder puts views after the views they need. A circle, which SQLite lets one write, stays in the order it had.
func inOrder(views []*catalog.View) []*catalog.View {
	byName := map[catalog.Name]*catalog.View{}
	for _, v := range views {
		byName[v.Name] = v
	}
	var out []*catalog.View
	seen := map[catalog.Name]bool{}
	var visit func(*catalog.View)
	visit = func(v *catalog.View) {
		if seen[v.Name] {
			return
		}
		seen[v.Name] = true
		for _, n := range v.Needs {
			if other := byName[n]; other != nil {
				visit(other)
			}
		}
		out = append(out, v)
	}
	for _, v := range views {
		visit(v)
	}
	return out
}
