package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// machineryQuery reads what is made of functions alone, mostly functions in C: the target takes it where it has their library. What x is
// called in DDL stands before its clauses, and where a comment on it does not name it so, that name too.
func machineryQuery() string {
	schema := func(column string) string { return ` JOIN pg_catalog.pg_namespace n ON n.oid = x.` + column }
	return `SELECT 'pg_am', x.oid, 'access method', '', x.amname::text, ` + description("pg_am") + `, 'ACCESS METHOD ' || quote_ident(x.amname),
			' TYPE ' || CASE x.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END || ' HANDLER ' || x.amhandler::regproc, ''
		FROM pg_catalog.pg_am x WHERE x.oid >= 16384 AND ` + notMemberOf("pg_am") + `
	UNION ALL SELECT 'pg_language', x.oid, 'language', '', x.lanname, ` + description("pg_language") + `, CASE WHEN x.lanpltrusted THEN 'TRUSTED ' ELSE '' END || 'LANGUAGE ' || quote_ident(x.lanname),
			' HANDLER ' || x.lanplcallfoid::regproc || CASE WHEN x.laninline <> 0 THEN ' INLINE ' || x.laninline::regproc ELSE '' END ||
			CASE WHEN x.lanvalidator <> 0 THEN ' VALIDATOR ' || x.lanvalidator::regproc ELSE '' END, 'LANGUAGE ' || quote_ident(x.lanname)
		FROM pg_catalog.pg_language x WHERE x.oid >= 16384 AND x.lanplcallfoid <> 0 AND ` + notMemberOf("pg_language") + `
	UNION ALL SELECT 'pg_transform', x.oid, 'transform', '', 'for ' || format_type(x.trftype, NULL) || ' in ' || l.lanname, ` + description("pg_transform") + `,
			'TRANSFORM FOR ' || format_type(x.trftype, NULL) || ' LANGUAGE ' || quote_ident(l.lanname),
			' (' || concat_ws(', ', 'FROM SQL WITH FUNCTION ' || nullif(x.trffromsql, 0)::regprocedure, 'TO SQL WITH FUNCTION ' || nullif(x.trftosql, 0)::regprocedure) || ')', ''
		FROM pg_catalog.pg_transform x JOIN pg_catalog.pg_language l ON l.oid = x.trflang WHERE x.oid >= 16384 AND ` + notMemberOf("pg_transform") + `
	UNION ALL SELECT 'pg_conversion', x.oid, 'conversion', n.nspname, x.conname, ` + description("pg_conversion") + `,
			CASE WHEN x.condefault THEN 'DEFAULT ' ELSE '' END || 'CONVERSION ' || quote_ident(n.nspname) || '.' || quote_ident(x.conname),
			' FOR ' || quote_literal(pg_encoding_to_char(x.conforencoding)) || ' TO ' || quote_literal(pg_encoding_to_char(x.contoencoding)) || ' FROM ' || x.conproc::regproc,
			'CONVERSION ' || quote_ident(n.nspname) || '.' || quote_ident(x.conname)
		FROM pg_catalog.pg_conversion x` + schema("connamespace") + ` WHERE ` + own("pg_conversion") + `
	UNION ALL SELECT 'pg_ts_parser', x.oid, 'text search parser', n.nspname, x.prsname, ` + description("pg_ts_parser") + `,
			'TEXT SEARCH PARSER ' || quote_ident(n.nspname) || '.' || quote_ident(x.prsname),
			' (START = ' || x.prsstart::regproc || ', GETTOKEN = ' || x.prstoken::regproc || ', END = ' || x.prsend::regproc ||
			CASE WHEN x.prsheadline <> 0 THEN ', HEADLINE = ' || x.prsheadline::regproc ELSE '' END || ', LEXTYPES = ' || x.prslextype::regproc || ')', ''
		FROM pg_catalog.pg_ts_parser x` + schema("prsnamespace") + ` WHERE ` + own("pg_ts_parser") + `
	UNION ALL SELECT 'pg_ts_template', x.oid, 'text search template', n.nspname, x.tmplname, ` + description("pg_ts_template") + `,
			'TEXT SEARCH TEMPLATE ' || quote_ident(n.nspname) || '.' || quote_ident(x.tmplname),
			' (' || CASE WHEN x.tmplinit <> 0 THEN 'INIT = ' || x.tmplinit::regproc || ', ' ELSE '' END || 'LEXIZE = ' || x.tmpllexize::regproc || ')', ''
		FROM pg_catalog.pg_ts_template x` + schema("tmplnamespace") + ` WHERE ` + own("pg_ts_template")
}

// loadMachinery reads access methods, languages, transforms, conversions, and parsers and templates of text search.
func (in *inspector) loadMachinery(ctx context.Context) error {
	return in.each(ctx, "what is made of functions", machineryQuery(), func(rows pgx.Rows) error {
		var r ref
		var o catalog.Object
		var comment, called, clauses, commented string
		if err := rows.Scan(&r.class, &r.oid, &o.Kind, &o.Name.Schema, &o.Name.Name, &comment, &called, &clauses, &commented); err != nil {
			return err
		}
		if commented == "" {
			commented = called
		}
		o.DDL = commentOn([]string{"CREATE " + called + clauses}, commented, comment)
		in.add(r.class, r.oid, o)
		return nil
	})
}
