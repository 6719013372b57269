package etcd

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/whimbreldb/whimbrel/internal/store"
)

type lease struct {
	s    *Store
	id   clientv3.LeaseID
	done chan struct{}
}

// Lease makes a lease and keeps it alive. Its time is counted in whole seconds, at least two.
func (s *Store) Lease(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	granted, err := s.client.Grant(ctx, max(2, int64((ttl+time.Second-1)/time.Second)))
	if err != nil {
		return nil, fmt.Errorf("make a lease: %w", err)
	}
	alive, err := s.client.KeepAlive(ctx, granted.ID)
	if err != nil {
		return nil, fmt.Errorf("keep a lease alive: %w", err)
	}
	l := &lease{s: s, id: granted.ID, done: make(chan struct{})}
	go func() { // ends with the lease, which ends with ctx at the latest
		defer close(l.done)
		for range alive {
		}
	}()
	return l, nil
}

func (l *lease) ID() int64             { return int64(l.id) }
func (l *lease) Done() <-chan struct{} { return l.done }

func (l *lease) Release(ctx context.Context) error {
	if _, err := l.s.client.Revoke(ctx, l.id); err != nil {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}
