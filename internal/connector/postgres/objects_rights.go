package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// What belongs to roles and to the server's disks is not carried. Each query gives the kind, schema and name of what has it, the
// table it goes with, the reason, and the statement that whoever wants it runs on the target.

const joinSchema = ` JOIN pg_catalog.pg_namespace n ON n.oid = `

// relationWord is what ALTER calls a relation, and grantWord what GRANT calls it.
const (
	relationWord = `CASE x.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' ELSE 'TABLE' END`
	grantWord    = `CASE x.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END`
	// goesWith is the table or view whose selection decides about a relation.
	goesWith = `CASE x.relkind WHEN 'S' THEN '' ELSE x.relname END`
	// ownRelation leaves out Whimbrel's own, and sequences that are part of a column, which follow their table.
	ownRelation = `x.relname NOT LIKE 'awsdms\_%' AND NOT (x.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend s WHERE s.classid = 'pg_catalog.pg_class'::regclass
		AND s.objid = x.oid AND s.deptype IN ('a', 'i') AND s.refobjsubid > 0))`
	// ownSchema and ownType are conditions on pg_namespace n, and on pg_type x: arrays, ranges' companions and rows of tables follow others.
	ownSchema = `n.oid >= 16384 AND ` + userSchema
	ownTypes  = `(x.typtype IN ('d', 'e', 'r') OR x.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_class r WHERE r.oid = x.typrelid AND r.relkind = 'c'))`
)

func ownersQuery() string {
	const other = ` <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)`
	owner := func(column string) string { return ` || ' OWNER TO ' || quote_ident(pg_get_userbyid(` + column + `))` }
	return `SELECT 'owner', q.*, 'what is made belongs to the user who migrates' FROM (
		SELECT n.nspname, x.relname, ` + goesWith + `, 'ALTER ' || ` + relationWord + ` || ' ' || x.oid::regclass` + owner("x.relowner") + `
			FROM pg_catalog.pg_class x` + joinSchema + `x.relnamespace WHERE x.relkind IN ('r', 'p', 'v', 'm', 'S') AND x.relowner` + other + ` AND ` + ownRelation + ` AND ` + own("pg_class") + `
		UNION ALL SELECT n.nspname, x.proname, '', 'ALTER ROUTINE ' || x.oid::regprocedure` + owner("x.proowner") + `
			FROM pg_catalog.pg_proc x` + joinSchema + `x.pronamespace WHERE x.proowner` + other + ` AND ` + own("pg_proc") + ` AND ` + notInternal("pg_proc") + `
		UNION ALL SELECT n.nspname, x.typname, '', CASE x.typtype WHEN 'd' THEN 'ALTER DOMAIN ' ELSE 'ALTER TYPE ' END || x.oid::regtype` + owner("x.typowner") + `
			FROM pg_catalog.pg_type x` + joinSchema + `x.typnamespace WHERE x.typowner` + other + ` AND ` + ownTypes + ` AND ` + own("pg_type") + `
		UNION ALL SELECT n.nspname, n.nspname, '', 'ALTER SCHEMA ' || quote_ident(n.nspname)` + owner("n.nspowner") + `
			FROM pg_catalog.pg_namespace n WHERE n.nspowner` + other + ` AND ` + ownSchema + `) q ORDER BY 2, 3, 5`
}

