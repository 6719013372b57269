package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

var _ connector.Exclusive = (*target)(nil)

// Claim implements connector.Exclusive. What is committed afterwards is refused once the claim may be another's: see fenced.
func (t *target) Claim(ctx context.Context, run string) (release func(), err error) {
	locks, ok := t.store.(store.Locker)
	if !ok {
		return func() {}, nil
	}
	lock, err := locks.Lock(ctx, control+"claim-"+run[:min(len(run), 8)])
	if err != nil {
		return nil, fmt.Errorf("claim the run: %w", err)
	}
	if lock == nil {
		return nil, &connector.Error{
			Class: connector.Busy, Err: fmt.Errorf("the same migration is running already: another process writes to %s", t.store.Location()),
			Remedy: "wait for it or interrupt it",
		}
	}
	t.mu.Lock()
	t.mu.locks[lock] = true
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		delete(t.mu.locks, lock)
		t.mu.Unlock()
		lock.Release()
	}, nil
}

// losable is a name that is held and may be lost: a *store.Lock.
type losable interface {
	Lost() bool
	Fault() error
	While(ctx context.Context) (context.Context, context.CancelFunc)
}

// fenced has a commit carried out while what this process has claimed is certainly its own, and no longer: a request that is tried again and
// again must not come through after another process has taken the run up. So has what takes back or removes what was committed, which may be
// the other's by then.
func (t *target) fenced(ctx context.Context, commit func(context.Context) error) error {
	within := ctx
	t.mu.Lock()
	for lock := range t.mu.locks {
		var stop context.CancelFunc
		within, stop = lock.While(within)
		defer stop()
		if lock.Lost() {
			t.mu.Unlock()
			return cmp.Or(lock.Fault(), t.lost())
		}
	}
	t.mu.Unlock()
	err := commit(within)
	if err != nil && errors.Is(context.Cause(within), store.ErrLost) {
		return t.lost()
	}
	return err
}

func (t *target) lost() error {
	return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("the claim on %s could not be renewed in time: another process may have taken the run up", t.store.Location())}
}
