package identity

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// A Resealer also knows what is sealed under a key that no longer seals.
type Resealer interface {
	Sealer
	Stale(sealed []byte) bool
}

// Reseal seals the secrets of access keys anew that are sealed under a key of before. It answers how many there were.
func Reseal(ctx context.Context, s store.Store, sealer Resealer) (int, error) {
	page, err := s.List(ctx, store.Range{Prefix: keyPrefix})
	if err != nil {
		return 0, fmt.Errorf("list access keys: %w", err)
	}
	done := 0
	for _, item := range page.Items {
		again := false
		_, err := s.Update(ctx, func(tx store.Tx) error {
			again = false
			key, err := store.Read[AccessKey](tx, item.Key)
			if err != nil || !sealer.Stale(key.Secret) {
				return err
			}
			plain, err := sealer.Open(key.Secret, []byte(key.ID))
			if err != nil {
				return err
			}
			if key.Secret, err = sealer.Seal(plain, []byte(key.ID)); err != nil {
				return err
			}
			again = true
			return store.Write(tx, item.Key, key)
		})
		if err != nil {
			return done, fmt.Errorf("seal the secret of an access key anew: %w", err)
		}
		if again {
			done++
		}
	}
	return done, nil
}
