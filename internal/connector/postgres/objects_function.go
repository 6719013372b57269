package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadFunctions reads functions, window functions and procedures.
func (in *inspector) loadFunctions(ctx context.Context) error {
	sql := `SELECT x.oid, n.nspname, x.proname, ` + description("pg_proc") + `, x.prokind = 'p', pg_get_function_identity_arguments(x.oid), pg_get_functiondef(x.oid)
		FROM pg_catalog.pg_proc x JOIN pg_catalog.pg_namespace n ON n.oid = x.pronamespace WHERE x.prokind <> 'a'
		AND x.proname NOT LIKE 'awsdms\_%' AND ` + notInternal("pg_proc") + ` AND ` + own("pg_proc")
	return in.each(ctx, "functions", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, arguments, ddl string
		var procedure bool
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &procedure, &arguments, &ddl); err != nil {
			return err
		}
		kind, word := "function", "FUNCTION "
		if procedure {
			kind, word = "procedure", "PROCEDURE "
		}
		in.add("pg_proc", oid, catalog.Object{Kind: kind, Name: n, Detail: "(" + arguments + ")",
			DDL: commentOn([]string{ddl}, word+quoteName(n)+"("+arguments+")", comment)})
		return nil
	})
}

const aggregatesQuery = `SELECT x.oid, n.nspname, x.proname, %s, pg_get_function_arguments(x.oid), pg_get_function_identity_arguments(x.oid), a.aggkind::text,
	concat_ws(', ', 'SFUNC = ' || a.aggtransfn::regproc, 'STYPE = ' || format_type(a.aggtranstype, NULL),
	CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE = ' || a.aggtransspace END,
	CASE WHEN a.aggfinalfn <> 0 THEN 'FINALFUNC = ' || a.aggfinalfn::regproc END,
	CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
	CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
		THEN 'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
	CASE WHEN a.aggcombinefn <> 0 THEN 'COMBINEFUNC = ' || a.aggcombinefn::regproc END,
	CASE WHEN a.aggserialfn <> 0 THEN 'SERIALFUNC = ' || a.aggserialfn::regproc END,
	CASE WHEN a.aggdeserialfn <> 0 THEN 'DESERIALFUNC = ' || a.aggdeserialfn::regproc END,
	'INITCOND = ' || quote_literal(a.agginitval),
	CASE WHEN a.aggmtransfn <> 0 THEN concat_ws(', ', 'MSFUNC = ' || a.aggmtransfn::regproc, 'MINVFUNC = ' || a.aggminvtransfn::regproc,
		'MSTYPE = ' || format_type(a.aggmtranstype, NULL), CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
		CASE WHEN a.aggmfinalfn <> 0 THEN 'MFINALFUNC = ' || a.aggmfinalfn::regproc END, CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
		CASE WHEN a.aggmfinalfn <> 0 AND a.aggmfinalmodify <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
			THEN 'MFINALFUNC_MODIFY = ' || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
		'MINITCOND = ' || quote_literal(a.aggminitval)) END,
	(SELECT 'SORTOP = OPERATOR(' || quote_ident(opn.nspname) || '.' || o.oprname || ')' FROM pg_catalog.pg_operator o
		JOIN pg_catalog.pg_namespace opn ON opn.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
	CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END,
	CASE x.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END)
	FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc x ON x.oid = a.aggfnoid JOIN pg_catalog.pg_namespace n ON n.oid = x.pronamespace WHERE `

// loadAggregates spells aggregates by hand: the server has no function that does.
func (in *inspector) loadAggregates(ctx context.Context) error {
	sql := strings.Replace(aggregatesQuery, "%s", description("pg_proc"), 1) + own("pg_proc")
	return in.each(ctx, "aggregates", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, arguments, identity, kind, options string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &arguments, &identity, &kind, &options); err != nil {
			return err
		}
		if arguments == "" {
			arguments, identity = "*", "*"
		}
		ddl := []string{"CREATE OR REPLACE AGGREGATE " + quoteName(n) + "(" + arguments + ") (" + options + ")"}
		in.add("pg_proc", oid, catalog.Object{Kind: "aggregate", Name: n, Detail: "(" + identity + ")",
			DDL: commentOn(ddl, "AGGREGATE "+quoteName(n)+"("+identity+")", comment)})
		return nil
	})
}

