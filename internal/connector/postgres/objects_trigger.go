package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadTriggers reads triggers. A partition has its parent's; only one that is switched otherwise is said again.
func (in *inspector) loadTriggers(ctx context.Context) error {
	sql := in.rel() + `SELECT x.tgrelid, x.tgname, pg_get_triggerdef(x.oid), x.tgenabled::text, ` + description("pg_trigger") + `,
		x.tgparentid <> 0, coalesce(p.tgenabled::text, '') FROM pg_catalog.pg_trigger x JOIN rel c ON c.oid = x.tgrelid
		LEFT JOIN pg_catalog.pg_trigger p ON p.oid = x.tgparentid
		WHERE NOT x.tgisinternal AND ` + notMemberOf("pg_trigger") + ` ORDER BY c.schema COLLATE "C", c.relname COLLATE "C", x.tgname COLLATE "C"`
	return in.each(ctx, "triggers", sql, func(rows pgx.Rows) error {
		var oid uint32
		var name, ddl, enabled, comment, parentEnabled string
		var inherited bool
		if err := rows.Scan(&oid, &name, &ddl, &enabled, &comment, &inherited, &parentEnabled); err != nil {
			return err
		}
		r := in.relations[oid]
		var all []string
		byDefault := "O"
		if inherited {
			byDefault = parentEnabled
		} else {
			all = append(all, ddl)
		}
		if enabled != byDefault {
			all = append(all, fmt.Sprintf("ALTER TABLE ONLY %s %s TRIGGER %s", quoteName(r.name), enabling(enabled), quote(name)))
		}
		if all = commentOn(all, "TRIGGER "+quote(name)+" ON "+quoteName(r.name), comment); len(all) > 0 {
			kind := "trigger"
			if inherited {
				kind = "trigger state"
			}
			in.tableObject(r, kind, name, catalog.AtEnd, all...)
		}
		return nil
	})
}

// enabling spells tgenabled, ev_enabled and the like.
func enabling(state string) string {
	switch state {
	case "D":
		return "DISABLE"
	case "R":
		return "ENABLE REPLICA"
	case "A":
		return "ENABLE ALWAYS"
	}
	return "ENABLE"
}

// loadRules reads rewrite rules; the rule _RETURN is the view itself.
func (in *inspector) loadRules(ctx context.Context) error {
	sql := in.rel() + `SELECT x.ev_class, x.rulename, pg_get_ruledef(x.oid), x.ev_enabled::text, ` + description("pg_rewrite") + `
		FROM pg_catalog.pg_rewrite x JOIN rel c ON c.oid = x.ev_class WHERE x.rulename <> '_RETURN' AND ` + notMemberOf("pg_rewrite") + `
		ORDER BY c.schema COLLATE "C", c.relname COLLATE "C", x.rulename COLLATE "C"`
	return in.each(ctx, "rules", sql, func(rows pgx.Rows) error {
		var oid uint32
		var name, ddl, enabled, comment string
		if err := rows.Scan(&oid, &name, &ddl, &enabled, &comment); err != nil {
			return err
		}
		r := in.relations[oid]
		all := []string{strings.Replace(strings.TrimSuffix(ddl, ";"), "CREATE RULE", "CREATE OR REPLACE RULE", 1)}
		if enabled != "O" {
			all = append(all, fmt.Sprintf("ALTER TABLE %s %s RULE %s", quoteName(r.name), enabling(enabled), quote(name)))
		}
		in.tableObject(r, "rule", name, catalog.AtEnd, commentOn(all, "RULE "+quote(name)+" ON "+quoteName(r.name), comment)...)
		return nil
	})
}

// loadPolicies reads row-level security. Roles are not carried over by a migration; policies name those they are for.
func (in *inspector) loadPolicies(ctx context.Context) error {
	switches := in.rel() + `SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity FROM rel c WHERE c.relrowsecurity OR c.relforcerowsecurity
		ORDER BY c.schema COLLATE "C", c.relname COLLATE "C"`
	policies := in.rel() + `SELECT x.polrelid, x.polname, ` + description("pg_policy") + `, CASE WHEN x.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
		|| CASE x.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END
		|| coalesce(' TO ' || (SELECT string_agg(CASE WHEN role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY place)
			FROM unnest(x.polroles) WITH ORDINALITY u(role, place) WHERE x.polroles <> '{0}'), '')
		|| coalesce(' USING (' || pg_get_expr(x.polqual, x.polrelid) || ')', '') || coalesce(' WITH CHECK (' || pg_get_expr(x.polwithcheck, x.polrelid) || ')', '')
		FROM pg_catalog.pg_policy x JOIN rel c ON c.oid = x.polrelid ORDER BY c.schema COLLATE "C", c.relname COLLATE "C", x.polname COLLATE "C"`
	err := in.each(ctx, "row-level security", switches, func(rows pgx.Rows) error {
		var oid uint32
		var enabled, forced bool
		if err := rows.Scan(&oid, &enabled, &forced); err != nil {
			return err
		}
		r := in.relations[oid]
		var ddl []string
		if enabled {
			ddl = append(ddl, "ALTER TABLE "+quoteName(r.name)+" ENABLE ROW LEVEL SECURITY")
		}
		if forced {
			ddl = append(ddl, "ALTER TABLE ONLY "+quoteName(r.name)+" FORCE ROW LEVEL SECURITY")
		}
		in.tableObject(r, "row-level security", r.name.Name, catalog.AtEnd, ddl...)
		return nil
	})
	if err != nil {
		return err
	}
	return in.each(ctx, "policies", policies, func(rows pgx.Rows) error {
		var oid uint32
		var name, comment, clauses string
		if err := rows.Scan(&oid, &name, &comment, &clauses); err != nil {
			return err
		}
		r := in.relations[oid]
		ddl := []string{"CREATE POLICY " + quote(name) + " ON " + quoteName(r.name) + clauses}
		in.tableObject(r, "policy", name, catalog.AtEnd, commentOn(ddl, "POLICY "+quote(name)+" ON "+quoteName(r.name), comment)...)
		return nil
	})
}
