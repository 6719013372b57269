package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Sizes are those of the rows and of their large values. pg_table_size also looks for files of free space and of visibility, and at the index
// of the large values, which takes four times as long.
const relationsQuery = `SELECT c.oid, c.relkind::text, c.schema, c.relname, c.relpersistence::text, coalesce(d.description, ''),
	coalesce(c.reloptions, '{}'), coalesce(toast.reloptions, '{}'), coalesce(am.amname, ''), c.relreplident::text,
	CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) ELSE '' END,
	CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) ELSE '' END,
	CASE WHEN c.relispartition THEN coalesce(pg_get_expr(c.relpartbound, c.oid), '') ELSE '' END, c.relispartition,
	array(SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid ORDER BY h.inhseqno),
	c.reltuples::float8, c.relpages::int8,
	CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_relation_size(c.oid), 0) ELSE 0 END,
	CASE WHEN c.relkind IN ('r', 'm') AND c.reltoastrelid <> 0 THEN coalesce(pg_relation_size(c.reltoastrelid), 0) ELSE 0 END,
	current_setting('block_size')::int8
	FROM rel c LEFT JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid
	LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
	LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
	ORDER BY c.schema COLLATE "C", c.relname COLLATE "C"`

// relationRow is a row of relationsQuery.
type relationRow struct {
	relation
	persistence, comment    string
	options, toastOptions   []string
	accessMethod, identity  string
	ofType, partBy, bound   string
	partition               bool
	tuples                  float64
	pagesThen, pages, bytes int64
}

func (in *inspector) loadRelations(ctx context.Context) error {
	err := in.each(ctx, "tables", in.rel()+relationsQuery, func(rows pgx.Rows) error {
		var r relationRow
		var kind string
		var own, large, page int64
		if err := rows.Scan(&r.oid, &kind, &r.name.Schema, &r.name.Name, &r.persistence, &r.comment, &r.options, &r.toastOptions,
			&r.accessMethod, &r.identity, &r.ofType, &r.partBy, &r.bound, &r.partition, &r.parents, &r.tuples, &r.pagesThen, &own, &large, &page); err != nil {
			return err
		}
		r.pages, r.bytes = own/page, own+large
		r.kind, r.columns = kind[0], map[int16]*catalog.Column{}
		in.addRelation(&r)
		return nil
	})
	if err != nil {
		return err
	}
	in.linkParents()
	return nil
}

func (in *inspector) addRelation(r *relationRow) {
	s := in.schema(r.name.Schema)
	switch r.kind {
	case 'r', 'p':
		r.table = r.asTable()
		s.Tables = append(s.Tables, r.table)
	case 'v', 'm':
		r.view = &catalog.View{
			Name: r.name, Materialized: r.kind == 'm', Comment: r.comment, Options: r.with(),
			Rows: r.rows(), Bytes: r.bytes,
		}
	}
	in.relations[r.oid], in.byName[r.name] = &r.relation, &r.relation
}

func (r *relationRow) asTable() *catalog.Table {
	t := &catalog.Table{
		Name: r.name, Number: r.oid, Comment: r.comment, PartitionBy: r.partBy, Bound: r.bound, Rows: r.rows(), RowsGuessed: r.guessed(), Bytes: r.bytes, Native: map[string]string{},
	}
	set := func(key, value string) {
		if value != "" {
			t.Native[key] = value
		}
	}
	if r.persistence == "u" {
		set("persistence", "UNLOGGED")
	}
	if r.accessMethod != "heap" {
		set("access method", r.accessMethod)
	}
	set("with", r.with())
	set("of", r.ofType)
	set("replica identity", map[string]string{"f": "FULL", "n": "NOTHING"}[r.identity])
	return t
}

// bytesPerRow is a guess for tables that were never analyzed.
const bytesPerRow = 100

// rows estimates as the planner does: the density when last analyzed, times the size now.
func (r *relationRow) rows() int64 {
	switch {
	case r.kind == 'v':
		return -1
	case r.pages == 0:
		return 0
	case r.tuples >= 0 && r.pagesThen > 0:
		return int64(r.tuples / float64(r.pagesThen) * float64(r.pages))
	}
	return r.bytes / bytesPerRow
}

// guessed reports that there are no statistics to estimate by. A partitioned table has its rows elsewhere.
func (r *relationRow) guessed() bool {
	return r.kind == 'p' || r.pages > 0 && (r.tuples < 0 || r.pagesThen <= 0)
}

// with returns the storage parameters as they stand in WITH (…).
func (r *relationRow) with() string {
	return storageParameters(r.options, "", r.toastOptions)
}

// storageParameters joins options of the form name=value. Values that are not plain words are quoted.
func storageParameters(options []string, prefix string, toast []string) string {
	var parts []string
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		if !plainWord(value) {
			value = quoteLiteral(value)
		}
		parts = append(parts, prefix+name+"="+value)
	}
	if toast != nil {
		if t := storageParameters(toast, "toast.", nil); t != "" {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, ", ")
}

func plainWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
	})
}

// linkParents names the parents of partitions and of inheriting tables.
func (in *inspector) linkParents() {
	for _, r := range in.relations {
		if r.table == nil {
			continue
		}
		for _, p := range r.parents {
			parent := in.relations[p]
			switch {
			case parent == nil:
				continue
			case r.table.Bound != "":
				r.table.PartitionOf = &parent.name
			default:
				r.table.Inherits = append(r.table.Inherits, parent.name)
			}
			r.table.Needs = appendName(r.table.Needs, parent.name)
		}
	}
}

func appendName(names []catalog.Name, n catalog.Name) []catalog.Name {
	if slices.Contains(names, n) {
		return names
	}
	return append(names, n)
}
