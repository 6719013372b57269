package sqlite

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// inspectIndexes fills unique constraints and indexes. The index behind a primary key is neither.
func inspectIndexes(c *conn, t *catalog.Table, def definition, texts schemaTexts) error {
	type row struct {
		index  catalog.Index
		origin string
	}
	var rows []row
	err := c.query(`SELECT name, "unique", origin FROM pragma_index_list(?) ORDER BY seq DESC`, func(r *stmt) error {
		rows = append(rows, row{catalog.Index{Name: r.text(0), Unique: r.int(1) != 0, DDL: texts.sql[r.text(0)]}, r.text(2)})
		return nil
	}, t.Name.Name)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.origin == "pk" {
			continue
		}
		ix := r.index
		if ix.Parts, err = indexParts(c, &ix); err != nil {
			return err
		}
		if r.origin == "u" {
			t.Uniques = append(t.Uniques, uniqueKey(ix, def))
			continue
		}
		ix.Where = afterWhere(ix.DDL)
		t.Indexes = append(t.Indexes, &ix)
	}
	return nil
}

func indexParts(c *conn, ix *catalog.Index) ([]catalog.IndexPart, error) {
	expressions := indexExpressions(ix.DDL)
	var parts []catalog.IndexPart
	err := c.query("SELECT cid, name, \"desc\" FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", func(r *stmt) error {
		p := catalog.IndexPart{Column: r.text(1), Descending: r.int(2) != 0}
		if r.int(0) < 0 {
			p.Column = ""
			if n := len(parts); n < len(expressions) {
				p.Expression = expressions[n]
			}
		}
		parts = append(parts, p)
		return nil
	}, ix.Name)
	return parts, err
}

// indexExpressions cuts the list of CREATE INDEX … ON t (a, lower(b) DESC) into its parts, without their order.
func indexExpressions(ddl string) []string {
	ts := tokenize(ddl)
	var parts []string
	depth, from := 0, 0
	for i, t := range ts {
		switch {
		case t.isPunct("("):
			depth++
			if depth == 1 {
				from = i + 1
			}
		case t.isPunct(",") && depth == 1, t.isPunct(")"):
			if depth == 1 {
				parts = append(parts, indexExpression(ddl, ts[from:i]))
				from = i + 1
			}
			if t.isPunct(")") {
				depth--
				if depth == 0 {
					return parts
				}
			}
		}
	}
	return parts
}

func indexExpression(ddl string, ts []token) string {
	if n := len(ts); n > 1 && (ts[n-1].is("ASC") || ts[n-1].is("DESC")) {
		ts = ts[:n-1]
	}
	if len(ts) == 0 {
		return ""
	}
	return ddl[ts[0].from:ts[len(ts)-1].to]
}

// afterWhere returns the predicate of a partial index.
func afterWhere(ddl string) string {
	depth := 0
	for _, t := range tokenize(ddl) {
		switch {
		case t.isPunct("("):
			depth++
		case t.isPunct(")"):
			depth--
		case depth == 0 && t.is("WHERE"):
			return strings.TrimSpace(ddl[t.to:])
		}
	}
	return ""
}

func uniqueKey(ix catalog.Index, def definition) *catalog.Key {
	k := &catalog.Key{}
	for _, p := range ix.Parts {
		k.Columns = append(k.Columns, p.Column)
	}
	for _, d := range def.keys {
		if !d.primary && slices.EqualFunc(d.columns, k.Columns, strings.EqualFold) {
			k.Name = d.name
		}
	}
	return k
}
