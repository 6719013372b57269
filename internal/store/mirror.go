package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// A Mirror is a picture of all items under a prefix that answers reads from memory, so that a page costs the same however
// many items there are. It shows what this process has written as soon as Update returns (see Following), and what others
// have written a moment later.
type Mirror struct {
	prefix   string
	follower *Follower

	mu    sync.RWMutex
	items *btree.Map[string, Item]
}

// OpenMirror fills the picture and keeps it true until the context ends.
func OpenMirror(ctx context.Context, s Store, prefix string, log *slog.Logger) (*Mirror, error) {
	m := &Mirror{prefix: prefix, items: &btree.Map[string, Item]{}}
	f, err := Follow(ctx, s, prefix, log, m.reset, m.apply)
	if err != nil {
		return nil, fmt.Errorf("open the mirror: %w", err)
	}
	m.follower = f
	return m, nil
}

// Follower tells Following what the mirror shows.
func (m *Mirror) Follower() *Follower { return m.follower }

func (m *Mirror) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = &btree.Map[string, Item]{}
}

func (m *Mirror) apply(events []Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range events {
		if e.Deleted {
			m.items.Delete(e.Key)
			continue
		}
		e.memo = &memo{}
		m.items.Set(e.Key, e.Item)
	}
	return nil
}

// Mirrored reads from the mirror what lies under its prefix, and everything else, and whatever is read at a past revision,
// from the store.
func Mirrored(s Store, m *Mirror) Store { return &mirrored{s, m} }

type mirrored struct {
	Store
	mirror *Mirror
}

// Get implements Store.
func (s *mirrored) Get(ctx context.Context, key string) (Item, error) {
	if !strings.HasPrefix(key, s.mirror.prefix) {
		return s.Store.Get(ctx, key)
	}
	s.mirror.mu.RLock()
	defer s.mirror.mu.RUnlock()
	item, ok := s.mirror.items.Get(key)
	if !ok {
		return Item{}, fmt.Errorf("%s: %w", key, ErrNotFound)
	}
	return item, nil
}

// List implements Store.
func (s *mirrored) List(ctx context.Context, r Range) (Page, error) {
	if !strings.HasPrefix(r.Prefix, s.mirror.prefix) || r.Revision != 0 {
		return s.Store.List(ctx, r)
	}
	page := Page{Revision: s.mirror.follower.Revision()}
	s.each(r.Prefix, r.After, func(i Item) bool {
		if r.Limit > 0 && len(page.Items) == r.Limit {
			page.More = true
			return false
		}
		page.Items = append(page.Items, i)
		return true
	})
	return page, nil
}

// Scan goes over the items under a prefix after a key, in order, as they are at one moment, until see says that it is enough.
// Of a store without a mirror it reads pages.
func Scan(ctx context.Context, s Store, prefix, after string, see func(Item) (more bool, err error)) error {
	if m, ok := s.(*mirrored); ok && strings.HasPrefix(prefix, m.mirror.prefix) {
		var err error
		m.each(prefix, after, func(i Item) bool {
			var more bool
			more, err = see(i)
			return more && err == nil
		})
		return err
	}
	r := Range{Prefix: prefix, After: after, Limit: scanPage}
	for {
		page, err := s.List(ctx, r)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if more, err := see(item); err != nil || !more {
				return err
			}
		}
		if !page.More {
			return nil
		}
		r.After, r.Revision = page.Items[len(page.Items)-1].Key, page.Revision
	}
}

// scanPage is how many items Scan reads at once from a store.
const scanPage = 500

// each goes over a copy, which is made when the tree is next written to: writers do not wait for slow readers.
func (s *mirrored) each(prefix, after string, see func(Item) bool) {
	s.mirror.mu.Lock()
	items := s.mirror.items.Copy()
	s.mirror.mu.Unlock()
	from := max(prefix, after)
	items.Ascend(from, func(key string, i Item) bool {
		if !strings.HasPrefix(key, prefix) {
			return false
		}
		return key == after || see(i)
	})
}
