package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.PartitionComparer = (*target)(nil)

// Unlike implements connector.PartitionComparer.
func (t *target) Unlike(ctx context.Context, tree []*catalog.Table) (why string, err error) {
	err = t.atDesk(ctx, "compare the partitions of "+tree[0].Name.String(), func(c *pgx.Conn) error {
		there, err := partitionsThere(ctx, c, tree[0].Name)
		if err != nil || len(there) == 0 {
			return err
		}
		for _, parent := range tree {
			if why, err = there.unlike(ctx, c, parent, tree); why != "" || err != nil {
				return err
			}
		}
		return nil
	})
	return why, err
}

// partitionThere is a table of the target's tree of partitions.
type partitionThere struct {
	by, bound string
	of        *catalog.Name
}

type partitionTree map[catalog.Name]partitionThere

// A table that is no part of a tree stands in pg_class alone.
const partitionsThereSQL = `SELECT n.nspname, c.relname, CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) ELSE '' END,
 coalesce(pg_catalog.pg_get_expr(c.relpartbound, c.oid), ''), pn.nspname, p.relname
 FROM (SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS relid, NULL::pg_catalog.oid AS parentrelid UNION ALL
  SELECT relid, parentrelid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) WHERE level > 0) t
 JOIN pg_catalog.pg_class c ON c.oid = t.relid AND c.relkind IN ('r', 'p', 'f') JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 LEFT JOIN pg_catalog.pg_class p ON p.oid = t.parentrelid LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace`

func partitionsThere(ctx context.Context, c *pgx.Conn, root catalog.Name) (partitionTree, error) {
	rows, err := c.Query(ctx, partitionsThereSQL, quoteName(root))
	if err != nil {
		return nil, fmt.Errorf("look up the partitions: %w", err)
	}
	there := partitionTree{}
	var name catalog.Name
	var p partitionThere
	var schema, table *string
	_, err = pgx.ForEachRow(rows, []any{&name.Schema, &name.Name, &p.by, &p.bound, &schema, &table}, func() error {
		p.of = nil
		if schema != nil && table != nil {
			p.of = &catalog.Name{Schema: *schema, Name: *table}
		}
		there[name] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up the partitions: %w", err)
	}
	return there, nil
}

// unlike compares one partitioned table of the tree with the target's. Partitions that the target has besides are no hindrance, nor are
// those that it lacks, unless they want the same rows.
func (there partitionTree) unlike(ctx context.Context, c *pgx.Conn, parent *catalog.Table, tree []*catalog.Table) (string, error) {
	is, ok := there[parent.Name]
	switch {
	case !ok || parent.PartitionBy == "":
		return "", nil
	case is.by == "":
		return fmt.Sprintf("%s is not partitioned on the target", parent.Name), nil
	case bareClause(is.by) != bareClause(parent.PartitionBy):
		return fmt.Sprintf("%s is partitioned by %s on the target", parent.Name, is.by), nil
	}
	var missing, others []string
	wanted := map[catalog.Name]bool{}
	for _, p := range tree {
		if p.PartitionOf == nil || *p.PartitionOf != parent.Name {
			continue
		}
		wanted[p.Name] = true
		switch is, ok := there[p.Name]; {
		case !ok:
			missing = append(missing, p.Bound)
		case is.of == nil || *is.of != parent.Name || bareClause(is.bound) != bareClause(p.Bound):
			return fmt.Sprintf("partition %s takes other rows on the target (%s)", p.Name, is.bound), nil
		}
	}
	for n, is := range there {
		if is.of != nil && *is.of == parent.Name && !wanted[n] {
			others = append(others, is.bound)
		}
	}
	if len(missing) == 0 || len(others) == 0 {
		return "", nil
	}
	return overlap(ctx, c, parent, append(others, missing...))
}

// bareClause is a clause as it is compared: servers of other versions, and a mapping, may quote and space it otherwise.
func bareClause(clause string) string {
	return strings.NewReplacer(`"`, "", " ", "").Replace(clause)
}

// errProbed ends a transaction that has shown what it should.
var errProbed = errors.New("probed")

// overlap has the server say whether partitions of a table want the same rows: it is asked to make such ones of a temporary table, which
// goes at once.
func overlap(ctx context.Context, c *pgx.Conn, parent *catalog.Table, bounds []string) (string, error) {
	err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		all := []string{"CREATE TEMPORARY TABLE awsdms_probe (LIKE " + quoteName(parent.Name) + ") PARTITION BY " + parent.PartitionBy}
		for i, bound := range bounds {
			all = append(all, fmt.Sprintf("CREATE TEMPORARY TABLE awsdms_probe_%d PARTITION OF pg_temp.awsdms_probe %s", i, bound))
		}
		for _, sql := range all {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return errProbed
	})
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, errProbed):
		return "", nil
	case errors.As(err, &pg) && pg.Code == "42P17":
		return "other partitions of " + parent.Name.String() + " take the same rows on the target", nil
	case errors.As(err, &pg) && pg.Code == insufficient: // no temporary tables: attaching the partition will show it
		return "", nil
	}
	return "", fmt.Errorf("compare the bounds of partitions: %w", err)
}
