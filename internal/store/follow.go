package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// A Follower keeps a picture in memory true to a prefix of the store. Reads of the picture cost no round trip.
type Follower struct {
	prefix string
	store  Store
	log    *slog.Logger
	reset  func()
	apply  func([]Event) error

	mu struct {
		sync.Mutex
		revision int64
		moved    chan struct{} // closed and made anew when revision grows
	}
}

// Follow fills a picture from the store and keeps it true until the context ends. reset empties the picture (it is called
// before the first filling, and when history was lost on the way); apply brings changes in. Both are called by one
// goroutine at a time. An event that apply refuses is logged and passed over.
func Follow(ctx context.Context, s Store, prefix string, log *slog.Logger, reset func(), apply func([]Event) error) (*Follower, error) {
	f := &Follower{prefix: prefix, store: s, log: log, reset: reset, apply: apply}
	f.mu.moved = make(chan struct{})
	if err := f.fill(ctx); err != nil {
		return nil, err
	}
	go f.run(ctx)
	return f, nil
}

// fill reads the whole prefix as of one revision.
func (f *Follower) fill(ctx context.Context) error {
	page, err := f.store.List(ctx, Range{Prefix: f.prefix})
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.prefix, err)
	}
	events := make([]Event, len(page.Items))
	for i, item := range page.Items {
		events[i] = Event{Item: item}
	}
	f.reset()
	f.see(Changes{Revision: page.Revision, Events: events})
	return nil
}

func (f *Follower) see(c Changes) {
	if err := f.apply(c.Events); err != nil {
		f.log.Error("a change of the store was passed over", "prefix", f.prefix, "revision", c.Revision, "error", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.revision = max(f.mu.revision, c.Revision)
	close(f.mu.moved)
	f.mu.moved = make(chan struct{})
}

func (f *Follower) run(ctx context.Context) {
	const pause = 200 * time.Millisecond
	for ctx.Err() == nil {
		err := f.store.Watch(ctx, f.prefix, f.Revision(), func(c Changes) error { f.see(c); return nil })
		if ctx.Err() != nil {
			return
		}
		f.log.Warn("the watch of the store ended and begins again", "prefix", f.prefix, "error", err)
		if errors.Is(err, ErrCompacted) {
			err = f.fill(ctx)
		}
		if err != nil {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// Revision is the moment the picture shows.
func (f *Follower) Revision() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.revision
}

// Wait returns when the picture shows the revision.
func (f *Follower) Wait(ctx context.Context, revision int64) error {
	for {
		f.mu.Lock()
		reached, moved := f.mu.revision >= revision, f.mu.moved
		f.mu.Unlock()
		if reached {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// showTimeout is how long an update waits for followers to show it.
const showTimeout = 3 * time.Second

// Following makes a store whose updates return only when the followers show them: what one call wrote, the next one sees.
func Following(s Store, followers ...*Follower) Store {
	return &following{Store: s, followers: followers}
}

type following struct {
	Store
	followers []*Follower
}

func (s *following) Update(ctx context.Context, change func(Tx) error) (int64, error) {
	var seen *touching
	revision, err := s.Store.Update(ctx, func(tx Tx) error {
		seen = &touching{Tx: tx, keys: map[string]bool{}}
		return change(seen)
	})
	if err != nil || seen == nil {
		return revision, err
	}
	// What was written is written, whether it shows soon or not: a follower that lost its watch catches up later.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), showTimeout)
	defer cancel()
	for _, f := range s.followers {
		if seen.touches(f.prefix) {
			if err := f.Wait(ctx, revision); err != nil {
				f.log.Warn("a change does not show yet", "prefix", f.prefix, "revision", revision)
			}
		}
	}
	return revision, nil
}

// touching remembers which keys a transaction changes.
type touching struct {
	Tx
	keys map[string]bool
}

func (t *touching) Put(key string, value []byte) {
	t.keys[key] = true
	t.Tx.Put(key, value)
}

func (t *touching) PutLease(key string, value []byte, l Lease) {
	t.keys[key] = true
	t.Tx.PutLease(key, value, l)
}

// Delete leaves a key alone that is not there: nobody would be told of its end, and the wait for it would not end.
func (t *touching) Delete(key string) {
	if there, err := Exists(t.Tx, key); err == nil && !there {
		return
	}
	t.keys[key] = true
	t.Tx.Delete(key)
}

func (t *touching) touches(prefix string) bool {
	for key := range t.keys {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// Keep brings one event into the records of a picture. Records are replaced, never altered: who holds one may go on reading it.
func Keep[T any](all map[string]*T, e Event) error {
	delete(all, e.Key)
	if e.Deleted {
		return nil
	}
	v := new(T)
	if err := e.Decode(v); err != nil {
		return err
	}
	all[e.Key] = v
	return nil
}
