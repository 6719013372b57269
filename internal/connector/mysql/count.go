package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var (
	_ connector.Counter = (*source)(nil)
	_ connector.Counter = (*target)(nil)
)

// Count implements connector.Counter.
func (s *source) Count(ctx context.Context, t *catalog.Table, where []catalog.Predicate) (int64, error) {
	return s.host.count(ctx, t, where)
}

// Count implements connector.Counter.
func (t *target) Count(ctx context.Context, table *catalog.Table, where []catalog.Predicate) (int64, error) {
	return t.host.count(ctx, table, where)
}

func (s *host) count(ctx context.Context, t *catalog.Table, where []catalog.Predicate) (n int64, err error) {
	query := "SELECT COUNT(*) FROM " + quoteTable(t.Name)
	var conditions []string
	for _, p := range where {
		text, err := predicate(t, p)
		if err != nil {
			return 0, err
		}
		conditions = append(conditions, text)
	}
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	if err := s.control.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, classify(ctx, s.mayNotRead(ctx, fmt.Errorf("count the rows of %s: %w", t.Name, err), t.Name))
	}
	return n, nil
}
