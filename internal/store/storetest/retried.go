package storetest

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// errLost undoes the run that Retried throws away.
var errLost = errors.New("another transaction was faster")

// Retried makes a store whose every transaction loses its first race: its closure runs once for nothing, over the state as it
// is, and once more to be applied. Whatever the first run leaves outside the transaction shows in what the second does.
func Retried(s store.Store) store.Store { return &retried{s} }

type retried struct{ store.Store }

// Update implements store.Store.
func (s *retried) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return errLost
	})
	if !errors.Is(err, errLost) {
		return 0, err
	}
	return s.Store.Update(ctx, change)
}

// Raced makes a store that calls meanwhile once in each transaction, between what its closure reads and its commit: what
// meanwhile writes to the store underneath, others have written at the same time. That the closure runs again is the doing of
// the store underneath.
func Raced(s store.Store, meanwhile func()) store.Store { return &raced{s, meanwhile} }

type raced struct {
	store.Store
	meanwhile func()
}

// Update implements store.Store.
func (s *raced) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	met := false
	return s.Store.Update(ctx, func(tx store.Tx) error {
		err := change(tx)
		if !met {
			met = true
			s.meanwhile()
		}
		return err
	})
}
