package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// inspect describes every database the user can see.
func inspect(ctx context.Context, q querier, o connector.InspectOptions) (*catalog.Catalog, error) {
	return inspectScope(ctx, q, o, scope{})
}

func inspectScope(ctx context.Context, q querier, o connector.InspectOptions, s scope) (*catalog.Catalog, error) {
	if db, ok := q.(*sql.DB); ok {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect to inspect: %w", err)
		}
		defer func() { _ = conn.Close() }()
		q = conn
	}
	i := &inspector{
		q: q, o: o, scope: s,
		schemas: make(map[string]*catalog.Schema), tables: make(map[catalog.Name]*catalog.Table),
		views: make(map[catalog.Name]*catalog.View), sequences: make(map[catalog.Name]*catalog.Sequence),
		leftOut: make(map[string]bool), beyond: make(map[catalog.Name][]*catalog.View),
	}
	return i.run(ctx)
}

// inspector gathers one catalog over one connection.
type inspector struct {
	q         querier
	o         connector.InspectOptions
	scope     scope
	release   release
	catalog   *catalog.Catalog
	schemas   map[string]*catalog.Schema
	tables    map[catalog.Name]*catalog.Table
	views     map[catalog.Name]*catalog.View
	sequences map[catalog.Name]*catalog.Sequence
	// leftOut are databases that are not asked for, and beyond what views seem to need of them.
	leftOut map[string]bool
	beyond  map[catalog.Name][]*catalog.View
}

func (i *inspector) run(ctx context.Context) (*catalog.Catalog, error) {
	restore, err := i.readServer(ctx)
	if err != nil {
		return nil, err
	}
	defer restore()
	steps := []func(context.Context) error{
		i.readSchemas, i.readTables, i.readColumns, i.markHistories, i.readSpatial, i.readPartitions, i.readIndexes, i.readForeignKeys, i.readChecks, i.readCreates,
	}
	if i.scope.tables == nil {
		steps = append(steps, i.readSequences, i.readViews)
	}
	if i.o.Objects || i.o.Names {
		steps = append(steps, i.readRoutines, i.readTriggers, i.readEvents, i.readDefiners, i.readGrants, i.readRoutineGrants)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
		if len(i.catalog.Schemas) == 0 {
			return i.catalog, nil
		}
	}
	i.sortViews()
	return i.catalog, nil
}

// scope is what to look at. Its zero value is everything outside the system's databases and Whimbrel's own objects, and
// schemas narrow it to these; tables are some of one schema, whatever they are.
type scope struct {
	schemas []string
	schema  string
	tables  []string
}

const systemSchemas = "('mysql', 'sys', 'information_schema', 'performance_schema', 'ndbinfo', 'awsdms_control')"

// where is the scope as a condition on the two columns that name a table; table may be empty where there is none.
func (s scope) where(schema, table string) (string, []any) {
	if s.tables == nil {
		cond := schema + " NOT IN " + systemSchemas
		if table != "" {
			cond += " AND " + table + ` NOT LIKE 'awsdms|_%' ESCAPE '|'`
		}
		return s.whereSchemas(schema, cond)
	}
	args := make([]any, 0, len(s.tables)+1)
	args = append(args, s.schema)
	if table == "" {
		return schema + " = ?", args
	}
	for _, t := range s.tables {
		args = append(args, t)
	}
	return schema + " = ? AND " + table + " IN (?" + strings.Repeat(",?", len(s.tables)-1) + ")", args
}

// whereSchemas narrows a condition. A single schema is compared, which spares MariaDB from looking into the others' directories.
func (s scope) whereSchemas(schema, cond string) (string, []any) {
	if len(s.schemas) == 0 {
		return cond, nil
	}
	args := make([]any, len(s.schemas))
	for i, name := range s.schemas {
		args[i] = name
	}
	if len(args) == 1 {
		return cond + " AND " + schema + " = ?", args
	}
	return cond + " AND " + schema + " IN (?" + strings.Repeat(",?", len(args)-1) + ")", args
}

type scanFunc func(dest ...any) error

// each runs a query and calls row for each of its rows. what says in an error what was being done.
func each(ctx context.Context, q querier, what, query string, args []any, row func(scanFunc) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// each reads a list from information_schema within the scope. The query's %s is the condition.
func (i *inspector) each(ctx context.Context, what, query, schema, table string, row func(scanFunc) error) error {
	cond, args := i.scope.where(schema, table)
	return each(ctx, i.q, "inspect "+what, fmt.Sprintf(query, cond), args, row)
}
