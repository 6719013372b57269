package kms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

const defaultRotation = 365

// Sweep deletes the keys whose time has come, rotates those that are due, and seals anew what was sealed under root keys
// that no longer seal. It answers how many keys it changed.
func (v *Vault) Sweep(ctx context.Context) (int, error) {
	page, err := v.store.List(ctx, store.Range{Prefix: "kms/"})
	if err != nil {
		return 0, fmt.Errorf("list keys: %w", err)
	}
	changed := 0
	for _, item := range page.Items {
		parts := strings.Split(item.Key, "/")
		if len(parts) != 4 || parts[2] != "key" {
			continue
		}
		did, err := v.sweepKey(ctx, parts[1], parts[3])
		if err != nil {
			return changed, fmt.Errorf("sweep key %s: %w", parts[3], err)
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

func (v *Vault) sweepKey(ctx context.Context, region, id string) (did bool, err error) {
	_, err = v.store.Update(ctx, func(tx store.Tx) error {
		did = false
		k, err := store.Read[keyRecord](tx, keyPath(region, id))
		if errors.Is(err, store.ErrNotFound) {
			return nil // another server was faster
		}
		if err != nil {
			return err
		}
		now := v.now()
		if k.gone(now) {
			did = true
			return v.erase(tx, region, &k)
		}
		if k.Rotation != nil && !now.Before(k.Rotation.Next) && k.state() == stateEnabled {
			if err := v.newMaterial(&k, false); err != nil {
				return err
			}
			k.Rotation.Next, did = now.AddDate(0, 0, int(k.Rotation.Days)).UTC(), true
		}
		again, err := v.reseal(&k)
		if did = did || again; err != nil || !did {
			return err
		}
		return store.Write(tx, keyPath(region, id), k)
	})
	return did, err
}

// reseal seals materials under the root key that seals now.
func (v *Vault) reseal(k *keyRecord) (bool, error) {
	did := false
	for i := range k.Materials {
		m := &k.Materials[i]
		if !v.root.Stale(m.Sealed) {
			continue
		}
		bound := []byte(k.ARN + " " + m.ID)
		raw, err := v.root.Open(m.Sealed, bound)
		if err != nil {
			return false, fmt.Errorf("open the material of key %s: %w", k.ARN, err)
		}
		if m.Sealed, err = v.root.Seal(raw, bound); err != nil {
			return false, fmt.Errorf("seal the material of key %s: %w", k.ARN, err)
		}
		did = true
	}
	return did, nil
}

// erase takes a key out of the store with its aliases and grants.
func (v *Vault) erase(tx store.Tx, region string, k *keyRecord) error {
	aliases, err := aliasesOf(tx, region, k.ID)
	if err != nil {
		return err
	}
	for _, a := range aliases {
		tx.Delete(aliasPath(region, a.Name))
	}
	grants, err := tx.List(store.Range{Prefix: grantPath(region, k.ID, "")})
	if err != nil {
		return err
	}
	for _, g := range grants.Items {
		tx.Delete(g.Key)
	}
	tx.Delete(keyPath(region, k.ID))
	return nil
}

// Run sweeps now and every so often until the context ends. What fails is tried again at the next turn.
func (v *Vault) Run(ctx context.Context, every time.Duration, failed func(error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if _, err := v.Sweep(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
