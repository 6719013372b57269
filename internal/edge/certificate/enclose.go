package certificate

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// An Opener opens what was sealed under the root key. A secret.Keyring is one.
type Opener interface {
	Open(sealed, associated []byte) ([]byte, error)
}

// Enclose puts the authority's key into the safe if an earlier version sealed it under the root key. It answers how many
// there were.
func Enclose(ctx context.Context, s store.Store, root Opener, safe Safe) (int, error) {
	done := 0
	_, err := s.Update(ctx, func(tx store.Tx) error {
		done = 0
		found, err := store.Read[record](tx, storeKey)
		if errors.Is(err, store.ErrNotFound) || err == nil && found.Key == nil {
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := root.Open(found.Key, []byte(storeKey))
		if err != nil {
			return err
		}
		if found.Sealed, err = safe.Seal(ctx, plain, boundToPlace()); err != nil {
			return err
		}
		found.Key, done = nil, 1
		return store.Write(tx, storeKey, found)
	})
	if err != nil {
		return 0, fmt.Errorf("put the authority's key under a key of KMS: %w", err)
	}
	return done, nil
}
