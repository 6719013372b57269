package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// querier is what *sql.DB and *sql.Conn share.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// namesPerQuery bounds the names in one IN list, rowProbes the tables asked for rows in one query.
const (
	namesPerQuery = 1000
	rowProbes     = 100
)

// describe looks up tables; those that do not exist are missing from the result.
func describe(ctx context.Context, q querier, names []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	found := make(map[catalog.Name]*connector.Existing, len(names))
	bySchema := make(map[string][]string)
	for _, n := range names {
		bySchema[n.Schema] = append(bySchema[n.Schema], n.Name)
	}
	for schema, tables := range bySchema {
		for len(tables) > 0 {
			n := min(len(tables), namesPerQuery)
			if err := describeSome(ctx, q, scope{schema: schema, tables: tables[:n]}, found); err != nil {
				return nil, err
			}
			tables = tables[n:]
		}
	}
	return found, nil
}

func describeSome(ctx context.Context, q querier, s scope, found map[catalog.Name]*connector.Existing) error {
	c, err := inspectScope(ctx, q, connector.InspectOptions{}, s)
	if err != nil {
		return fmt.Errorf("describe tables of %s: %w", s.schema, err)
	}
	existing, err := match(ctx, q, c, s)
	if err != nil {
		return err
	}
	for len(existing) > 0 {
		n := min(len(existing), rowProbes)
		if err := probeRows(ctx, q, existing[:n]); err != nil {
			return err
		}
		for _, e := range existing[:n] {
			found[e.asked] = &e.Existing
		}
		existing = existing[n:]
	}
	return nil
}

// described is a table found, under the name it was asked for.
type described struct {
	connector.Existing
	asked catalog.Name
}

// match finds the tables asked for in what was found. A server with lower_case_table_names set takes either case.
func match(ctx context.Context, q querier, c *catalog.Catalog, s scope) ([]*described, error) {
	var folds int
	if err := q.QueryRowContext(ctx, "SELECT @@lower_case_table_names").Scan(&folds); err != nil {
		return nil, fmt.Errorf("read lower_case_table_names: %w", err)
	}
	fold := func(name string) string { return name }
	if folds != 0 {
		fold = strings.ToLower
	}
	tables := make(map[string]*catalog.Table)
	for _, schema := range c.Schemas {
		for _, t := range schema.Tables {
			tables[fold(t.Name.Name)] = t
		}
	}
	var out []*described
	for _, name := range s.tables {
		if t := tables[fold(name)]; t != nil {
			out = append(out, &described{Existing: connector.Existing{Table: t}, asked: catalog.Name{Schema: s.schema, Name: name}})
		}
	}
	return out, nil
}

func probeRows(ctx context.Context, q querier, tables []*described) error {
	var b strings.Builder
	for n, d := range tables {
		if n > 0 {
			b.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&b, "SELECT %d, EXISTS (SELECT 1 FROM %s LIMIT 1)", n, quoteTable(d.Table.Name))
	}
	return each(ctx, q, "look for rows in the target's tables", b.String(), nil, func(scan scanFunc) error {
		var n int
		var has bool
		if err := scan(&n, &has); err != nil {
			return err
		}
		tables[n].HasRows = has
		return nil
	})
}

// exists reports whether what r points at exists. Beside the kinds of package catalog it knows the kinds of this
// package's objects (procedure, function, package, package body, trigger, event); a plain object is any of them.
func exists(ctx context.Context, q querier, r catalog.Ref) (bool, error) {
	query, args := lookup(r)
	if query == "" {
		return false, nil
	}
	var found bool
	if err := q.QueryRowContext(ctx, "SELECT EXISTS ("+query+")", args...).Scan(&found); err != nil {
		return false, fmt.Errorf("look for %s %s: %w", r.Kind, r.Name, err)
	}
	return found, nil
}

const (
	findTable = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ? AND table_type "
	findKey   = "SELECT 1 FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? AND index_name = ?"
	// A constraint may be a unique key, a foreign key or a check.
	findConstraint = "SELECT 1 FROM information_schema.table_constraints WHERE table_schema = ? AND table_name = ? AND constraint_name = ?"
	findRoutine    = "SELECT 1 FROM information_schema.routines WHERE routine_schema = ? AND routine_name = ?"
	findEvent      = "SELECT 1 FROM information_schema.events WHERE event_schema = ? AND event_name = ?"
	findTrigger    = "SELECT 1 FROM information_schema.triggers WHERE trigger_schema = ? AND trigger_name = ?"
)

func lookup(r catalog.Ref) (string, []any) {
	schema, name := r.Name.Schema, r.Name.Name
	switch r.Kind {
	case catalog.NoRef:
		return "", nil
	case catalog.SchemaRef:
		if name == "" {
			name = schema
		}
		return "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", []any{name}
	case catalog.TableRef:
		return findTable + "NOT IN ('VIEW', 'SEQUENCE')", []any{schema, name}
	case catalog.SequenceRef:
		return findTable + "= 'SEQUENCE'", []any{schema, name}
	case catalog.ViewRef:
		return findTable + "= 'VIEW'", []any{schema, name}
	case catalog.IndexRef:
		return findKey, []any{schema, r.Table, name}
	case catalog.PrimaryKeyRef:
		return findKey, []any{schema, r.Table, primaryName}
	case catalog.ConstraintRef:
		return findConstraint, []any{schema, r.Table, name}
	case "event":
		return findEvent, []any{schema, name}
	case "trigger":
		return findTrigger, []any{schema, name}
	case "procedure", "function", "package", "package body":
		return findRoutine + " AND routine_type = ?", []any{schema, name, strings.ToUpper(string(r.Kind))}
	}
	if r.Table != "" {
		return findTrigger, []any{schema, name}
	}
	return findRoutine + " UNION ALL " + findEvent, []any{schema, name, schema, name}
}
