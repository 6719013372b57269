package kms

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Sealer seals the material of keys; a secret.Keyring is one.
type Sealer interface {
	Seal(plain, associated []byte) ([]byte, error)
	Open(sealed, associated []byte) ([]byte, error)
	Stale(sealed []byte) bool
}

// Vault keeps keys and uses them, for this service and for others.
type Vault struct {
	store store.Store
	root  Sealer
	now   func() time.Time
	home  Home
}

// Home is the account that the keys belong to.
type Home struct{ Partition, Account string }

// NewVault makes a vault. The clock is injected.
func NewVault(s store.Store, root Sealer, home Home, now func() time.Time) *Vault {
	return &Vault{store: s, root: root, now: now, home: home}
}

func (v *Vault) arn(region, resource string) string {
	return "arn:" + v.home.Partition + ":kms:" + region + ":" + v.home.Account + ":" + resource
}

// Encrypt seals a value under a key, named by its ID, ARN or alias, and binds it to the encryption context. It answers
// the key's ARN too.
func (v *Vault) Encrypt(ctx context.Context, region, key string, plain []byte, context map[string]string) (blob []byte, arn string, err error) {
	k, err := v.key(ctx, region, key)
	if err != nil {
		return nil, "", err
	}
	blob, err = v.encrypt(k, plain, context)
	return blob, k.ARN, err
}

// Decrypt opens what Encrypt made. It answers the ARN of the key that the value names.
func (v *Vault) Decrypt(ctx context.Context, region string, blob []byte, context map[string]string) (plain []byte, arn string, err error) {
	k, at, err := v.keyOf(ctx, region, blob)
	if err != nil {
		return nil, "", err
	}
	plain, err = v.decrypt(k, at, blob, context)
	return plain, k.ARN, err
}

// What Encrypt makes begins with its version, the key's ID and the material's.
const (
	blobVersion  = 1
	keyIDSize    = 16
	materialSize = 32
	headSize     = 1 + keyIDSize + materialSize
)

func (v *Vault) encrypt(k *keyRecord, plain []byte, context map[string]string) ([]byte, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	m := k.current()
	key, err := v.open(k, m)
	if err != nil {
		return nil, err
	}
	head, err := blobHead(k.ID, m.ID)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Seal(plain, associated(head, context))
	if err != nil {
		return nil, fmt.Errorf("encrypt under key %s: %w", k.ARN, err)
	}
	return append(head, sealed...), nil
}

func (v *Vault) decrypt(k *keyRecord, m *material, blob []byte, context map[string]string) ([]byte, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	key, err := v.open(k, m)
	if err != nil {
		return nil, err
	}
	plain, err := key.Open(blob[headSize:], associated(blob[:headSize:headSize], context))
	if err != nil {
		return nil, kmsapi.Service.NewError("InvalidCiphertextException", "the ciphertext or its encryption context is not what was encrypted")
	}
	return plain, nil
}

// keyOf finds the key and the material that a ciphertext names.
func (v *Vault) keyOf(ctx context.Context, region string, blob []byte) (*keyRecord, *material, error) {
	if len(blob) < headSize || blob[0] != blobVersion {
		return nil, nil, kmsapi.Service.NewError("InvalidCiphertextException", "the ciphertext was not made here")
	}
	k, err := v.key(ctx, region, uuidText(blob[1:1+keyIDSize]))
	if err != nil {
		return nil, nil, err
	}
	id := hex.EncodeToString(blob[1+keyIDSize : headSize])
	for i := range k.Materials {
		if k.Materials[i].ID == id {
			return k, &k.Materials[i], nil
		}
	}
	return nil, nil, kmsapi.Service.NewError("InvalidCiphertextException", "the ciphertext was made with material that key %s does not have", k.ARN)
}

func blobHead(keyID, materialID string) ([]byte, error) {
	id, err := uuidBytes(keyID)
	if err != nil {
		return nil, err
	}
	m, err := hex.DecodeString(materialID)
	if err != nil {
		return nil, fmt.Errorf("read the ID of a key's material: %w", err)
	}
	return slices.Concat([]byte{blobVersion}, id, m), nil
}

// associated spells the head and the encryption context so that no two differ in what they mean and look the same.
func associated(head []byte, context map[string]string) []byte {
	out := slices.Clone(head)
	for _, k := range slices.Sorted(maps.Keys(context)) {
		for _, s := range []string{k, context[k]} {
			out = binary.BigEndian.AppendUint32(out, uint32(len(s)))
			out = append(out, s...)
		}
	}
	return out
}

// newMaterial makes another generation of a key.
func (v *Vault) newMaterial(k *keyRecord, onAsk bool) error {
	id := make([]byte, materialSize)
	_, _ = rand.Read(id)
	m := material{ID: hex.EncodeToString(id), Created: v.now().UTC(), OnAsk: onAsk}
	sealed, err := v.root.Seal(secret.NewKey().Material(), []byte(k.ARN+" "+m.ID))
	if err != nil {
		return fmt.Errorf("seal the material of key %s: %w", k.ARN, err)
	}
	m.Sealed = sealed
	k.Materials = append(k.Materials, m)
	return nil
}

func (v *Vault) open(k *keyRecord, m *material) (*secret.Key, error) {
	raw, err := v.root.Open(m.Sealed, []byte(k.ARN+" "+m.ID))
	if err != nil {
		return nil, fmt.Errorf("open the material of key %s: %w", k.ARN, err)
	}
	return secret.KeyOf(raw)
}

// key finds a key by its ID, ARN, alias or alias's ARN.
func (v *Vault) key(ctx context.Context, region, name string) (*keyRecord, error) {
	return v.find(reader{ctx, v.store}, region, name)
}

// reader reads outside a transaction.
type reader struct {
	ctx   context.Context
	store store.Store
}

func (r reader) Get(key string) (store.Item, error) { return r.store.Get(r.ctx, key) }

type getter interface {
	Get(key string) (store.Item, error)
}

// find resolves a key's name and reads it.
func (v *Vault) find(from getter, region, name string) (*keyRecord, error) {
	id, err := v.resolve(from, region, name)
	if err != nil {
		return nil, err
	}
	k, err := store.Read[keyRecord](from, keyPath(region, id))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && k.gone(v.now()):
		return nil, notFound("Key '" + v.arn(region, "key/"+id) + "' does not exist")
	case err != nil:
		return nil, fmt.Errorf("read key %s: %w", id, err)
	}
	return &k, nil
}