// loadOperators reads operators. Commutator and negator may come later than the operator that names them: the server
// then keeps a place for them.
func (in *inspector) loadOperators(ctx context.Context) error {
	sql := `SELECT x.oid, n.nspname, x.oprname, ` + description("pg_operator") + `,
		coalesce(nullif(format_type(x.oprleft, NULL), '-'), 'NONE') || ', ' || coalesce(nullif(format_type(x.oprright, NULL), '-'), 'NONE'),
		concat_ws(', ', 'FUNCTION = ' || x.oprcode::regproc, CASE WHEN x.oprleft <> 0 THEN 'LEFTARG = ' || format_type(x.oprleft, NULL) END,
		CASE WHEN x.oprright <> 0 THEN 'RIGHTARG = ' || format_type(x.oprright, NULL) END,
		(SELECT 'COMMUTATOR = OPERATOR(' || quote_ident(cn.nspname) || '.' || c.oprname || ')' FROM pg_catalog.pg_operator c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace WHERE c.oid = x.oprcom),
		(SELECT 'NEGATOR = OPERATOR(' || quote_ident(cn.nspname) || '.' || c.oprname || ')' FROM pg_catalog.pg_operator c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace WHERE c.oid = x.oprnegate),
		CASE WHEN x.oprrest <> 0 THEN 'RESTRICT = ' || x.oprrest::regproc END, CASE WHEN x.oprjoin <> 0 THEN 'JOIN = ' || x.oprjoin::regproc END,
		CASE WHEN x.oprcanhash THEN 'HASHES' END, CASE WHEN x.oprcanmerge THEN 'MERGES' END)
		FROM pg_catalog.pg_operator x JOIN pg_catalog.pg_namespace n ON n.oid = x.oprnamespace WHERE x.oprcode <> 0 AND ` + own("pg_operator")
	return in.each(ctx, "operators", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, arguments, options string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &arguments, &options); err != nil {
			return err
		}
		spelled := quote(n.Schema) + "." + n.Name
		ddl := []string{"CREATE OPERATOR " + spelled + " (" + options + ")"}
		in.add("pg_operator", oid, catalog.Object{Kind: "operator", Name: n, Detail: "(" + arguments + ")",
			DDL: commentOn(ddl, "OPERATOR "+spelled+" ("+arguments+")", comment)})
		return nil
	})
}

// loadCasts reads casts of the user's own; they are in no schema.
func (in *inspector) loadCasts(ctx context.Context) error {
	sql := `SELECT x.oid, format_type(x.castsource, NULL) || ' AS ' || format_type(x.casttarget, NULL), ` + description("pg_cast") + `,
		CASE x.castmethod WHEN 'b' THEN 'WITHOUT FUNCTION' WHEN 'i' THEN 'WITH INOUT' ELSE 'WITH FUNCTION ' || x.castfunc::regprocedure END
		|| CASE x.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END
		FROM pg_catalog.pg_cast x WHERE x.oid >= 16384 AND ` + notInternal("pg_cast") + ` AND ` + notMemberOf("pg_cast")
	return in.each(ctx, "casts", sql, func(rows pgx.Rows) error {
		var oid uint32
		var types, comment, how string
		if err := rows.Scan(&oid, &types, &comment, &how); err != nil {
			return err
		}
		in.add("pg_cast", oid, catalog.Object{Kind: "cast", Name: catalog.Name{Name: "(" + types + ")"},
			DDL: commentOn([]string{"CREATE CAST (" + types + ") " + how}, "CAST ("+types+")", comment)})
		return nil
	})
}
