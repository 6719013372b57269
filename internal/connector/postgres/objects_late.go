package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadLateDefaults takes defaults that need an object which is made after the tables out of the tables.
func (in *inspector) loadLateDefaults(ctx context.Context) error {
	in.settleRanks()
	sql := in.rel() + `SELECT DISTINCT d.adrelid, d.adnum, p.refclassid::regclass::text, p.refobjid FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_attrdef d ON d.oid = p.objid
		JOIN rel c ON c.oid = d.adrelid WHERE p.classid = 'pg_catalog.pg_attrdef'::regclass AND p.refobjid >= 16384
		AND p.refclassid <> 'pg_catalog.pg_class'::regclass AND c.relkind IN ('r', 'p') ORDER BY 1, 2`
	return in.each(ctx, "what defaults call", sql, func(rows pgx.Rows) error {
		var oid uint32
		var number int16
		var on ref
		if err := rows.Scan(&oid, &number, &on.class, &on.oid); err != nil {
			return err
		}
		r, n := in.relations[oid], in.graph[in.canonical(on)]
		c := r.columns[number]
		if n == nil || n.rank == beforeTables || c == nil || c.Default == nil {
			return nil
		}
		in.tableObject(r, "default", c.Name, catalog.AtEnd, fmt.Sprintf("ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s", quoteName(r.name), quote(c.Name), *c.Default))
		c.Default = nil
		return nil
	})
}

// loadLateChecks takes checks that need an object of the last stage out of the tables: they would be added before it.
func (in *inspector) loadLateChecks(ctx context.Context) error {
	sql := in.rel() + `SELECT DISTINCT k.conrelid, k.conname, p.refclassid::regclass::text, p.refobjid FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_constraint k ON k.oid = p.objid
		JOIN rel c ON c.oid = k.conrelid WHERE p.classid = 'pg_catalog.pg_constraint'::regclass AND k.contype = 'c' AND p.refobjid >= 16384
		AND p.refclassid <> 'pg_catalog.pg_class'::regclass AND c.relkind IN ('r', 'p') ORDER BY 1, 2`
	return in.each(ctx, "what checks call", sql, func(rows pgx.Rows) error {
		var oid uint32
		var name string
		var on ref
		if err := rows.Scan(&oid, &name, &on.class, &on.oid); err != nil {
			return err
		}
		r, n := in.relations[oid], in.graph[in.canonical(on)]
		i := slices.IndexFunc(r.table.Checks, func(c *catalog.Check) bool { return c.Name == name })
		if n == nil || n.rank < atEnd || i < 0 {
			return nil
		}
		if c := r.table.Checks[i]; !c.Inherited {
			ddl := []string{alterForCheck(r.table) + "ADD " + constraint(name, c.DDL)}
			in.tableObject(r, "check constraint", name, catalog.AtEnd, commentOn(ddl, "CONSTRAINT "+quote(name)+" ON "+quoteName(r.name), c.Comment)...)
		}
		r.table.Checks = slices.Delete(r.table.Checks, i, i+1)
		return nil
	})
}
