package certificate

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// A Resealer also knows what is sealed under a key that no longer seals.
type Resealer interface {
	Sealer
	Stale(sealed []byte) bool
}

// Reseal seals the authority's key anew when it is sealed under a key of before. It answers how many there were.
func Reseal(ctx context.Context, s store.Store, sealer Resealer) (int, error) {
	done := 0
	_, err := s.Update(ctx, func(tx store.Tx) error {
		done = 0
		found, err := store.Read[record](tx, storeKey)
		if errors.Is(err, store.ErrNotFound) || err == nil && !sealer.Stale(found.Key) {
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := sealer.Open(found.Key, []byte(storeKey))
		if err != nil {
			return err
		}
		if found.Key, err = sealer.Seal(plain, []byte(storeKey)); err != nil {
			return err
		}
		done = 1
		return store.Write(tx, storeKey, found)
	})
	if err != nil {
		return 0, fmt.Errorf("seal the authority's key anew: %w", err)
	}
	return done, nil
}
