package connector

import "context"

// ReadBack is a Target of an engine that is no source, and can be read all the same, so that what was written is compared with
// what should have been.
type ReadBack interface {
	Target
	// ReadBack opens the target to be read. Its tables are those of Describe; nothing is inspected.
	//
	// A snapshot of it is a moment of each query only where the engine shares none between its sessions: what others write meanwhile may then be seen by
	// one query and not by another.
	ReadBack(ctx context.Context) (Source, error)
}
