package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// querier is a connection, a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Begin(ctx context.Context) (pgx.Tx, error)
}

// describe looks up tables that exist in a target. Views are not tables: a view of the name is not found.
func describe(ctx context.Context, q querier, names []catalog.Name) (map[catalog.Name]*connector.Existing, error) {
	in := newInspector(q, connector.InspectOptions{})
	var err error
	if in.only, err = there(ctx, q, names); err != nil || len(in.only) == 0 {
		return nil, err
	}
	if err := in.within(ctx, in.structure); err != nil {
		return nil, err
	}
	found := map[catalog.Name]*connector.Existing{}
	for _, s := range in.cat.Schemas {
		for _, t := range s.Tables {
			found[t.Name] = &connector.Existing{Table: t}
		}
	}
	return found, markFilled(ctx, q, found)
}

// there picks the names that tables have. Most targets have none of them, and describing looks through the catalogs
// several times.
func there(ctx context.Context, q querier, names []catalog.Name) ([]catalog.Name, error) {
	schemas, tables := make([]string, len(names)), make([]string, len(names))
	for i, n := range names {
		schemas[i], tables[i] = n.Schema, n.Name
	}
	rows, err := q.Query(ctx, `SELECT n.nspname, c.relname FROM unnest($1::name[], $2::name[]) AS asked (schema, relation)
		JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema
		JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.relation AND c.relkind IN ('r', 'p')`, schemas, tables)
	if err != nil {
		return nil, fmt.Errorf("look for the target's tables: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[catalog.Name])
	if err != nil {
		return nil, fmt.Errorf("look for the target's tables: %w", err)
	}
	return found, nil
}

// tablesPerProbe bounds the length of one query that looks whether tables hold rows.
const tablesPerProbe = 200

// markFilled sets HasRows.
func markFilled(ctx context.Context, q querier, found map[catalog.Name]*connector.Existing) error {
	var parts []string
	var batch []*connector.Existing
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		filled, err := probe(ctx, q, strings.Join(parts, " UNION ALL "))
		if err != nil {
			return err
		}
		for _, i := range filled {
			batch[i].HasRows = true
		}
		parts, batch = parts[:0], batch[:0]
		return nil
	}
	for n, e := range found {
		only := "ONLY "
		if e.Table.PartitionBy != "" {
			only = ""
		}
		parts = append(parts, fmt.Sprintf("SELECT %d WHERE EXISTS (SELECT FROM %s)", len(batch), only+quoteName(n)))
		if batch = append(batch, e); len(batch) == tablesPerProbe {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func probe(ctx context.Context, q querier, sql string) ([]int, error) {
	rows, err := q.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("look for rows in the target's tables: %w", err)
	}
	filled, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("look for rows in the target's tables: %w", err)
	}
	return filled, nil
}
