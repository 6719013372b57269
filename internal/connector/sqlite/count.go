package sqlite

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Counter = (*source)(nil)
	_ connector.Counter = (*target)(nil)
)

// Count implements connector.Counter.
func (s *source) Count(ctx context.Context, t *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	c, err := s.connect()
	if err != nil {
		return 0, err
	}
	defer c.close()
	err = c.during(ctx, func() error {
		n, err = count(c, t, where)
		return err
	})
	return n, classify("count the rows of "+t.Name.Name, err)
}

// Count implements connector.Counter.
func (t *target) Count(ctx context.Context, table *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	err = t.look(ctx, "count the rows of "+table.Name.Name, func(c *conn) error {
		n, err = count(c, table, where)
		return err
	})
	return n, err
}

func count(c *conn, t *catalog.Table, where []catalog.Predicate) (int64, error) {
	sql := "SELECT count(*) FROM " + quote(t.Name.Name)
	texts, args, err := conditions(t, where)
	if err != nil {
		return 0, err
	}
	if len(texts) > 0 {
		sql += " WHERE " + strings.Join(texts, " AND ")
	}
	return c.number(sql, args...)
}
