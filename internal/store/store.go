package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrNotFound says that there is no such key.
var ErrNotFound = errors.New("not found")

// ErrCompacted says that a watch began at a revision whose history is gone: list anew and watch from there.
var ErrCompacted = errors.New("the history from that revision on is gone")

// ErrBusy says that a transaction met others so often that it was given up.
var ErrBusy = errors.New("too many changes at the same time")

// An Item is a key with its value.
type Item struct {
	Key      string
	Value    []byte
	Revision int64 // of its last change

	memo *memo // of a mirror's items
}

// A Range asks for the keys that begin with Prefix, in order.
type Range struct {
	Prefix   string
	After    string // only keys greater than this one
	Limit    int    // 0: all
	Revision int64  // of the moment to read; 0: now. In a transaction it is always the transaction's
	// KeysOnly leaves the values out, as for counting: what is read then is as small however large the values are. A
	// transaction is done again when a key of the range is made or changed meanwhile, not when one is deleted.
	KeysOnly bool
	// Loose lets a transaction stand though the range has changed meanwhile.
	Loose bool
}

// A Page answers a Range.
type Page struct {
	Items    []Item
	More     bool
	Revision int64 // of the moment that was read
}

// A Tx is a transaction under way. What it wrote it reads.
type Tx interface {
	// Get reads one key; ErrNotFound if it is not there.
	Get(key string) (Item, error)
	// List reads a range.
	List(Range) (Page, error)
	Put(key string, value []byte)
	// PutLease binds the key to a lease: it goes when the lease ends.
	PutLease(key string, value []byte, lease Lease)
	Delete(key string)
}

// An Event is one change of one key.
type Event struct {
	Item
	Deleted bool
}

// Changes are the events of one revision.
type Changes struct {
	Revision int64
	Events   []Event
}

// A Lease keeps keys for as long as its holder lives.
type Lease interface {
	ID() int64
	// Done is closed when the lease has ended, whether released or lost.
	Done() <-chan struct{}
	// Release ends the lease and deletes its keys.
	Release(ctx context.Context) error
}

// A Store keeps the state of the control plane.
type Store interface {
	Get(ctx context.Context, key string) (Item, error)
	List(ctx context.Context, r Range) (Page, error)
	// Update runs change until it is applied to what it read, and answers the revision of its writes, or of what it read if
	// it wrote nothing. change may run several times and must have no other effects. Its error ends the update, unapplied.
	Update(ctx context.Context, change func(Tx) error) (int64, error)
	// Watch calls see with every change under the prefix after the revision, in order, until the context ends or see errs.
	Watch(ctx context.Context, prefix string, after int64, see func(Changes) error) error
	// Lease makes a lease that is kept alive until it is released or the context ends.
	Lease(ctx context.Context, ttl time.Duration) (Lease, error)
	Close() error
}

// Read decodes the JSON value of a key.
func Read[T any](tx interface{ Get(string) (Item, error) }, key string) (T, error) {
	var v T
	item, err := tx.Get(key)
	if err != nil {
		return v, err
	}
	return v, item.Decode(&v)
}

// Decode reads the item's JSON.
func (i Item) Decode(v any) error {
	if err := json.Unmarshal(i.Value, v); err != nil {
		return fmt.Errorf("decode %s: %w", i.Key, err)
	}
	return nil
}

// Write encodes v as the JSON value of a key.
func Write(tx Tx, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	tx.Put(key, raw)
	return nil
}

// Exists reports whether there is such a key.
func Exists(tx interface{ Get(string) (Item, error) }, key string) (bool, error) {
	_, err := tx.Get(key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Count says how many keys begin with a prefix, whatever their values are, to hold them to a bound: so that those who write at the
// same time need not wait for each other it is loose, and together they may pass the bound by as many as they are.
func Count(tx interface{ List(Range) (Page, error) }, prefix string) (int, error) {
	page, err := tx.List(Range{Prefix: prefix, KeysOnly: true, Loose: true})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", prefix, err)
	}
	return len(page.Items), nil
}
