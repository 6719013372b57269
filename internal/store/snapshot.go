package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Snapshot is a state of one moment in memory, read from a backup. Nothing can be written to it and it never changes.
type Snapshot struct {
	items    []Item
	revision int64
}

var _ Store = (*Snapshot)(nil)

var errSnapshot = errors.New("a snapshot of the state cannot be written")

// ReadSnapshot reads a backup.
func ReadSnapshot(r io.Reader) (*Snapshot, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("read a backup: %w", err)
	}
	in := &backupReader{lines: bufio.NewReaderSize(zip, 1<<20), sum: sha256.New()}
	head, err := in.next()
	if err != nil || head.Format != backupFormat {
		return nil, errors.New("read a backup: this is none of whimbrel, or one of a later version")
	}
	s := &Snapshot{revision: head.Revision}
	for end := false; !end; {
		var lines []backupLine
		if lines, end, err = in.page(); err != nil {
			return nil, fmt.Errorf("read a backup: %w", err)
		}
		for _, l := range lines {
			s.items = append(s.items, Item{Key: l.Key, Value: l.Value, Revision: head.Revision})
		}
	}
	slices.SortFunc(s.items, func(a, b Item) int { return strings.Compare(a.Key, b.Key) })
	return s, nil
}

func (s *Snapshot) find(key string) (int, bool) {
	return slices.BinarySearchFunc(s.items, key, func(i Item, key string) int { return strings.Compare(i.Key, key) })
}

// Get reads one key.
func (s *Snapshot) Get(_ context.Context, key string) (Item, error) {
	at, ok := s.find(key)
	if !ok {
		return Item{}, ErrNotFound
	}
	return s.items[at], nil
}

// List reads a range.
func (s *Snapshot) List(_ context.Context, r Range) (Page, error) {
	page := Page{Revision: s.revision}
	from, _ := s.find(max(r.Prefix, r.After))
	for _, item := range s.items[from:] {
		if !strings.HasPrefix(item.Key, r.Prefix) {
			break
		}
		if item.Key == r.After {
			continue
		}
		if r.Limit > 0 && len(page.Items) == r.Limit {
			page.More = true
			break
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

// Update refuses: nothing can be written.
func (s *Snapshot) Update(context.Context, func(Tx) error) (int64, error) { return 0, errSnapshot }

// Watch waits for the end of the context, for nothing changes.
func (s *Snapshot) Watch(ctx context.Context, _ string, _ int64, _ func(Changes) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// Lease refuses: nothing can be written.
func (s *Snapshot) Lease(context.Context, time.Duration) (Lease, error) { return nil, errSnapshot }

// Close has nothing to close.
func (s *Snapshot) Close() error { return nil }
