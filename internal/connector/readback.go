package connector

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// ReadBacker is a target of files, whose rows are read back by what it knows of how it has written them. Each of its files is of one
// time: a row that was changed since the load is not told from them.
type ReadBacker interface {
	// CheckReadBack says why values would not come back as they were, with the target's settings.
	CheckReadBack() error
	// ReadBack opens what was written. It leaves the target open when it is closed.
	ReadBack(ctx context.Context) (Source, error)
	// FileFailures keeps what was found of a table in the place of what a task has left of it; nothing takes that away.
	FileFailures(ctx context.Context, task string, table catalog.Name, failures []FiledFailure) error
}

// FiledFailure is a line of awsdms_validation_failures_v1.
type FiledFailure struct {
	Time                        time.Time
	KeyType, Key, Type, Details string
}
