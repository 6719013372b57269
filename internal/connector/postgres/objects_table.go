package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadStatistics reads extended statistics.
func (in *inspector) loadStatistics(ctx context.Context) error {
	sql := in.rel() + `SELECT x.stxrelid, n.nspname, x.stxname, pg_get_statisticsobjdef(x.oid), coalesce(x.stxstattarget, -1)::int, ` + description("pg_statistic_ext") + `
		FROM pg_catalog.pg_statistic_ext x JOIN rel c ON c.oid = x.stxrelid JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace
		WHERE ` + notMemberOf("pg_statistic_ext") + ` ORDER BY c.schema COLLATE "C", c.relname COLLATE "C", x.stxname COLLATE "C"`
	return in.each(ctx, "extended statistics", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var ddl, comment string
		var target int
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &ddl, &target, &comment); err != nil {
			return err
		}
		all := []string{ddl}
		if target >= 0 {
			all = append(all, fmt.Sprintf("ALTER STATISTICS %s SET STATISTICS %d", quoteName(n), target))
		}
		in.tableObject(in.relations[oid], "statistics", n.Name, catalog.AtEnd, commentOn(all, "STATISTICS "+quoteName(n), comment)...)
		return nil
	})
}

// loadIndexAttachments ties the indexes of partitions to those of their parents.
func (in *inspector) loadIndexAttachments(ctx context.Context) error {
	sql := in.rel() + `SELECT c.oid, n.nspname, p.relname, i.relname, px.indrelid,
		CASE WHEN px.indisexclusion THEN (SELECT pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = c.oid) END
		FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_index x ON x.indexrelid = h.inhrelid
		JOIN rel c ON c.oid = x.indrelid JOIN pg_catalog.pg_class i ON i.oid = h.inhrelid JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
		JOIN pg_catalog.pg_index px ON px.indexrelid = p.oid
		JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace ORDER BY c.schema COLLATE "C", c.relname COLLATE "C", i.relname COLLATE "C"`
	return in.each(ctx, "indexes of partitions", sql, func(rows pgx.Rows) error {
		var oid, parentTable uint32
		var parent catalog.Name
		var index string
		var excluding *string
		if err := rows.Scan(&oid, &parent.Schema, &parent.Name, &index, &parentTable, &excluding); err != nil {
			return err
		}
		r := in.relations[oid]
		stage := catalog.AfterLoad
		ddl := fmt.Sprintf("ALTER INDEX %s ATTACH PARTITION %s", quoteName(parent), quoteName(catalog.Name{Schema: r.name.Schema, Name: index}))
		if excluding != nil {
			ddl = renameAttached(r.name, index, *excluding)
			if parent.Schema != r.name.Schema {
				stage = catalog.AtEnd // when what other schemas have after the load is there
			}
		}
		in.tableObjectDetail(r, "index attach", index, "to "+parent.String(), stage, ddl)
		if p := in.relations[parentTable]; p != nil {
			o := in.schema(r.name.Schema).Objects
			o[len(o)-1].Needs = append(o[len(o)-1].Needs, p.name)
		}
		return nil
	})
}

// renameAttached gives the constraint that a partition has got with its parent's the name that it has at the source.
func renameAttached(table catalog.Name, name, definition string) string {
	body := `DECLARE made text := (SELECT min(conname) FROM pg_catalog.pg_constraint WHERE conrelid = ` + quoteLiteral(quoteName(table)) + `::pg_catalog.regclass
 AND conparentid <> 0 AND conname <> ` + quoteLiteral(name) + ` AND pg_catalog.pg_get_constraintdef(oid) = ` + quoteLiteral(definition) + `); BEGIN
 IF made IS NOT NULL THEN EXECUTE pg_catalog.format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', ` + quoteLiteral(quoteName(table)) + `, made, ` + quoteLiteral(name) + `); END IF;
END`
	return "DO " + quoteLiteral(body)
}

// loadViewExtras completes the DDL of views: defaults of their columns, and settings of materialized ones.
func (in *inspector) loadViewExtras(context.Context) error {
	for _, r := range in.sortedRelations() {
		if r.view == nil {
			continue
		}
		r.view.DDL = []string{viewDDL(&catalog.View{Name: r.name, Materialized: r.view.Materialized, Query: r.view.Query, Options: r.view.Options})}
		word := "ALTER VIEW "
		if r.view.Materialized {
			word = "ALTER MATERIALIZED VIEW "
		}
		for _, c := range r.view.Columns {
			column := word + quoteName(r.name) + " ALTER COLUMN " + quote(c.Name) + " "
			if c.Default != nil {
				r.view.DDL = append(r.view.DDL, column+"SET DEFAULT "+*c.Default)
			}
			for _, a := range c.Attributes {
				r.view.DDL = append(r.view.DDL, column+a)
			}
		}
		r.view.DDL = append(r.view.DDL, viewIndexes(r)...)
	}
	return nil
}

// viewIndexes writes the indexes of a materialized view so that they may be run again.
func viewIndexes(r *relation) []string {
	var ddl []string
	for _, i := range r.view.Indexes {
		ddl = append(ddl, strings.Replace(i.DDL, "INDEX ", "INDEX IF NOT EXISTS ", 1))
		for _, s := range indexFinish(r.name, i) {
			ddl = append(ddl, s.SQL)
		}
	}
	if r.clusteredOn != "" {
		ddl = append(ddl, "ALTER MATERIALIZED VIEW "+quoteName(r.name)+" CLUSTER ON "+quote(r.clusteredOn))
	}
	return ddl
}
