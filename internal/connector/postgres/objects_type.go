package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadExtensions reads what CREATE EXTENSION made; the members come with it.
func (in *inspector) loadExtensions(ctx context.Context) error {
	const sql = `SELECT x.oid, x.extname, n.nspname, CASE WHEN d.description IS DISTINCT FROM a.comment THEN coalesce(d.description, '') ELSE '' END
		FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
		LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_extension'::regclass AND d.objoid = x.oid
		LEFT JOIN pg_catalog.pg_available_extensions() a ON a.name = x.extname WHERE x.oid >= 16384`
	return in.each(ctx, "extensions", sql, func(rows pgx.Rows) error {
		var oid uint32
		var name, schema, comment string
		if err := rows.Scan(&oid, &name, &schema, &comment); err != nil {
			return err
		}
		ddl := []string{"CREATE EXTENSION IF NOT EXISTS " + quote(name) + " WITH SCHEMA " + quote(schema)}
		in.add("pg_extension", oid, catalog.Object{Kind: "extension", Name: catalog.Name{Name: name}, Detail: "in schema " + schema, Within: schema,
			DDL: commentOn(ddl, "EXTENSION "+quote(name), comment)})
		return nil
	})
}

func (in *inspector) loadCollations(ctx context.Context) error {
	locale, rules := "x.colliculocale", "NULL"
	if in.version >= 16 {
		rules = "x.collicurules"
	}
	if in.version >= 17 {
		locale = "x.colllocale"
	}
	collate, ctype := "x.collcollate", "x.collctype"
	if in.version < 15 { // where ICU's locale is in these
		const icu, libc = "CASE WHEN x.collprovider = 'i' THEN ", "CASE WHEN x.collprovider <> 'i' THEN "
		locale, collate, ctype = icu+collate+" END", libc+collate+" END", libc+ctype+" END"
	}
	sql := `SELECT x.oid, n.nspname, x.collname, ` + description("pg_collation") + `, concat_ws(', ',
		'provider = ' || CASE x.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
		'locale = ' || quote_literal(` + locale + `),
		'rules = ' || quote_literal(` + rules + `),
		'lc_collate = ' || quote_literal(` + collate + `), 'lc_ctype = ' || quote_literal(` + ctype + `),
		CASE WHEN NOT x.collisdeterministic THEN 'deterministic = false' END)
		FROM pg_catalog.pg_collation x JOIN pg_catalog.pg_namespace n ON n.oid = x.collnamespace WHERE ` + own("pg_collation")
	return in.each(ctx, "collations", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, options string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &options); err != nil {
			return err
		}
		ddl := []string{"CREATE COLLATION " + quoteName(n) + " (" + options + ")"}
		in.add("pg_collation", oid, catalog.Object{Kind: "collation", Name: n, DDL: commentOn(ddl, "COLLATION "+quoteName(n), comment)})
		return nil
	})
}

// addShell makes a type known before the functions that it is made of and that take it.
func (in *inspector) addShell(n *node, oid uint32, functions ...uint32) {
	shell := in.add("shell", oid, catalog.Object{Kind: "shell type", Name: n.object.Name, DDL: []string{"CREATE TYPE " + quoteName(n.object.Name)}})
	n.needs = append(n.needs, shell)
	for _, f := range functions {
		in.shellUsers[ref{"pg_proc", f}] = true
	}
}

// baseType is what stands in the parentheses of CREATE TYPE for a base type x.
const baseType = `concat_ws(', ', 'INTERNALLENGTH = ' || CASE x.typlen WHEN -1 THEN 'VARIABLE' ELSE x.typlen::text END, 'INPUT = ' || x.typinput::regproc, 'OUTPUT = ' || x.typoutput::regproc,
	'RECEIVE = ' || nullif(x.typreceive, 0)::regproc, 'SEND = ' || nullif(x.typsend, 0)::regproc, 'TYPMOD_IN = ' || nullif(x.typmodin, 0)::regproc,
	'TYPMOD_OUT = ' || nullif(x.typmodout, 0)::regproc, 'ANALYZE = ' || nullif(x.typanalyze, 0)::regproc, 'SUBSCRIPT = ' || nullif(x.typsubscript, 0)::regproc,
	'ELEMENT = ' || format_type(nullif(x.typelem, 0), NULL), 'DEFAULT = ' || quote_literal(x.typdefault), CASE WHEN x.typcollation <> 0 THEN 'COLLATABLE = true' END,
	'CATEGORY = ' || quote_literal(x.typcategory::text), CASE WHEN x.typispreferred THEN 'PREFERRED = true' END, 'DELIMITER = ' || quote_literal(x.typdelim::text),
	'ALIGNMENT = ' || CASE x.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'i' THEN 'int4' ELSE 'double' END,
	'STORAGE = ' || CASE x.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END, CASE WHEN x.typbyval THEN 'PASSEDBYVALUE' END)`

