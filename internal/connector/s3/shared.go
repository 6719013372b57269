package s3

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// shared is the state of a run as all sessions of this process know it: one follows, others ask it for a reload, and each
// writes the whole of it.
type shared struct {
	run   string
	users int // guarded by target.mu
	// writing is held by who reads or writes the state in the store.
	writing *semaphore.Weighted
	// known is nil when the store has to be asked: at first, and after a write that may have arrived or not.
	known atomic.Pointer[snapshot]
}

// snapshot is a state and its notes. Nobody changes them.
type snapshot struct {
	*state
	notes map[string]string
}

// share takes a part in the state of a run.
func (t *target) share(run string) *shared {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.mu.runs[run]
	if r == nil {
		r = &shared{run: run, writing: semaphore.NewWeighted(1)}
		t.mu.runs[run] = r
	}
	r.users++
	return r
}

// unshare gives the part back.
func (t *target) unshare(r *shared) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.users--; r.users == 0 {
		delete(t.mu.runs, r.run)
	}
}

// alone does something while nobody else reads or writes the state.
func (r *shared) alone(ctx context.Context, f func() error) error {
	if err := r.writing.Acquire(ctx, 1); err != nil {
		return context.Cause(ctx)
	}
	defer r.writing.Release(1)
	return f()
}

// learn reads the state unless it is known. What an earlier session has committed and not carried out is done first.
func (t *target) learn(ctx context.Context, r *shared) (*snapshot, error) {
	if k := r.known.Load(); k != nil {
		return k, nil
	}
	st, err := t.readState(ctx, r.run)
	if err != nil {
		return nil, err
	}
	if err := t.settings.changesLayout().begunWith(st.Layout); err != nil {
		return nil, err
	}
	if err := t.carryOut(ctx, st.Work); err != nil {
		if errors.Is(err, store.ErrGone) && st.Before != nil {
			return nil, t.goBack(ctx, st, err)
		}
		return nil, err
	}
	notes, err := t.readNotes(ctx, st.Notes)
	if err != nil {
		return nil, err
	}
	k := &snapshot{st, notes}
	r.known.Store(k)
	return k, nil
}

// look reads the state as it is, with its notes, carrying nothing out.
func (t *target) look(ctx context.Context, run string) (k *snapshot, err error) {
	r := t.share(run)
	defer t.unshare(r)
	err = r.alone(ctx, func() error {
		if k = r.known.Load(); k != nil {
			return nil
		}
		st, err := t.readState(ctx, run)
		if err != nil {
			return err
		}
		notes, err := t.readNotes(ctx, st.Notes)
		k = &snapshot{st, notes}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the state of the run: %w", err)
	}
	return k, nil
}