// grantsQuery lists privileges of others than the owners. PUBLIC has some of its own on schema public, functions and types.
func grantsQuery() string {
	return `SELECT 'grant', g.schema, g.name, g.goes_with, 'GRANT ' || string_agg(g.privilege, ', ' ORDER BY g.privilege) || ' ON ' || g.thing || ' TO ' ||
			CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
			'roles belong to the server' FROM (
		SELECT n.nspname AS schema, x.relname AS name, ` + goesWith + ` AS goes_with, ` + grantWord + ` || x.oid::regclass AS thing, a.grantee, a.privilege_type AS privilege, a.is_grantable
			FROM pg_catalog.pg_class x` + joinSchema + `x.relnamespace, aclexplode(x.relacl) a
			WHERE x.relkind IN ('r', 'p', 'v', 'm', 'S') AND a.grantee <> x.relowner AND x.relname NOT LIKE 'awsdms\_%' AND ` + own("pg_class") + `
		UNION ALL SELECT n.nspname, x.relname, x.relname, 'TABLE ' || x.oid::regclass, a.grantee, a.privilege_type || ' (' || quote_ident(c.attname) || ')', a.is_grantable
			FROM pg_catalog.pg_attribute c JOIN pg_catalog.pg_class x ON x.oid = c.attrelid` + joinSchema + `x.relnamespace, aclexplode(c.attacl) a
			WHERE NOT c.attisdropped AND a.grantee <> x.relowner AND x.relname NOT LIKE 'awsdms\_%' AND ` + own("pg_class") + `
		UNION ALL SELECT n.nspname, x.proname, '', 'ROUTINE ' || x.oid::regprocedure, a.grantee, a.privilege_type, a.is_grantable
			FROM pg_catalog.pg_proc x` + joinSchema + `x.pronamespace, aclexplode(x.proacl) a WHERE a.grantee NOT IN (x.proowner, 0) AND ` + own("pg_proc") + `
		UNION ALL SELECT n.nspname, x.typname, '', 'TYPE ' || x.oid::regtype, a.grantee, a.privilege_type, a.is_grantable
			FROM pg_catalog.pg_type x` + joinSchema + `x.typnamespace, aclexplode(x.typacl) a WHERE a.grantee NOT IN (x.typowner, 0) AND ` + ownTypes + ` AND ` + own("pg_type") + `
		UNION ALL SELECT '', x.datname, '', 'DATABASE ' || quote_ident(x.datname), a.grantee, a.privilege_type, a.is_grantable
			FROM pg_catalog.pg_database x, aclexplode(x.datacl) a WHERE x.datname = current_database() AND a.grantee NOT IN (x.datdba, 0)
		UNION ALL SELECT n.nspname, n.nspname, '', 'SCHEMA ' || quote_ident(n.nspname), a.grantee, a.privilege_type, a.is_grantable
			FROM pg_catalog.pg_namespace n, aclexplode(n.nspacl) a
			WHERE a.grantee NOT IN (n.nspowner, CASE n.nspname WHEN 'public' THEN 0 ELSE n.nspowner END) AND ` + userSchema + `) g
		GROUP BY g.schema, g.name, g.goes_with, g.thing, g.grantee, g.is_grantable ORDER BY 2, 3, 5`
}

// revokesQuery lists functions that not everybody may execute and types that not everybody may use, which on the target everybody may, and
// what not everybody may do in the database.
func revokesQuery() string {
	return `SELECT 'revoked right', n.nspname, x.proname, '', 'REVOKE EXECUTE ON ROUTINE ' || x.oid::regprocedure || ' FROM PUBLIC', 'on the target everybody may execute the function'
		FROM pg_catalog.pg_proc x` + joinSchema + `x.pronamespace WHERE x.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(x.proacl) a WHERE a.grantee = 0)
		AND ` + own("pg_proc") + `
	UNION ALL SELECT 'revoked right', n.nspname, x.typname, '', 'REVOKE USAGE ON TYPE ' || x.oid::regtype || ' FROM PUBLIC', 'on the target everybody may use the type'
		FROM pg_catalog.pg_type x` + joinSchema + `x.typnamespace WHERE x.typacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(x.typacl) a WHERE a.grantee = 0)
		AND ` + ownTypes + ` AND ` + own("pg_type") + `
	UNION ALL SELECT 'revoked right', '', x.datname, '', 'REVOKE ' || string_agg(p.privilege, ', ' ORDER BY p.privilege) || ' ON DATABASE ' || quote_ident(x.datname) || ' FROM PUBLIC',
		'the target''s database has rights of its own' FROM pg_catalog.pg_database x, unnest(ARRAY['CONNECT', 'TEMPORARY']) p(privilege)
		WHERE x.datname = current_database() AND x.datacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(x.datacl) a WHERE a.grantee = 0 AND a.privilege_type = p.privilege)
		GROUP BY x.datname ORDER BY 2, 3, 5`
}

