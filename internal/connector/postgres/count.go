package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Counter = (*source)(nil)
	_ connector.Counter = (*target)(nil)
)

// Count implements connector.Counter.
func (s *source) Count(ctx context.Context, t *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	c, err := openConn(ctx, s.cfg)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	n, err = count(ctx, c, t, where)
	return n, classify(ctx, "count the rows of "+t.Name.String(), err)
}

// Count implements connector.Counter.
func (t *target) Count(ctx context.Context, table *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	err = t.atDesk(ctx, "count the rows of "+table.Name.String(), func(c *pgx.Conn) error {
		n, err = count(ctx, c, table, where)
		return err
	})
	return n, err
}

func count(ctx context.Context, c *pgx.Conn, t *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	only := "ONLY "
	if t.PartitionBy != "" {
		only = ""
	}
	sql := "SELECT count(*) FROM " + only + quoteName(t.Name)
	var conditions []string
	for _, p := range where {
		column := t.Column(p.Column)
		if column == nil {
			return 0, &connector.Error{Class: connector.Missing, Err: fmt.Errorf("filter of table %s: there is no column %q", t.Name, p.Column)}
		}
		text, err := condition(&attribute{name: column.Name, typeName: column.BaseType}, p)
		if err != nil {
			return 0, err
		}
		conditions = append(conditions, text)
	}
	if len(conditions) > 0 {
		sql += " WHERE " + strings.Join(conditions, " AND ")
	}
	err = c.QueryRow(ctx, sql, pgx.QueryExecModeSimpleProtocol).Scan(&n)
	return n, err
}
