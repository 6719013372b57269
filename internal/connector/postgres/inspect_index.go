package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

const indexesQuery = `SELECT i.indrelid, ic.relname, pg_get_indexdef(i.indexrelid), i.indisunique, i.indisvalid OR ic.relkind = 'I', i.indisclustered, i.indisreplident,
	am.amname, i.indkey::int2[], i.indoption::int2[], i.indnkeyatts::int,
	array(SELECT pg_get_indexdef(i.indexrelid, n, false) FROM generate_series(1, i.indnkeyatts) n WHERE i.indkey[n - 1] = 0),
	coalesce(pg_get_expr(i.indpred, i.indrelid), ''), coalesce(d.description, ''),
	array(SELECT format('ALTER COLUMN %s SET STATISTICS %s', a.attnum, a.attstattarget) FROM pg_catalog.pg_attribute a
		WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 AND i.indkey[a.attnum - 1] = 0 ORDER BY a.attnum)
	FROM pg_catalog.pg_index i JOIN rel c ON c.oid = i.indrelid JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
	JOIN pg_catalog.pg_am am ON am.oid = ic.relam
	LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = i.indexrelid AND d.objsubid = 0
	WHERE c.relkind IN ('r', 'p', 'm') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
		WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x'))
	AND ` + indexNotMember + ` ORDER BY i.indrelid, ic.relname COLLATE "C"`

const indexNotMember = `NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
	WHERE x.classid = 'pg_catalog.pg_class'::regclass AND x.objid = i.indexrelid AND x.deptype = 'e')`

// indexRow is a row of indexesQuery.
type indexRow struct {
	catalog.Index
	relation                   uint32
	valid                      bool
	clustered, replicaIdentity bool
	columns, options           []int16
	keys                       int
	expressions                []string
}

func (in *inspector) loadIndexes(ctx context.Context) error {
	return in.each(ctx, "indexes", in.rel()+indexesQuery, func(rows pgx.Rows) error {
		var i indexRow
		if err := rows.Scan(&i.relation, &i.Name, &i.DDL, &i.Unique, &i.valid, &i.clustered, &i.replicaIdentity, &i.Method, &i.columns, &i.options,
			&i.keys, &i.expressions, &i.Where, &i.Comment, &i.Attributes); err != nil {
			return err
		}
		if r := in.relations[i.relation]; r != nil {
			in.addIndex(r, &i)
		}
		return nil
	})
}

func (in *inspector) addIndex(r *relation, i *indexRow) {
	if !i.valid {
		in.notCarried(catalog.Object{Kind: "index", Name: catalog.Name{Schema: r.name.Schema, Name: i.Name}, Table: r.name.Name,
			Detail: "the index is invalid: its creation was broken off"})
		return
	}
	i.DDL, i.Where = in.ddl(i.DDL), bare(i.Where)
	i.fill(r)
	if r.view != nil {
		r.view.Indexes = append(r.view.Indexes, &i.Index)
		return
	}
	r.table.Indexes = append(r.table.Indexes, &i.Index)
	in.markIndex(r.table, i.Name, i.clustered, i.replicaIdentity)
}

// fill sets the parts from the column numbers; zero stands for the next expression.
func (i *indexRow) fill(r *relation) {
	if len(i.Attributes) == 0 {
		i.Attributes = nil
	}
	next := 0
	for n, number := range i.columns {
		c := r.columns[number]
		switch {
		case n >= i.keys:
			if c != nil {
				i.Include = append(i.Include, c.Name)
			}
			continue
		case c != nil:
			i.Parts = append(i.Parts, catalog.IndexPart{Column: c.Name})
		case number == 0 && next < len(i.expressions):
			i.Parts = append(i.Parts, catalog.IndexPart{Expression: bare(i.expressions[next])})
			next++
		default:
			i.Parts = append(i.Parts, catalog.IndexPart{Expression: fmt.Sprintf("(system column %d)", number)})
		}
		i.Parts[len(i.Parts)-1].Descending = i.options[n]&1 != 0
	}
}