// commentOfDatabase is that of the database itself, but for what the server gives its own.
const commentOfDatabase = `SELECT 'comment of the database', '', x.datname::text, '', 'COMMENT ON DATABASE ' || quote_ident(x.datname) || ' IS ' || quote_literal(d), 'the target''s database has one of its own'
	FROM pg_catalog.pg_database x, pg_catalog.shobj_description(x.oid, 'pg_database') d
	WHERE x.datname = current_database() AND d IS NOT NULL AND x.datname NOT IN ('postgres', 'template1')`

func defaultPrivilegesQuery() string {
	return `SELECT 'default privilege', coalesce(n.nspname, ''), pg_get_userbyid(x.defaclrole), '', 'ALTER DEFAULT PRIVILEGES FOR ROLE ' || quote_ident(pg_get_userbyid(x.defaclrole)) ||
			coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '') || ' GRANT ' || string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' ON ' ||
			CASE x.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END ||
			' TO ' || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
			'roles belong to the server'
		FROM pg_catalog.pg_default_acl x LEFT JOIN pg_catalog.pg_namespace n ON n.oid = x.defaclnamespace, aclexplode(x.defaclacl) a
		WHERE a.grantee <> x.defaclrole AND NOT (a.grantee = 0 AND x.defaclnamespace = 0 AND x.defaclobjtype IN ('f', 'T'))
		GROUP BY x.oid, x.defaclrole, x.defaclobjtype, n.nspname, a.grantee, a.is_grantable
	UNION ALL SELECT 'default privilege', '', pg_get_userbyid(x.defaclrole), '', 'ALTER DEFAULT PRIVILEGES FOR ROLE ' || quote_ident(pg_get_userbyid(x.defaclrole)) ||
			CASE x.defaclobjtype WHEN 'f' THEN ' REVOKE EXECUTE ON ROUTINES FROM PUBLIC' ELSE ' REVOKE USAGE ON TYPES FROM PUBLIC' END, 'roles belong to the server'
		FROM pg_catalog.pg_default_acl x WHERE x.defaclnamespace = 0 AND x.defaclobjtype IN ('f', 'T') AND NOT EXISTS (SELECT FROM aclexplode(x.defaclacl) a WHERE a.grantee = 0)
	ORDER BY 2, 3, 5`
}

func tablespacesQuery() string {
	return `SELECT 'tablespace', n.nspname, x.relname, coalesce(t.relname, x.relname), 'ALTER ' || ` + relationWord + ` || ' ' || x.oid::regclass || ' SET TABLESPACE ' || quote_ident(s.spcname),
			'tablespaces are places of the server''s machine'
		FROM pg_catalog.pg_class x` + joinSchema + `x.relnamespace JOIN pg_catalog.pg_tablespace s ON s.oid = x.reltablespace
		LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
		WHERE x.relkind IN ('r', 'p', 'm', 'i', 'I') AND x.relname NOT LIKE 'awsdms\_%' AND ` + own("pg_class") + ` ORDER BY 2, 3, 5`
}

func (in *inspector) loadRights(ctx context.Context) error {
	for _, sql := range []string{ownersQuery(), grantsQuery(), revokesQuery(), defaultPrivilegesQuery(), tablespacesQuery(), labelsQuery(), commentOfDatabase} {
		err := in.each(ctx, "what belongs to roles", sql, func(rows pgx.Rows) error {
			var o catalog.Object
			if err := rows.Scan(&o.Kind, &o.Name.Schema, &o.Name.Name, &o.Table, &o.ByHand, &o.Detail); err != nil {
				return err
			}
			in.notCarried(o)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return in.loadDatabaseSettings(ctx)
}
