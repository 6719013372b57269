package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Labeled = (*source)(nil)
	_ connector.Labeled = (*target)(nil)
	_ connector.Labeler = Dialect{}
)

// unlabeled tells the errors of enums from those of other values that a type does not take (src/backend/utils/adt/enum.c).
func unlabeled(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "22P02" && (pg.Routine == "enum_in" || pg.Routine == "enum_recv")
}

// Unlabeled implements connector.Labeled.
func (*source) Unlabeled(err error) bool { return unlabeled(err) }

// Unlabeled implements connector.Labeled.
func (*target) Unlabeled(err error) bool { return unlabeled(err) }

// Labels implements connector.Labeled.
func (s *source) Labels(ctx context.Context, table catalog.Name) (map[string]connector.Labels, error) {
	c, err := openConn(ctx, s.cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	found, err := labels(ctx, c, table)
	return found, classify(ctx, "look up the labels of "+table.String(), err)
}

// Labels implements connector.Labeled.
func (t *target) Labels(ctx context.Context, table catalog.Name) (found map[string]connector.Labels, err error) {
	err = t.atDesk(ctx, "look up the labels of "+table.String(), func(c *pgx.Conn) error {
		found, err = labels(ctx, c, table)
		return err
	})
	return found, err
}

// A column may be of an enum, of an array of one, or of a domain over either.
const labelsSQL = `WITH RECURSIVE kinds (attname, oid) AS (
  SELECT attname, atttypid FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass($1) AND attnum > 0 AND NOT attisdropped
  UNION SELECT k.attname, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END FROM kinds k JOIN pg_catalog.pg_type t ON t.oid = k.oid
   WHERE t.typtype = 'd' OR t.typcategory = 'A' AND t.typelem <> 0)
 SELECT k.attname, n.nspname, t.typname, array(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder)
 FROM kinds k JOIN pg_catalog.pg_type t ON t.oid = k.oid AND t.typtype = 'e' JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`

func labels(ctx context.Context, c *pgx.Conn, table catalog.Name) (map[string]connector.Labels, error) {
	rows, err := c.Query(ctx, labelsSQL, quoteName(table))
	if err != nil {
		return nil, err
	}
	found := map[string]connector.Labels{}
	var column string
	var l connector.Labels
	_, err = pgx.ForEachRow(rows, []any{&column, &l.Type.Schema, &l.Type.Name, &l.Labels}, func() error {
		found[column] = l
		l.Labels = nil
		return nil
	})
	return found, err
}

// AddLabel implements connector.Labeler.
func (Dialect) AddLabel(l connector.Labels, label, after string) catalog.Statement {
	sql := "ALTER TYPE " + quoteName(l.Type) + " ADD VALUE IF NOT EXISTS " + quoteLiteral(label)
	switch {
	case after != "":
		sql += " AFTER " + quoteLiteral(after)
	case len(l.Labels) > 0:
		sql += " BEFORE " + quoteLiteral(l.Labels[0])
	}
	return catalog.Statement{SQL: sql}
}
