package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/whimbreldb/whimbrel/internal/edge/certificate"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/secret"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (c *Config) rootKey() secret.Source {
	return secret.Source{File: filepath.Join(c.DataDir, "root.key")}
}

// RotateRootKey makes a new root key and seals everything in the state anew under it. The server must be stopped. The key
// of before stays on the keyring, last, so that session tokens still open; those before it are dropped. When it is cut
// off in the middle, doing it again completes it: at every moment the keyring opens all there is.
func RotateRootKey(ctx context.Context, c Config, source secret.Source) (resealed int, err error) {
	if err := c.complete(); err != nil {
		return 0, err
	}
	source.File = c.rootKey().File
	ring, err := c.keyring(source)
	if err != nil {
		return 0, err
	}
	s, err := openStore(ctx, &c)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	of, err := store.Read[cluster](reading{ctx, s}, clusterKey)
	if err != nil {
		return 0, fmt.Errorf("read what the state was made for: %w", err)
	}
	rotated := ring.Rotated()
	if err := source.Save(rotated); err != nil {
		return 0, err
	}
	if resealed, err = reseal(ctx, s, rotated, of, &c); err != nil {
		return resealed, err
	}
	return resealed, source.Save(rotated.Keep(2))
}

type reading struct {
	ctx   context.Context
	store store.Store
}

func (r reading) Get(key string) (store.Item, error) { return r.store.Get(r.ctx, key) }

// reseal seals everything anew that is sealed under a root key of before.
func reseal(ctx context.Context, s store.Store, ring *secret.Keyring, of cluster, c *Config) (int, error) {
	vault := of.vault(s, ring, c)
	enclosed, err := enclose(ctx, s, ring, vault, of.Region)
	if err != nil {
		return enclosed, err
	}
	swept, err := vault.Sweep(ctx)
	return enclosed + swept, err
}

// vault keeps the keys of KMS of this state.
func (c *cluster) vault(s store.Store, ring *secret.Keyring, config *Config) *kms.Vault {
	return kms.NewVault(s, ring, kms.Home{Partition: c.Partition, Account: c.Account}, config.Now)
}

// enclose puts what earlier versions sealed under the root key itself under keys of KMS.
func enclose(ctx context.Context, s store.Store, ring *secret.Keyring, vault *kms.Vault, region string) (int, error) {
	keys, err := identity.Enclose(ctx, s, ring, vault.Safe(region, "iam"))
	if err != nil {
		return keys, err
	}
	authority, err := certificate.Enclose(ctx, s, ring, vault.Safe(region, "acm"))
	return keys + authority, err
}

// SealRootKey writes the root keys anew: sealed under a new passphrase, or open when it is empty.
func SealRootKey(c Config, source secret.Source, passphrase secret.Value) error {
	if err := c.complete(); err != nil {
		return err
	}
	source.File = c.rootKey().File
	ring, err := c.keyring(source)
	if err != nil {
		return err
	}
	source.Passphrase = passphrase
	return source.Save(ring)
}

// keyring reads the root keys of a server that has run.
func (c *Config) keyring(source secret.Source) (*secret.Keyring, error) {
	ring, err := source.Existing()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no root key in %s: want the folder of a server that has run (--data-dir)", c.DataDir)
	}
	return ring, err
}
