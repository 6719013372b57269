package connector

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Counter is a Source or Target that counts rows.
type Counter interface {
	// Count counts the rows of a table for which all predicates hold. A partitioned table counts those of its partitions.
	Count(ctx context.Context, t *catalog.Table, where []catalog.Predicate) (int64, error)
}
