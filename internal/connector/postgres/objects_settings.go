package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// labelsQuery lists the security labels of the database and of what is in it.
func labelsQuery() string {
	return `SELECT 'security label', coalesce(n.nspname, ''), coalesce(x.relname, l.objname), CASE WHEN x.relname IS NULL THEN '' ELSE ` + goesWith + ` END,
			'SECURITY LABEL FOR ' || quote_ident(l.provider) || ' ON ' || upper(l.objtype) || ' ' || l.objname || ' IS ' || quote_literal(l.label), 'who gives it meaning belongs to the server'
		FROM pg_catalog.pg_seclabels l LEFT JOIN pg_catalog.pg_namespace n ON n.oid = l.objnamespace
		LEFT JOIN pg_catalog.pg_class x ON l.classoid = 'pg_catalog.pg_class'::regclass AND x.oid = l.objoid
		WHERE l.objtype NOT IN ('role', 'tablespace') AND (l.objtype <> 'database' OR l.objoid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
		AND (n.oid IS NULL OR ` + userSchema + `) AND coalesce(x.relname, '') NOT LIKE 'awsdms\_%' ORDER BY 2, 3, 5`
}

// databaseSettings lists what sessions in the database begin with. Lists of names are kept as they are written (pg_dump's
// variable_is_guc_list_quote). What a setting of an extension or an application holds may be a secret.
const databaseSettings = `SELECT CASE d.setrole WHEN 0 THEN 'setting of the database' ELSE 'setting of a role in the database' END, s.name,
		CASE d.setrole WHEN 0 THEN '' ELSE 'ALTER ROLE ' || quote_ident(pg_get_userbyid(d.setrole)) || ' IN DATABASE ' || quote_ident(current_database()) END,
		'ALTER DATABASE ' || quote_ident(current_database()), CASE
			WHEN s.name LIKE '%.%' THEN '…'
			WHEN s.name IN ('local_preload_libraries', 'search_path', 'session_preload_libraries', 'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories')
				THEN coalesce(nullif(s.value, ''), '''''')
			ELSE quote_literal(s.value) END
	FROM pg_catalog.pg_db_role_setting d, unnest(d.setconfig) c, LATERAL (SELECT split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value) s
	WHERE d.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) ORDER BY 1, 3, 2`

// loadDatabaseSettings lists the settings of the database, and those that roles have in it.
func (in *inspector) loadDatabaseSettings(ctx context.Context) error {
	return in.each(ctx, "settings of the database", databaseSettings, func(rows pgx.Rows) error {
		o := catalog.Object{Detail: "the target's database has settings of its own"}
		var ofRole, of, value string
		if err := rows.Scan(&o.Kind, &o.Name.Name, &ofRole, &of, &value); err != nil {
			return err
		}
		if ofRole != "" {
			of, o.Detail = ofRole, "roles belong to the server"
		}
		o.ByHand = of + " SET " + quote(o.Name.Name) + " TO " + value
		in.notCarried(o)
		return nil
	})
}
