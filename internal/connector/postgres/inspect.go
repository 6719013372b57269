package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// inspect describes the database. When q is a transaction the description is of its snapshot; otherwise inspect begins
// one of its own.
func inspect(ctx context.Context, q querier, o connector.InspectOptions) (*catalog.Catalog, error) {
	in := newInspector(q, o)
	return in.cat, in.within(ctx, in.everything)
}

// within runs a step in a transaction that sees one moment, or in a savepoint of the transaction that q is: the
// settings it makes, and most of the locks it takes, end with it.
func (in *inspector) within(ctx context.Context, step func(context.Context) error) error {
	outer := in.q
	tx, err := begin(ctx, outer)
	if err != nil {
		return fmt.Errorf("begin to read the catalog: %w", err)
	}
	in.q = tx
	err = step(ctx)
	in.q = outer
	// Nothing was changed: rolling back loses nothing.
	if rollback := tx.Rollback(context.WithoutCancel(ctx)); err == nil && rollback != nil {
		err = fmt.Errorf("end reading the catalog: %w", rollback)
	}
	return err
}

func begin(ctx context.Context, q querier) (pgx.Tx, error) {
	if b, ok := q.(interface {
		BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error)
	}); ok {
		return b.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	}
	return q.Begin(ctx)
}

func (in *inspector) everything(ctx context.Context) error {
	for _, step := range []func(context.Context) error{in.structure, in.loadSequences, in.loadViews} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if in.o.Objects || in.o.Names {
		return in.loadObjects(ctx)
	}
	in.orderViews()
	return nil
}

// inspector builds a catalog from the rows of the system catalogs.
type inspector struct {
	q    querier
	o    connector.InspectOptions
	only []catalog.Name // when not nil, the tables to look up, and nothing else
	cat  *catalog.Catalog
	// version is the major version of the server.
	version   int
	schemas   map[string]*catalog.Schema
	relations map[uint32]*relation
	byName    map[catalog.Name]*relation
	types     map[uint32]*nativeType
	sequences map[uint32]*sequence
	graph     graph
	ordered   []*node // the graph's nodes in an order of creation
	// composites maps the relation of a composite type to the type, ranges a multirange to its range.
	composites, ranges map[uint32]uint32
	// shellUsers are the functions that a type is made of, which take it as a shell.
	shellUsers map[ref]bool
	// members maps the entries of operator classes and families to those.
	members map[ref]ref
}

// relation is a table, view or sequence with its columns by number.
type relation struct {
	oid     uint32
	kind    byte // pg_class.relkind
	name    catalog.Name
	table   *catalog.Table
	view    *catalog.View
	columns map[int16]*catalog.Column
	parents []uint32
	needs   []*relation // what a view reads
	refresh bool        // a materialized view that holds rows
	// clusteredOn is the index a materialized view is clustered on.
	clusteredOn string
}

func newInspector(q querier, o connector.InspectOptions) *inspector {
	return &inspector{
		q: q, o: o,
		cat:       &catalog.Catalog{Family: catalog.PostgreSQL, Engine: "postgres"},
		schemas:   map[string]*catalog.Schema{},
		relations: map[uint32]*relation{},
		byName:    map[catalog.Name]*relation{},
		types:     map[uint32]*nativeType{},
		sequences: map[uint32]*sequence{},
		graph:     graph{}, composites: map[uint32]uint32{}, ranges: map[uint32]uint32{}, members: map[ref]ref{}, shellUsers: map[ref]bool{},
	}
}

// structure reads what tables are made of.
func (in *inspector) structure(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		in.prepare, in.loadSchemas, in.loadTypes, in.loadRelations, in.loadColumns, in.loadNotNulls, in.loadConstraints, in.loadIndexes,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inspectSettings make the server spell what it reports the same way whatever the role's own settings are.
const inspectSettings = `SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version'),
	current_database(), set_config('search_path', '', true), set_config('DateStyle', 'ISO', true),
	set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '3', true),
	set_config('jit', 'off', true), set_config('quote_all_identifiers', 'off', true), set_config('TimeZone', 'UTC', true)`

func (in *inspector) prepare(ctx context.Context) error {
	var ignored [7]string
	err := in.q.QueryRow(ctx, inspectSettings).Scan(&in.version, &in.cat.Version, &in.cat.Database,
		&ignored[0], &ignored[1], &ignored[2], &ignored[3], &ignored[4], &ignored[5], &ignored[6])
	if err != nil {
		return fmt.Errorf("prepare to read the catalog: %w", err)
	}
	return nil
}

// each runs a query and hands every row to scan. what names what is read, for the error.
func (in *inspector) each(ctx context.Context, what, sql string, scan func(pgx.Rows) error) error {
	var args []any
	if in.only != nil {
		schemas, names := make([]string, len(in.only)), make([]string, len(in.only))
		for i, n := range in.only {
			schemas[i], names[i] = n.Schema, n.Name
		}
		args = []any{schemas, names}
	}
	rows, err := in.q.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// userSchema is the condition on pg_namespace n that leaves out what is not the user's.
const userSchema = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
	WHERE x.classid = 'pg_catalog.pg_namespace'::regclass AND x.objid = n.oid AND x.deptype = 'e')`

// notMember is the condition that an object is not a member of an extension.
func notMember(class, oid string) string {
	return fmt.Sprintf(`NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
	WHERE x.classid = 'pg_catalog.%s'::regclass AND x.objid = %s AND x.deptype = 'e')`, class, oid)
}

// rel returns a common table expression rel(oid, schema, name, kind, …) of the relations to read.
func (in *inspector) rel() string {
	selected := ""
	if in.only != nil {
		selected = " AND (n.nspname::text, c.relname::text) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND c.relkind IN ('r', 'p')"
	}
	return `WITH rel AS MATERIALIZED (SELECT c.*, n.nspname AS schema FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't' AND c.relname NOT LIKE 'awsdms\_%'
	AND ` + userSchema + ` AND ` + notMember("pg_class", "c.oid") + selected + ") "
}

func (in *inspector) loadSchemas(ctx context.Context) error {
	if in.only != nil {
		for _, n := range in.only {
			in.schema(n.Schema)
		}
		return nil
	}
	// Only its owner may set the comment of public, so the one it comes with is left alone.
	return in.each(ctx, "schemas", `SELECT n.nspname, CASE WHEN n.nspname = 'public' AND d = 'standard public schema' THEN '' ELSE coalesce(d, '') END
		FROM pg_catalog.pg_namespace n, pg_catalog.obj_description(n.oid, 'pg_namespace') d WHERE `+userSchema+` ORDER BY n.nspname COLLATE "C"`, func(rows pgx.Rows) error {
		var name, comment string
		err := rows.Scan(&name, &comment)
		in.schema(name).Comment = comment
		return err
	})
}

// schema returns the schema of that name, which it makes when it is new.
func (in *inspector) schema(name string) *catalog.Schema {
	s := in.schemas[name]
	if s == nil {
		s = &catalog.Schema{Name: name}
		in.schemas[name] = s
		in.cat.Schemas = append(in.cat.Schemas, s)
	}
	return s
}
