package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const clusterKey = "meta/cluster"

// cluster is what a state was made for and stays.
type cluster struct {
	Partition, Region, Account string
	Created                    time.Time
}

// administrator is the name of the first user.
const administrator = "admin"

// openCluster reads what the state was made for, or says it for good on first start.
func openCluster(ctx context.Context, s store.Store, c *Config) (cluster, error) {
	var found cluster
	_, err := s.Update(ctx, func(tx store.Tx) error {
		var err error
		found, err = store.Read[cluster](tx, clusterKey)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		found = cluster{Partition: "aws", Region: "us-east-1", Account: newAccount(), Created: c.Now().UTC().Truncate(time.Second)}
		for _, set := range []struct {
			to   *string
			from string
		}{{&found.Partition, c.Partition}, {&found.Region, c.Region}, {&found.Account, c.Account}} {
			if set.from != "" {
				*set.to = set.from
			}
		}
		return store.Write(tx, clusterKey, found)
	})
	if err != nil {
		return found, fmt.Errorf("read what the state was made for: %w", err)
	}
	for _, same := range []struct{ what, asked, is string }{
		{"partition", c.Partition, found.Partition}, {"region", c.Region, found.Region}, {"account", c.Account, found.Account},
	} {
		if same.asked != "" && same.asked != same.is {
			return found, fmt.Errorf("the state in %s is of %s %s, not %s: all its ARNs say so", c.DataDir, same.what, same.is, same.asked)
		}
	}
	return found, nil
}

func newAccount() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(9e11)) // never fails
	return fmt.Sprintf("%012d", n.Int64()+1e11)
}

// firstAdministrator makes the first user with its key, if there has never been one. The key is in its file before it is
// in the store: a crash between the two leaves a file that the next start overwrites.
func firstAdministrator(ctx context.Context, s store.Store, d *identity.Directory, c *Config) error {
	const done = "meta/administrator"
	if _, err := s.Get(ctx, done); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	now := c.Now().UTC().Truncate(time.Second)
	user := identity.User{Name: administrator, Path: "/", ID: identity.NewID(identity.UserID), Created: now}
	user.Attached = []string{d.AWSPolicyARN("/AdministratorAccess")}
	key, secret, err := d.NewAccessKey(ctx, administrator, now)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", key.ID, secret)
	file := filepath.Join(c.DataDir, "credentials")
	if err := writeFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the first administrator's key: %w", err)
	}
	late := false
	_, err = s.Update(ctx, func(tx store.Tx) error {
		var err error
		if late, err = store.Exists(tx, done); err != nil || late {
			return err
		}
		tx.Put(done, []byte(key.ID))
		if err := store.Write(tx, identity.UserKey(administrator), user); err != nil {
			return err
		}
		return store.Write(tx, identity.AccessKeyKey(key.ID), key)
	})
	if err != nil {
		return fmt.Errorf("make the first administrator: %w", err)
	}
	if late { // another server of the same etcd was first, and its file has the key
		return forget(file, text)
	}
	return nil
}

// forget removes a file that still holds what was written into it.
func forget(name, text string) error {
	have, err := os.ReadFile(name)
	if err == nil && string(have) == text {
		err = os.Remove(name)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a key that is not in the store: %w", err)
	}
	return nil
}

// writeFile replaces a file at once: it is there whole, or as it was.
func writeFile(name string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(f.Chmod(mode), writeAll(f, content), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func writeAll(f *os.File, content []byte) error {
	_, err := f.Write(content)
	return err
}
