package connector

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// ReadBack is a Target of an engine that is no source, and can be read all the same, so that what was written is compared with
// what should have been.
type ReadBack interface {
	Target
	// ReadBack opens the target to be read, and leaves it open when it is closed. Its tables are those of Describe; nothing is inspected.
	//
	// A snapshot of it is a moment of each query only where the engine shares none between its sessions: what others write meanwhile may then be seen by
	// one query and not by another.
	ReadBack(ctx context.Context) (Source, error)
}

// ReadBackFiles is a target of files, whose rows are read back by what it knows of how it has written them. Each of its files is of one
// time: the last change of a key says what the row is by now, and a row of the load is one whose key was not changed since.
type ReadBackFiles interface {
	ReadBack
	// CheckReadBack says why values would not come back as they were, with the target's settings, and CheckReadChanges why files of changes would not
	// tell what a row is by now.
	CheckReadBack() error
	CheckReadChanges() error
	// FileFailures keeps what was found of a table in the place of what a task has left of it; nothing takes that away.
	FileFailures(ctx context.Context, task string, table catalog.Name, failures []FiledFailure) error
}

// Sequential is a Snapshot that reads all of a table whatever is asked for of it: who wants many rows had better ask once.
type Sequential interface {
	Snapshot
	Sequential()
}

// FiledFailure is a line of awsdms_validation_failures_v1.
type FiledFailure struct {
	Time                        time.Time
	KeyType, Key, Type, Details string
}
