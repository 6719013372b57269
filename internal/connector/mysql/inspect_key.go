package mysql

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// primaryName is what the servers call every primary key.
const primaryName = "PRIMARY"

const indexesQuery = `SELECT table_schema, table_name, non_unique, index_name, COALESCE(column_name, ''), COALESCE(collation, ''),
	COALESCE(sub_part, 0), index_type, COALESCE(index_comment, ''), EXPRESSION_COLUMN
FROM information_schema.statistics WHERE %s ORDER BY table_schema, table_name, index_name, seq_in_index`

func (i *inspector) readIndexes(ctx context.Context) error {
	expression := "''"
	if i.release.flavour == MySQL && i.release.version >= 80013 {
		expression = "COALESCE(expression, '')"
	}
	var last *indexRow
	err := i.each(ctx, "indexes", strings.Replace(indexesQuery, "EXPRESSION_COLUMN", expression, 1), "table_schema", "table_name",
		func(scan scanFunc) error {
			var r indexRow
			var p catalog.IndexPart
			var order string
			if err := scan(&r.table.Schema, &r.table.Name, &r.nonUnique, &r.name, &p.Column, &order, &p.Length, &r.method, &r.comment, &p.Expression); err != nil {
				return err
			}
			p.Descending = order == "D"
			p.Expression = unescapeExpression(p.Expression)
			if last == nil || last.table != r.table || last.name != r.name {
				last.addTo(i.tables)
				last = &r
			}
			last.parts = append(last.parts, p)
			return nil
		})
	last.addTo(i.tables)
	return err
}

// indexRow is the rows of one index in information_schema.statistics.
type indexRow struct {
	table                 catalog.Name
	name, method, comment string
	nonUnique             bool
	parts                 []catalog.IndexPart
}

// addTo files the index under its table: as primary key, as unique constraint when it says no more than a constraint
// can, or as index.
func (r *indexRow) addTo(tables map[catalog.Name]*catalog.Table) {
	if r == nil || tables[r.table] == nil {
		return
	}
	t := tables[r.table]
	switch {
	case r.name == primaryName:
		t.PrimaryKey = r.key()
	case !r.nonUnique && r.plain():
		t.Uniques = append(t.Uniques, r.key())
	default:
		t.Indexes = append(t.Indexes, r.index())
	}
}

// plain reports whether the parts are whole columns in ascending order.
func (r *indexRow) plain() bool {
	for _, p := range r.parts {
		if p.Column == "" || p.Descending || p.Length > 0 {
			return false
		}
	}
	return true
}

func (r *indexRow) key() *catalog.Key {
	k := &catalog.Key{Name: r.name, Comment: r.comment}
	for _, p := range r.parts {
		k.Columns = append(k.Columns, p.Column)
	}
	if !r.plain() {
		k.DDL = "PRIMARY KEY " + indexParts(r.parts)
	}
	return k
}

func (r *indexRow) index() *catalog.Index {
	x := &catalog.Index{Name: r.name, Unique: !r.nonUnique, Parts: r.parts, Comment: r.comment, Method: strings.ToLower(r.method)}
	switch x.Method {
	case "btree":
		x.Method = ""
	case "spatial", "rtree":
		x.Method = "spatial"
		for n := range x.Parts {
			x.Parts[n].Length = 0
		}
	}
	return x
}
