package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

func rightChecks() []check {
	return []check{
		{name: "check-select-privileges", about: "The user may read every selected column", side: onSource, engines: mysqls, run: mysqlSelect},
		{name: "check-select-object-privileges", about: "The user may read every selected column", side: onSource, engines: postgreses, run: postgresSelect},
		{name: "check-target-privileges", about: "The user may make and fill the target's tables", side: onTarget, engines: mysqls, run: mysqlTargetRights},
		{name: "check-target-privileges", about: "The user may make and fill the target's tables", side: onTarget, engines: postgreses, run: postgresTargetRights},
	}
}

const mysqlUser = "SELECT CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"

// mysqlSelect tries to read: a right may come from a role, a pattern of databases or single columns.
func mysqlSelect(ctx context.Context, s *subject) (found []Finding, _ error) {
	user, err := ask(ctx, s.AskSource, mysqlUser)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Mapping.Tables {
		var columns []string
		for _, c := range p.Columns {
			if c.Source != nil {
				columns = append(columns, quote(catalog.MySQL, c.Source.Name))
			}
		}
		if len(columns) == 0 {
			continue
		}
		n := quoteName(catalog.MySQL, p.Source.Name)
		_, err := ask(ctx, s.AskSource, "SELECT "+strings.Join(columns, ", ")+" FROM "+n+" LIMIT 0")
		switch {
		case connector.ClassOf(err) == connector.Denied:
			found = append(found, Finding{Object: p.Source.Name.String(), Reason: "the user may not read all its columns", Mend: "GRANT SELECT ON " + n + " TO " + user[0][0]})
		case err != nil:
			return nil, fmt.Errorf("try to read %s: %w", p.Source.Name, err)
		}
	}
	return found, nil
}

func postgresSelect(ctx context.Context, s *subject) (found []Finding, _ error) {
	var tables []string
	for _, p := range s.Mapping.Tables {
		var columns []string
		for _, c := range p.Columns {
			if c.Source != nil {
				columns = append(columns, literal(catalog.PostgreSQL, c.Source.Name))
			}
		}
		n := p.Source.Name
		tables = append(tables, fmt.Sprintf("(%s, %s, ARRAY[%s]::text[])", literal(catalog.PostgreSQL, n.Schema), literal(catalog.PostgreSQL, n.Name), strings.Join(columns, ", ")))
	}
	if len(tables) == 0 {
		return nil, skipped("no table is selected")
	}
	rows, err := ask(ctx, s.AskSource, `SELECT t.s, t.n, current_user::text, pg_catalog.has_schema_privilege(n.oid, 'USAGE')::text,
 (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR NOT EXISTS (SELECT FROM unnest(t.cols) x WHERE NOT pg_catalog.has_column_privilege(c.oid, x, 'SELECT')))::text
 FROM (VALUES `+strings.Join(tables, ", ")+`) t (s, n, cols) JOIN pg_catalog.pg_namespace n ON n.nspname = t.s
 JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.n ORDER BY 1, 2`)
	schemas := map[string]bool{}
	for _, r := range rows {
		user := quote(catalog.PostgreSQL, r[2])
		if r[3] != "true" && !schemas[r[0]] {
			schemas[r[0]] = true
			found = append(found, Finding{Object: "schema " + r[0], Reason: "user " + r[2] + " may not use it", Mend: "GRANT USAGE ON SCHEMA " + quote(catalog.PostgreSQL, r[0]) + " TO " + user})
		}
		if n := (catalog.Name{Schema: r[0], Name: r[1]}); r[4] != "true" {
			found = append(found, Finding{Object: n.String(), Reason: "user " + r[2] + " may not read all its columns", Mend: "GRANT SELECT ON " + quoteName(catalog.PostgreSQL, n) + " TO " + user})
		}
	}
	return found, err
}

// onExisting are the rights that a table needs which is there already.
func (s *subject) onExisting() []string {
	rights := []string{"SELECT", "INSERT"}
	if s.kind.follows() {
		rights = append(rights, "UPDATE", "DELETE")
	}
	return rights
}

