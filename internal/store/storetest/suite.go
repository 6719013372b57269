package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// Run holds a store to the contract. open makes an empty one for each test.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for name, test := range map[string]func(*testing.T, store.Store){
		"keys": keys, "ranges": ranges, "own writes": ownWrites, "one moment": oneMoment, "counters": counters,
		"phantoms": phantoms, "references": references, "errors undo": errorsUndo, "watch": watch, "leases": leases,
		"following": following, "keys only": keysOnly,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func put(t *testing.T, s store.Store, pairs ...string) int64 {
	t.Helper()
	revision, err := s.Update(t.Context(), func(tx store.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			tx.Put(pairs[i], []byte(pairs[i+1]))
		}
		return nil
	})
	require.NoError(t, err)
	return revision
}

func remove(t *testing.T, s store.Store, key string) {
	t.Helper()
	_, err := s.Update(t.Context(), func(tx store.Tx) error { tx.Delete(key); return nil })
	require.NoError(t, err)
}

func keys(t *testing.T, s store.Store) {
	_, err := s.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	revision := put(t, s, "a", "1")
	got, err := s.Get(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, store.Item{Key: "a", Value: []byte("1"), Revision: revision}, got)
	require.Greater(t, put(t, s, "a", "2"), revision)
	remove(t, s, "a")
	_, err = s.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	remove(t, s, "a") // again: nothing happens
}

