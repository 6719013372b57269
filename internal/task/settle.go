package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// settleTries is how often a snapshot is taken in the hope that no table changes its structure just then.
const settleTries = 10

// settlePause times the number of the try is how long DDL has to come to its end.
const settlePause = 100 * time.Millisecond

// takeSettledSnapshot takes the snapshot. Tables are looked at before it, and a log tells no structure: where changes are
// followed, the tables must look in the snapshot as they did, or their changes could not be read. When one does not,
// everything is planned anew and another snapshot taken.
func (r *run) takeSettledSnapshot(ctx context.Context) error {
	for try := 1; ; try++ {
		var err error
		if r.snapshot, err = r.takeSnapshot(ctx); err != nil {
			return fmt.Errorf("take a snapshot of the source: %w", &fullload.SourceError{Err: err})
		}
		if !r.follows() {
			return nil
		}
		moved, err := r.restructured(ctx)
		if moved == "" && err == nil {
			r.publish()
			return nil
		}
		err = errors.Join(err, r.snapshot.Close())
		switch {
		case err != nil:
			return &fullload.SourceError{Err: err}
		case try == settleTries || r.isAside:
			return &connector.Error{
				Class: connector.Busy, Err: fmt.Errorf("the structure of %s changes while the snapshot is taken", moved),
				Remedy: "begin when no DDL is under way",
			}
		}
		r.log(tasklog.MetadataManager).InfoContext(ctx, "a table has changed its structure just before the snapshot: planning anew", "table", moved)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Duration(try) * settlePause):
		}
		again, err := r.Plan(ctx)
		if err != nil {
			return err
		}
		*r.plan = *again
	}
}

// restructured names a table that does not look any more as it was planned; empty when there is none.
func (r *run) restructured(ctx context.Context) (string, error) {
	now, err := r.inspectSource(ctx, connector.InspectOptions{})
	if err != nil {
		return "", fmt.Errorf("inspect the source again: %w", err)
	}
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) {
			continue
		}
		t := now.Table(tp.Plan.Source.Name)
		if t == nil || !sameColumns(t, tp.Plan.Source) {
			return tp.Plan.Source.Name.String(), nil
		}
	}
	return "", nil
}

func sameColumns(a, b *catalog.Table) bool {
	return slices.EqualFunc(a.Columns, b.Columns, func(x, y *catalog.Column) bool { return x.Name == y.Name && x.NativeType == y.NativeType })
}