// loadUserTypes reads enums, composite types, shells and base types. body is what follows CREATE TYPE name; functions are those that a
// base type is made of.
func (in *inspector) loadUserTypes(ctx context.Context) error {
	sql := `SELECT x.oid, n.nspname, x.typname, ` + description("pg_type") + `, CASE
		WHEN NOT x.typisdefined THEN '' WHEN x.typtype = 'e' THEN coalesce((SELECT ' AS ENUM (' || string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder) || ')'
			FROM pg_catalog.pg_enum l WHERE l.enumtypid = x.oid), ' AS ENUM ()')
		WHEN x.typtype = 'c' THEN ' AS (' || coalesce((SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
			|| CASE WHEN a.attcollation <> at.typcollation THEN ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END, ', ' ORDER BY a.attnum)
			FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type at ON at.oid = a.atttypid LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
			LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace WHERE a.attrelid = x.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')' ELSE ' (' || ` + baseType + ` || ')' END,
		CASE WHEN x.typisdefined AND x.typtype = 'b' THEN ARRAY[x.typinput, x.typoutput, x.typreceive, x.typsend, x.typmodin, x.typmodout, x.typanalyze, x.typsubscript]::oid[] ELSE '{}' END,
		array(SELECT 'COLUMN ' || quote_ident(n.nspname) || '.' || quote_ident(x.typname) || '.' || quote_ident(a.attname) || ' IS ' || quote_literal(d.description)
			FROM pg_catalog.pg_description d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
			WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = x.typrelid AND x.typrelid <> 0 AND d.objsubid > 0 ORDER BY a.attnum)
		FROM pg_catalog.pg_type x JOIN pg_catalog.pg_namespace n ON n.oid = x.typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = x.typrelid
		WHERE (x.typtype = 'e' OR x.typtype = 'c' AND c.relkind = 'c' OR x.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = x.oid))
		AND ` + own("pg_type")
	return in.each(ctx, "types", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, body string
		var functions []uint32
		var more []string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &body, &functions, &more); err != nil {
			return err
		}
		o := catalog.Object{Kind: "type", Name: n, DDL: commentOn([]string{"CREATE TYPE " + quoteName(n) + body}, "TYPE "+quoteName(n), comment)}
		for _, c := range more {
			o.DDL = append(o.DDL, "COMMENT ON "+c)
		}
		if t := in.types[oid]; t != nil && t.row != 0 {
			in.composites[t.row] = oid
		}
		added := in.add("pg_type", oid, o)
		if len(functions) > 0 {
			in.addShell(added, oid, functions...)
		}
		return nil
	})
}

// loadDomains reads domains, and their constraints: those that call functions of the user's are objects of their own,
// so that the functions may need the tables that need the domain.
func (in *inspector) loadDomains(ctx context.Context) error {
	sql := `SELECT x.oid, n.nspname, x.typname, ` + description("pg_type") + `, format_type(x.typbasetype, x.typtypmod),
		CASE WHEN x.typcollation <> b.typcollation THEN ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END,
		coalesce(' DEFAULT ' || coalesce(pg_get_expr(x.typdefaultbin, 0), quote_literal(x.typdefault)), ''), x.typnotnull
		FROM pg_catalog.pg_type x JOIN pg_catalog.pg_namespace n ON n.oid = x.typnamespace JOIN pg_catalog.pg_type b ON b.oid = x.typbasetype
		LEFT JOIN pg_catalog.pg_collation co ON co.oid = x.typcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
		WHERE x.typtype = 'd' AND ` + own("pg_type")
	domains := map[uint32]*node{}
	err := in.each(ctx, "domains", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, base, collation, byDefault string
		var notNull bool
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &base, &collation, &byDefault, &notNull); err != nil {
			return err
		}
		create := "CREATE DOMAIN " + quoteName(n) + " AS " + base + collation + byDefault
		if notNull && in.version < 17 {
			create += " NOT NULL"
		}
		domains[oid] = in.add("pg_type", oid, catalog.Object{Kind: "domain", Name: n, Detail: base, DDL: commentOn([]string{create}, "DOMAIN "+quoteName(n), comment)})
		return nil
	})
	if err != nil {
		return err
	}
	return in.loadDomainConstraints(ctx, domains)
}