// keysOnly counts more keys than a transaction may compare, and sees what was made meanwhile.
func keysOnly(t *testing.T, s store.Store) {
	for part := range 60 {
		_, err := s.Update(t.Context(), func(tx store.Tx) error {
			for i := range 100 {
				tx.Put(fmt.Sprintf("many/%02d%02d", part, i), []byte("a value"))
			}
			return nil
		})
		require.NoError(t, err)
	}
	page, err := s.List(t.Context(), store.Range{Prefix: "many/", KeysOnly: true})
	require.NoError(t, err)
	require.Len(t, page.Items, 6000)
	require.Empty(t, page.Items[0].Value)
	tries := 0
	_, err = s.Update(t.Context(), func(tx store.Tx) error {
		page, err := tx.List(store.Range{Prefix: "many/", KeysOnly: true})
		require.NoError(t, err)
		if tries++; tries == 1 {
			require.Len(t, page.Items, 6000)
			put(t, s, "many/x", "")
		}
		tx.Put("count", []byte(strconv.Itoa(len(page.Items))))
		got, err := tx.Get(page.Items[0].Key)
		require.NoError(t, err)
		require.Equal(t, "a value", string(got.Value), "a list of keys hides no value")
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, tries)
	got, err := s.Get(t.Context(), "count")
	require.NoError(t, err)
	require.Equal(t, "6001", string(got.Value))
	tries = 0
	_, err = s.Update(t.Context(), func(tx store.Tx) error {
		tries++
		n, err := store.Count(tx, "many/")
		require.NoError(t, err)
		require.Equal(t, 6001, n)
		put(t, s, "many/y", "")
		tx.Put("many/z", nil)
		n, err = store.Count(tx, "many/z")
		require.Equal(t, 1, n, "what the transaction wrote itself")
		return err
	})
	require.NoError(t, err)
	require.Equal(t, 1, tries, "a count keeps nobody waiting")
}

func ranges(t *testing.T, s store.Store) {
	put(t, s, "x/1", "", "x/2", "", "x/3", "", "x", "", "x0", "", "y/1", "")
	list := func(r store.Range) (names []string, more bool) {
		page, err := s.List(t.Context(), r)
		require.NoError(t, err)
		for _, i := range page.Items {
			names = append(names, i.Key)
		}
		return names, page.More
	}
	names, more := list(store.Range{Prefix: "x/"})
	require.Equal(t, []string{"x/1", "x/2", "x/3"}, names)
	require.False(t, more)
	names, more = list(store.Range{Prefix: "x/", Limit: 2})
	require.Equal(t, []string{"x/1", "x/2"}, names)
	require.True(t, more)
	names, more = list(store.Range{Prefix: "x/", After: "x/2", Limit: 2})
	require.Equal(t, []string{"x/3"}, names)
	require.False(t, more)
	names, _ = list(store.Range{})
	require.Len(t, names, 6)
	page, err := s.List(t.Context(), store.Range{Prefix: "y/"})
	require.NoError(t, err)
	remove(t, s, "y/1")
	page, err = s.List(t.Context(), store.Range{Prefix: "y/", Revision: page.Revision})
	require.NoError(t, err)
	require.Len(t, page.Items, 1, "an earlier moment can be read")
}

func ownWrites(t *testing.T, s store.Store) {
	put(t, s, "o/1", "old", "o/2", "old", "o/3", "old")
	_, err := s.Update(t.Context(), func(tx store.Tx) error {
		tx.Put("o/1", []byte("new"))
		tx.Delete("o/2")
		tx.Put("o/4", []byte("new"))
		got, err := tx.Get("o/1")
		require.NoError(t, err)
		require.Equal(t, "new", string(got.Value))
		_, err = tx.Get("o/2")
		require.ErrorIs(t, err, store.ErrNotFound)
		page, err := tx.List(store.Range{Prefix: "o/"})
		require.NoError(t, err)
		require.Len(t, page.Items, 3)
		require.Equal(t, "o/4", page.Items[2].Key)
		page, err = tx.List(store.Range{Prefix: "o/", Limit: 2})
		require.NoError(t, err)
		require.Equal(t, "o/3", page.Items[1].Key)
		require.True(t, page.More)
		return nil
	})
	require.NoError(t, err)
}

// oneMoment: whatever is written meanwhile, the reads of a transaction fit each other.
func oneMoment(t *testing.T, s store.Store) {
	put(t, s, "m/a", "0", "m/b", "0")
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := 1; ctx.Err() == nil; i++ {
			v := []byte(strconv.Itoa(i))
			_, err := s.Update(ctx, func(tx store.Tx) error { tx.Put("m/a", v); tx.Put("m/b", v); return nil })
			if ctx.Err() == nil && err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 100 {
		_, err := s.Update(t.Context(), func(tx store.Tx) error {
			a, err := tx.Get("m/a")
			require.NoError(t, err)
			page, err := tx.List(store.Range{Prefix: "m/"})
			require.NoError(t, err)
			b, err := tx.Get("m/b")
			require.NoError(t, err)
			require.Equal(t, a.Value, b.Value)
			require.Equal(t, a.Value, page.Items[0].Value)
			return nil
		})
		require.NoError(t, err)
	}
	stop()
	writers.Wait()
}

func counters(t *testing.T, s store.Store) {
	const writers, times = 8, 25
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range times {
				_, err := s.Update(t.Context(), func(tx store.Tx) error {
					n, err := store.Read[int](tx, "n")
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
					return store.Write(tx, "n", n+1)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := s.Get(t.Context(), "n")
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(writers*times), string(got.Value))
}

// phantoms: a transaction that listed an empty range is not applied when a key has appeared there.
func phantoms(t *testing.T, s store.Store) {
	var mu sync.Mutex
	winners := 0
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_, err := s.Update(t.Context(), func(tx store.Tx) error {
				page, err := tx.List(store.Range{Prefix: "p/"})
				if err != nil {
					return err
				}
				if len(page.Items) > 0 {
					return errTaken
				}
				tx.Put(fmt.Sprintf("p/%d", i), nil)
				return nil
			})
			switch {
			case err == nil:
				mu.Lock()
				winners++
				mu.Unlock()
			case !errors.Is(err, errTaken):
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, winners)
}

var errTaken = errors.New("taken")

// references: a thing is not deleted while another transaction makes a reference to it, whichever comes first.
func references(t *testing.T, s store.Store) {
	for round := range 30 {
		thing, ref := fmt.Sprintf("thing/%d", round), fmt.Sprintf("ref/%d/a", round)
		put(t, s, thing, "")
		var both sync.WaitGroup
		both.Go(func() {
			_, _ = s.Update(t.Context(), func(tx store.Tx) error {
				page, err := tx.List(store.Range{Prefix: fmt.Sprintf("ref/%d/", round)})
				if err != nil || len(page.Items) > 0 {
					return errTaken
				}
				tx.Delete(thing)
				return nil
			})
		})
		both.Go(func() {
			_, _ = s.Update(t.Context(), func(tx store.Tx) error {
				if _, err := tx.Get(thing); err != nil {
					return err
				}
				tx.Put(ref, nil)
				return nil
			})
		})
		both.Wait()
		_, noThing := s.Get(t.Context(), thing)
		_, noRef := s.Get(t.Context(), ref)
		require.NotEqual(t, noThing == nil, noRef != nil, "round %d: a reference without its thing, or neither happened", round)
	}
}

func errorsUndo(t *testing.T, s store.Store) {
	_, err := s.Update(t.Context(), func(tx store.Tx) error {
		tx.Put("e", []byte("1"))
		return errTaken
	})
	require.ErrorIs(t, err, errTaken)
	_, err = s.Get(t.Context(), "e")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func watch(t *testing.T, s store.Store) {
	start := put(t, s, "w/before", "")
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	seen := make(chan store.Changes, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- s.Watch(ctx, "w/", start, func(c store.Changes) error { seen <- c; return nil })
	}()
	first := put(t, s, "w/1", "a", "w/2", "b", "other", "")
	put(t, s, "other", "x")
	remove(t, s, "w/1")
	c := <-seen
	require.Equal(t, first, c.Revision)
	require.Len(t, c.Events, 2, "one transaction comes as a whole")
	c = <-seen
	require.Len(t, c.Events, 1)
	require.True(t, c.Events[0].Deleted)
	require.Equal(t, "w/1", c.Events[0].Key)
	stop()
	require.Error(t, <-ended)
	err := s.Watch(t.Context(), "w/", start, func(store.Changes) error { return errTaken })
	require.ErrorIs(t, err, errTaken, "what see says ends the watch; and history can be watched")
}

func leases(t *testing.T, s store.Store) {
	ctx, die := context.WithCancel(t.Context())
	defer die()
	short, err := s.Lease(ctx, 2*time.Second)
	require.NoError(t, err)
	held, err := s.Lease(t.Context(), 2*time.Second)
	require.NoError(t, err)
	revision, err := s.Update(t.Context(), func(tx store.Tx) error {
		tx.PutLease("l/dies", nil, short)
		tx.PutLease("l/lives", nil, held)
		return nil
	})
	require.NoError(t, err)
	die() // as if its holder had died: nothing keeps it alive
	gone := make(chan string, 2)
	watching, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	go func() {
		_ = s.Watch(watching, "l/", revision, func(c store.Changes) error { gone <- c.Events[0].Key; return nil })
	}()
	select {
	case key := <-gone:
		require.Equal(t, "l/dies", key)
	case <-watching.Done():
		t.Fatal("the key outlived its lease")
	}
	<-short.Done()
	_, err = s.Get(t.Context(), "l/lives")
	require.NoError(t, err, "a lease that is kept alive lives on")
	require.NoError(t, held.Release(t.Context()))
	<-held.Done()
	_, err = s.Get(t.Context(), "l/lives")
	require.ErrorIs(t, err, store.ErrNotFound)
}

// following: what an update wrote shows in the follower's picture when the update returns.
func following(t *testing.T, s store.Store) {
	put(t, s, "f/0", "0")
	var mu sync.Mutex
	var picture map[string]string
	f, err := store.Follow(t.Context(), s, "f/", slog.New(slog.DiscardHandler), func() {
		mu.Lock()
		defer mu.Unlock()
		picture = map[string]string{}
	}, func(events []store.Event) error {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range events {
			if e.Deleted {
				delete(picture, e.Key)
			} else {
				picture[e.Key] = string(e.Value)
			}
		}
		return nil
	})
	require.NoError(t, err)
	shown := func(key string) string {
		mu.Lock()
		defer mu.Unlock()
		return picture[key]
	}
	require.Equal(t, "0", shown("f/0"))
	at := store.Following(s, f)
	for i := range 50 {
		v := strconv.Itoa(i)
		put(t, at, "f/1", v)
		require.Equal(t, v, shown("f/1"))
		put(t, at, "elsewhere", v)
	}
	remove(t, at, "f/1")
	require.Empty(t, shown("f/1"))
	remove(t, at, "f/1")
}
