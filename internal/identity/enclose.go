package identity

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// Enclose puts the secrets of access keys into the safe that an earlier version sealed under the root key. It answers how many
// there were.
func Enclose(ctx context.Context, s store.Store, root Sealer, safe Safe) (int, error) {
	page, err := s.List(ctx, store.Range{Prefix: keyPrefix})
	if err != nil {
		return 0, fmt.Errorf("list access keys: %w", err)
	}
	done := 0
	for _, item := range page.Items {
		var key AccessKey
		if err := item.Decode(&key); err != nil {
			return done, err
		}
		if key.Secret == nil {
			continue
		}
		if err := encloseKey(ctx, s, item.Key, root, safe); err != nil {
			return done, fmt.Errorf("put the secret of access key %s under a key of KMS: %w", key.ID, err)
		}
		done++
	}
	return done, nil
}

func encloseKey(ctx context.Context, s store.Store, at string, root Sealer, safe Safe) error {
	_, err := s.Update(ctx, func(tx store.Tx) error {
		key, err := store.Read[AccessKey](tx, at)
		if err != nil || key.Secret == nil {
			return err
		}
		plain, err := root.Open(key.Secret, []byte(key.ID))
		if err != nil {
			return err
		}
		if key.Sealed, err = safe.Seal(ctx, plain, ofKey(key.ID)); err != nil {
			return err
		}
		key.Secret = nil
		return store.Write(tx, at, key)
	})
	return err
}
