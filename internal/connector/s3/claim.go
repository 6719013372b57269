package s3

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

var _ connector.Exclusive = (*target)(nil)

// Claim implements connector.Exclusive where the store has locks: a folder has, a bucket has not.
func (t *target) Claim(ctx context.Context, run string) (release func(), err error) {
	locks, ok := t.store.(store.Locker)
	if !ok {
		return func() {}, nil
	}
	release, held, err := locks.Lock(ctx, control+"claim-"+run[:min(len(run), 8)])
	if err != nil {
		return nil, fmt.Errorf("claim the run: %w", err)
	}
	if !held {
		return nil, &connector.Error{
			Class: connector.Busy, Err: fmt.Errorf("the same migration is running already: another process writes to %s", t.store.Location()),
			Remedy: "wait for it or interrupt it",
		}
	}
	return release, nil
}
