package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// What was said to go with an extension: functions, triggers, indexes and materialized views (ALTER … DEPENDS ON EXTENSION).
const extensionDependenciesQuery = `SELECT i.type, i.identity, n.nspname, coalesce(p.proname, t.tgname, o.relname)::text, coalesce(c.relname, '')::text, e.extname::text
	FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
	LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
	LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
	LEFT JOIN pg_catalog.pg_class o ON d.classid = 'pg_catalog.pg_class'::regclass AND o.oid = d.objid
	LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = o.oid
	LEFT JOIN pg_catalog.pg_class c ON c.oid = coalesce(t.tgrelid, x.indrelid, o.oid)
	JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(p.pronamespace, c.relnamespace)
	CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
	WHERE d.deptype = 'x' AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND ` + userSchema + `
	ORDER BY 1, 2, 6`

func (in *inspector) loadExtensionDependencies(ctx context.Context) error {
	return in.each(ctx, "what goes with extensions", extensionDependenciesQuery, func(rows pgx.Rows) error {
		var kind, identity, schema, name, table, extension string
		if err := rows.Scan(&kind, &identity, &schema, &name, &table, &extension); err != nil {
			return err
		}
		if !in.o.Objects && !in.o.Names {
			return nil
		}
		o := catalog.Object{Kind: "extension dependency", Name: catalog.Name{Schema: schema, Name: name}, Table: table, Stage: catalog.AtEnd,
			Detail: "of the " + kind + " on " + extension,
			DDL:    []string{"ALTER " + strings.ToUpper(kind) + " " + identity + " DEPENDS ON EXTENSION " + quote(extension)}}
		if table != "" {
			o.Needs = []catalog.Name{{Schema: schema, Name: table}}
		}
		s := in.schema(schema)
		s.Objects = append(s.Objects, o)
		return nil
	})
}
