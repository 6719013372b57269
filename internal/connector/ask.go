package connector

import "context"

// Asker is a Source or Target that answers questions in its own SQL, for checks before a migration. The questions are ours,
// never a user's, and read alone.
type Asker interface {
	// Ask returns the rows of a query as texts, NULL as an empty one.
	Ask(ctx context.Context, query string) ([][]string, error)
}
