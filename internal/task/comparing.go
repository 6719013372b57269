package task

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// comparing is the target of a validation-only task that follows changes: it learns which rows change, and writes none. Its checkpoint
// and its notes are kept like any other's.
type comparing struct{ connector.Applier }

// Apply implements connector.Applier.
func (c comparing) Apply(ctx context.Context, o connector.ApplyOptions) (connector.ApplySession, error) {
	s, err := c.Applier.Apply(ctx, o)
	if err != nil {
		return nil, err
	}
	return comparingSession{s}, nil
}

type comparingSession struct{ connector.ApplySession }

// Write takes every change for carried out, as the task that replicates does it.
func (s comparingSession) Write(_ context.Context, sets []connector.RowSet) ([]int64, error) {
	affected := make([]int64, len(sets))
	for i := range sets {
		affected[i] = int64(sets[i].Len())
	}
	return affected, nil
}

// Truncate, Exec and Park do nothing.
func (s comparingSession) Truncate(context.Context, catalog.Name) error { return nil }

func (s comparingSession) Exec(context.Context, []catalog.Statement) error { return nil }

func (s comparingSession) Park(context.Context, []connector.Parked) error { return nil }
