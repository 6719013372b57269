package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/whimbreldb/whimbrel/internal/store"
)

var _ store.Store = (*Store)(nil)

// A Store is a store.Store in etcd.
type Store struct {
	client *clientv3.Client
	log    *slog.Logger
	end    func() // of the embedded member
}

func newStore(client *clientv3.Client, log *slog.Logger) *Store {
	return &Store{client: client, log: log, end: func() {}}
}

// Close ends the connection, and the member if it is embedded.
func (s *Store) Close() error {
	err := s.client.Close()
	s.end()
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

func item(kv *mvccpb.KeyValue) store.Item {
	return store.Item{Key: string(kv.Key), Value: kv.Value, Revision: kv.ModRevision}
}

// Get reads one key.
func (s *Store) Get(ctx context.Context, key string) (store.Item, error) {
	r, err := s.client.Get(ctx, key)
	if err != nil {
		return store.Item{}, fmt.Errorf("read %s: %w", key, err)
	}
	if len(r.Kvs) == 0 {
		return store.Item{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	}
	return item(r.Kvs[0]), nil
}

// List reads a range.
func (s *Store) List(ctx context.Context, r store.Range) (store.Page, error) {
	from, to := bounds(r)
	options := []clientv3.OpOption{clientv3.WithRange(to), clientv3.WithSort(clientv3.SortByKey, clientv3.SortAscend)}
	if r.Limit > 0 {
		options = append(options, clientv3.WithLimit(int64(r.Limit)))
	}
	if r.Revision > 0 {
		options = append(options, clientv3.WithRev(r.Revision))
	}
	if r.KeysOnly {
		options = append(options, clientv3.WithKeysOnly())
	}
	got, err := s.client.Get(ctx, from, options...)
	if err != nil {
		return store.Page{}, fmt.Errorf("list %s: %w", r.Prefix, err)
	}
	page := store.Page{Items: make([]store.Item, len(got.Kvs)), More: got.More, Revision: got.Header.Revision}
	if r.Revision > 0 {
		page.Revision = r.Revision
	}
	for i, kv := range got.Kvs {
		page.Items[i] = item(kv)
	}
	return page, nil
}

// bounds are the first key of a range and the first beyond it.
func bounds(r store.Range) (from, to string) {
	from, to = r.Prefix, clientv3.GetPrefixRangeEnd(r.Prefix)
	if r.Prefix == "" {
		from, to = "\x00", "\x00" // all keys
	}
	if r.After >= from {
		from = r.After + "\x00"
	}
	return from, to
}

// Watch reports every change under the prefix after a revision.
func (s *Store) Watch(ctx context.Context, prefix string, after int64, see func(store.Changes) error) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	from, to := bounds(store.Range{Prefix: prefix})
	for response := range s.client.Watch(ctx, from, clientv3.WithRange(to), clientv3.WithRev(after+1)) {
		if response.CompactRevision > 0 {
			return fmt.Errorf("watch %s from revision %d: %w", prefix, after, store.ErrCompacted)
		}
		if err := response.Err(); err != nil {
			return fmt.Errorf("watch %s: %w", prefix, err)
		}
		if err := deliver(response.Events, see); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("watch %s: %w", prefix, rpctypes.ErrNoLeader)
}

// deliver hands events over, those of one revision together.
func deliver(events []*clientv3.Event, see func(store.Changes) error) error {
	for i := 0; i < len(events); {
		changes := store.Changes{Revision: events[i].Kv.ModRevision}
		for ; i < len(events) && events[i].Kv.ModRevision == changes.Revision; i++ {
			changes.Events = append(changes.Events, store.Event{Item: item(events[i].Kv), Deleted: events[i].Type == clientv3.EventTypeDelete})
		}
		if err := see(changes); err != nil {
			return err
		}
	}
	return nil
}
