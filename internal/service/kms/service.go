package kms

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Service answers the API.
type Service struct {
	vault *Vault
	store store.Store
}

// New makes the service over a vault.
func New(v *Vault) (*service.Service, error) {
	s := &Service{vault: v, store: v.store}
	made, err := service.New(&kmsapi.Service,
		s.cancelKeyDeletion(), s.createAlias(), s.createGrant(), s.createKey(), s.decrypt(), s.deleteAlias(), s.describeKey(),
		s.disableKey(), s.disableKeyRotation(), s.enableKey(), s.enableKeyRotation(), s.encrypt(), s.generateDataKey(),
		s.generateDataKeyWithoutPlaintext(), s.generateRandom(), s.getKeyPolicy(), s.getKeyRotationStatus(), s.listAliases(),
		s.listGrants(), s.listKeyPolicies(), s.listKeyRotations(), s.listKeys(), s.listResourceTags(), s.listRetirableGrants(),
		s.putKeyPolicy(), s.reEncrypt(), s.retireGrant(), s.revokeGrant(), s.rotateKeyOnDemand(), s.scheduleKeyDeletion(),
		s.tagResource(), s.untagResource(), s.updateAlias(), s.updateKeyDescription())
	if err != nil {
		return nil, fmt.Errorf("make the key management service: %w", err)
	}
	return made, nil
}

// change reads a key in a transaction, lets fn change it and writes it.
func (s *Service) change(ctx context.Context, call *service.Call, name *string, fn func(tx store.Tx, k *keyRecord) error) (*keyRecord, error) {
	var changed *keyRecord
	_, err := s.store.Update(ctx, func(tx store.Tx) error {
		k, err := s.vault.find(tx, call.Region, deref(name))
		if err != nil {
			return err
		}
		if err := fn(tx, k); err != nil {
			return err
		}
		changed = k
		return store.Write(tx, keyPath(call.Region, k.ID), k)
	})
	return changed, err
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// page cuts one page out of a prefix of the store. The marker is the last key, encoded.
func (s *Service) page(ctx context.Context, prefix string, marker *string, limit *int64, usual int) (store.Page, *string, error) {
	size := usual
	if limit != nil {
		size = int(*limit)
	}
	r := store.Range{Prefix: prefix, Limit: size}
	if marker != nil {
		last, err := base64.RawURLEncoding.DecodeString(*marker)
		if err != nil || len(last) == 0 {
			return store.Page{}, nil, kmsapi.Service.NewError("InvalidMarkerException", "Could not deserialize marker '%s'", *marker)
		}
		r.After = prefix + string(last)
	}
	page, err := s.store.List(ctx, r)
	if err != nil {
		return page, nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	if !page.More || len(page.Items) == 0 {
		return page, nil, nil
	}
	last := page.Items[len(page.Items)-1].Key[len(prefix):]
	return page, new(base64.RawURLEncoding.EncodeToString([]byte(last))), nil
}