func (in *inspector) loadDomainConstraints(ctx context.Context, domains map[uint32]*node) error {
	sql := `SELECT x.oid, x.contypid, x.conname, pg_get_constraintdef(x.oid), x.convalidated, ` + description("pg_constraint") + `,
		EXISTS (SELECT FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.pg_constraint'::regclass AND p.objid = x.oid
			AND p.refclassid = 'pg_catalog.pg_proc'::regclass AND p.refobjid >= 16384)
		FROM pg_catalog.pg_constraint x WHERE x.contypid <> 0 ORDER BY x.contypid, x.contype = 'c', x.conname COLLATE "C"`
	return in.each(ctx, "constraints of domains", sql, func(rows pgx.Rows) error {
		var oid, domain uint32
		var name, clause, comment string
		var valid, calls bool
		if err := rows.Scan(&oid, &domain, &name, &clause, &valid, &comment, &calls); err != nil {
			return err
		}
		d := domains[domain]
		if d == nil {
			return nil
		}
		on := quoteName(d.object.Name)
		ddl := commentOn([]string{"ALTER DOMAIN " + on + " ADD CONSTRAINT " + quote(name) + " " + clause}, "CONSTRAINT "+quote(name)+" ON DOMAIN "+on, comment)
		switch {
		case clause == "NOT NULL" && name == defaultDomainNotNull(d.object.Name.Name) && comment == "":
			d.object.DDL[0] += " NOT NULL"
		case calls:
			n := in.add("pg_constraint", oid, catalog.Object{Kind: "domain constraint", Name: catalog.Name{Schema: d.object.Name.Schema, Name: name}, Detail: "of " + d.object.Name.Name, DDL: ddl})
			n.needs = append(n.needs, d)
		case valid:
			d.object.DDL[0] += " CONSTRAINT " + quote(name) + " " + clause
			d.object.DDL = append(d.object.DDL, ddl[1:]...)
		default:
			d.object.DDL = append(d.object.DDL, ddl...)
		}
		return nil
	})
}

// defaultDomainNotNull is the name that PostgreSQL 17 and later give the constraint.
func defaultDomainNotNull(domain string) string {
	return clip(domain, maxName-len("_not_null")) + "_not_null"
}

// loadRanges reads range types. One with a canonical function is made known as a shell first, because the function
// takes the type.
func (in *inspector) loadRanges(ctx context.Context) error {
	sql := `SELECT x.oid, n.nspname, x.typname, ` + description("pg_type") + `, r.rngmultitypid, concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, NULL),
		CASE WHEN NOT oc.opcdefault THEN 'subtype_opclass = ' || quote_ident(ocn.nspname) || '.' || quote_ident(oc.opcname) END,
		CASE WHEN r.rngcollation <> s.typcollation THEN 'collation = ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END,
		CASE WHEN r.rngcanonical <> 0 THEN 'canonical = ' || r.rngcanonical::regproc END,
		CASE WHEN r.rngsubdiff <> 0 THEN 'subtype_diff = ' || r.rngsubdiff::regproc END,
		'multirange_type_name = ' || quote_ident(mn.nspname) || '.' || quote_ident(m.typname)), r.rngcanonical::oid
		FROM pg_catalog.pg_range r JOIN pg_catalog.pg_type x ON x.oid = r.rngtypid JOIN pg_catalog.pg_namespace n ON n.oid = x.typnamespace
		JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
		JOIN pg_catalog.pg_opclass oc ON oc.oid = r.rngsubopc JOIN pg_catalog.pg_namespace ocn ON ocn.oid = oc.opcnamespace
		LEFT JOIN pg_catalog.pg_collation co ON co.oid = r.rngcollation LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
		WHERE ` + own("pg_type")
	return in.each(ctx, "range types", sql, func(rows pgx.Rows) error {
		var oid, multi, canonical uint32
		var n catalog.Name
		var comment, options string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &multi, &options, &canonical); err != nil {
			return err
		}
		in.ranges[multi] = oid
		ddl := []string{"CREATE TYPE " + quoteName(n) + " AS RANGE (" + options + ")"}
		r := in.add("pg_type", oid, catalog.Object{Kind: "type", Name: n, Detail: "range", DDL: commentOn(ddl, "TYPE "+quoteName(n), comment)})
		if canonical != 0 {
			in.addShell(r, oid, canonical)
		}
		return nil
	})
}
