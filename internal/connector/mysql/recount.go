package mysql

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

var _ connector.Counting = (*source)(nil)

// Recount implements connector.Counting for MariaDB's sequences. AUTO_INCREMENT columns number past the rows by themselves.
func (s *source) Recount(ctx context.Context, c *catalog.Catalog) (moved bool, err error) {
	var before []catalog.Sequence
	for _, schema := range c.Schemas {
		for _, q := range schema.Sequences {
			before = append(before, *q)
		}
	}
	if len(before) == 0 {
		return false, nil
	}
	i := &inspector{q: s.host.control, catalog: c}
	if err := i.readSequences(ctx); err != nil {
		return false, classify(ctx, err)
	}
	for _, schema := range c.Schemas {
		for _, q := range schema.Sequences {
			moved = moved || q.Last != before[0].Last || q.Called != before[0].Called
			before = before[1:]
		}
	}
	return moved, nil
}
