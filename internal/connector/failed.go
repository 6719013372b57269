package connector

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// FailureReader is a Target that reads back what validation has found to differ.
type FailureReader interface {
	// Failed answers what awsdms_validation_failures_v2 (of PostgreSQL) or _v1 holds of a task, the oldest first; nothing
	// where there is no such table.
	Failed(ctx context.Context, q ParkedQuery) ([]Failed, error)
}

// Failed is a row of awsdms_validation_failures.
type Failed struct {
	Table        catalog.Name // the target's
	Time         time.Time
	Key          string
	Kind         string
	Details      string
	Result       string // of a resync; these three are of v2 alone
	ResyncedAt   *time.Time
	ResyncAction string
}
