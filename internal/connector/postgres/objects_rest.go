package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadEventTriggers lists event triggers with the last schema, though they are in none, so that they see as little of
// the migration's own DDL as can be.
func (in *inspector) loadEventTriggers(ctx context.Context) error {
	sql := `SELECT x.evtname, x.evtevent, x.evtfoid::regproc::text, x.evtenabled::text, ` + description("pg_event_trigger") + `,
		coalesce((SELECT ' WHEN TAG IN (' || string_agg(quote_literal(tag), ', ') || ')' FROM unnest(x.evttags) tag), '')
		FROM pg_catalog.pg_event_trigger x WHERE x.oid >= 16384 AND x.evtname NOT LIKE 'awsdms\_%' AND ` + notMemberOf("pg_event_trigger") + ` ORDER BY x.evtname COLLATE "C"`
	return in.each(ctx, "event triggers", sql, func(rows pgx.Rows) error {
		var name, event, function, enabled, comment, when string
		if err := rows.Scan(&name, &event, &function, &enabled, &comment, &when); err != nil {
			return err
		}
		ddl := []string{"CREATE EVENT TRIGGER " + quote(name) + " ON " + event + when + " EXECUTE FUNCTION " + function + "()"}
		if enabled != "O" {
			ddl = append(ddl, "ALTER EVENT TRIGGER "+quote(name)+" "+enabling(enabled))
		}
		objects := &in.cat.Objects
		if n := len(in.cat.Schemas); n > 0 {
			objects = &in.cat.Schemas[n-1].Objects
		}
		*objects = append(*objects, catalog.Object{Kind: "event trigger", Name: catalog.Name{Name: name}, Stage: catalog.AtEnd, Detail: "on " + event,
			DDL: commentOn(ddl, "EVENT TRIGGER "+quote(name), comment)})
		return nil
	})
}

// notCarriedQuery names what a migration leaves behind, each with its reason.
func notCarriedQuery() string {
	return `SELECT 'publication', '', x.pubname::text, 'publications belong to the server that publishes' FROM pg_catalog.pg_publication x WHERE x.pubname NOT LIKE 'whimbrel\_%' AND ` + notMemberOf("pg_publication") + `
	UNION ALL SELECT 'subscription', '', x.subname, 'a subscription moved to another server would receive twice' FROM pg_catalog.pg_subscription x
		WHERE x.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
	UNION ALL SELECT 'foreign server', '', x.srvname, 'foreign servers hold addresses and logins of their own' FROM pg_catalog.pg_foreign_server x WHERE ` + notMemberOf("pg_foreign_server") + `
	UNION ALL SELECT 'foreign table', n.nspname, x.relname, 'its rows are on another server' FROM pg_catalog.pg_class x JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
		WHERE x.relkind = 'f' AND ` + own("pg_class") + `
	UNION ALL SELECT 'foreign data wrapper', '', x.fdwname, 'what is behind it belongs to the server' FROM pg_catalog.pg_foreign_data_wrapper x WHERE ` + notMemberOf("pg_foreign_data_wrapper") + `
	UNION ALL SELECT 'user mapping', '', x.usename || ' on ' || x.srvname, 'it holds a login of another server' FROM pg_catalog.pg_user_mappings x
	UNION ALL SELECT 'large objects', '', count(*) || ' of them', 'large objects are not part of any table' FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0
	ORDER BY 1, 2, 3`
}

func (in *inspector) loadNotCarried(ctx context.Context) error {
	return in.each(ctx, "what is not carried over", notCarriedQuery(), func(rows pgx.Rows) error {
		var o catalog.Object
		if err := rows.Scan(&o.Kind, &o.Name.Schema, &o.Name.Name, &o.Detail); err != nil {
			return err
		}
		in.notCarried(o)
		return nil
	})
}