func postgresTargetRights(ctx context.Context, s *subject) (found []Finding, _ error) {
	who, err := ask(ctx, s.AskTarget, `SELECT current_user::text, pg_catalog.current_database(), pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')::text`)
	if err != nil {
		return nil, err
	}
	user, wanted := quote(catalog.PostgreSQL, who[0][0]), map[string]bool{}
	for _, ct := range s.tables() {
		if _, there := s.onTarget(ct); !there && !slices.Contains(s.Shut, ct.Target.Name) {
			wanted[ct.Target.Name.Schema] = true
		}
	}
	for _, schema := range s.Schema.Schemas {
		if !wanted[schema.Name] {
			continue
		}
		rows, err := ask(ctx, s.AskTarget, "SELECT pg_catalog.has_schema_privilege(oid, 'CREATE')::text FROM pg_catalog.pg_namespace WHERE nspname = "+literal(catalog.PostgreSQL, schema.Name))
		switch {
		case err != nil:
			return nil, err
		case len(rows) == 0 && who[0][2] != "true":
			found = append(found, Finding{
				Object: "schema " + schema.Name, Reason: "it does not exist, and user " + who[0][0] + " may make no schemas",
				Mend: "GRANT CREATE ON DATABASE " + quote(catalog.PostgreSQL, who[0][1]) + " TO " + user,
			})
		case len(rows) > 0 && rows[0][0] != "true":
			found = append(found, Finding{
				Object: "schema " + schema.Name, Reason: "user " + who[0][0] + " may make no tables in it",
				Mend: "GRANT USAGE, CREATE ON SCHEMA " + quote(catalog.PostgreSQL, schema.Name) + " TO " + user,
			})
		}
	}
	existing, err := s.postgresExisting(ctx, who[0][0])
	if err != nil {
		return nil, err
	}
	others, err := s.postgresOthers(ctx, who[0][0])
	return slices.Concat(found, existing, others), err
}

// postgresOthers are tables that the load drops and that belong to somebody else: no grant helps there.
func (s *subject) postgresOthers(ctx context.Context, user string) (found []Finding, _ error) {
	if !s.kind.loads() || s.Settings.FullLoadSettings.TargetTablePrepMode != "DROP_AND_CREATE" {
		return nil, nil
	}
	for _, ct := range s.tables() {
		n := ct.Target.Name
		rows, err := ask(ctx, s.AskTarget, `SELECT pg_catalog.pg_get_userbyid(c.relowner)::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = `+literal(catalog.PostgreSQL, n.Schema)+` AND c.relname = `+literal(catalog.PostgreSQL, n.Name)+`
 AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') AND NOT pg_catalog.pg_has_role(n.nspowner, 'USAGE')`)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found = append(found, Finding{
				Object: n.String(), Reason: "it belongs to " + r[0] + ", and user " + user + " may not drop it (TargetTablePrepMode DROP_AND_CREATE)",
				Mend: "ALTER TABLE " + quoteName(catalog.PostgreSQL, n) + " OWNER TO " + quote(catalog.PostgreSQL, user),
			})
		}
	}
	return found, nil
}

func (s *subject) postgresExisting(ctx context.Context, user string) (found []Finding, _ error) {
	rights := s.onExisting()
	if s.kind.loads() && s.Settings.FullLoadSettings.TargetTablePrepMode == "TRUNCATE_BEFORE_LOAD" {
		rights = append(rights, "TRUNCATE")
	}
	for _, ct := range s.tables() {
		n := ct.Target.Name
		if _, there := s.onTarget(ct); !there && !slices.Contains(s.Shut, n) {
			continue
		}
		var missing []string
		for _, right := range rights {
			rows, err := ask(ctx, s.AskTarget, "SELECT pg_catalog.has_table_privilege("+literal(catalog.PostgreSQL, quoteName(catalog.PostgreSQL, n))+", '"+right+"')::text")
			if err != nil {
				return nil, err
			}
			if rows[0][0] != "true" {
				missing = append(missing, right)
			}
		}
		if len(missing) > 0 {
			found = append(found, Finding{
				Object: n.String(), Reason: "user " + user + " lacks " + strings.Join(missing, ", ") + " on it",
				Mend: "GRANT " + strings.Join(missing, ", ") + " ON " + quoteName(catalog.PostgreSQL, n) + " TO " + quote(catalog.PostgreSQL, user),
			})
		}
	}
	return found, nil
}

// mysqlTargetRights reads the user's grants and those of its role.
func mysqlTargetRights(ctx context.Context, s *subject) (found []Finding, _ error) {
	who, err := ask(ctx, s.AskTarget, mysqlUser)
	if err != nil {
		return nil, err
	}
	user := who[0][0]
	given, err := mysqlGrants(ctx, s.AskTarget)
	if err != nil {
		return nil, err
	}
	rights := append([]string{"CREATE", "ALTER", "INDEX", "DROP", "REFERENCES"}, s.onExisting()...)
	for _, schema := range s.Schema.Schemas {
		missing := given.lacks(rights, schema.Name, s.targetsIn(schema.Name))
		if len(missing) > 0 {
			found = append(found, Finding{
				Object: "database " + schema.Name, Reason: "user " + user + " lacks " + strings.Join(missing, ", ") + " in it",
				Mend: "GRANT " + strings.Join(missing, ", ") + " ON " + quote(catalog.MySQL, schema.Name) + ".* TO " + user,
			})
		}
	}
	return found, nil
}

// targetsIn are the tables that the task writes in a schema of the target.
func (s *subject) targetsIn(schema string) (names []string) {
	for _, ct := range s.tables() {
		if ct.Target.Name.Schema == schema {
			names = append(names, ct.Target.Name.Name)
		}
	}
	return names
}
