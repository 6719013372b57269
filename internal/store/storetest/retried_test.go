package storetest_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

// TestLostRaces counts in the store and beside it: the store counts once whatever a run has lost, a variable counts every run.
func TestLostRaces(t *testing.T) {
	base := etcdtest.Private(t)
	runs := 0
	count := func(tx store.Tx) error {
		runs++
		n, err := store.Read[int](tx, "n")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return store.Write(tx, "n", n+1)
	}
	counted := func() int {
		n, err := store.Read[int](getter(func(key string) (store.Item, error) { return base.Get(t.Context(), key) }), "n")
		require.NoError(t, err)
		return n
	}

	revision, err := storetest.Retried(base).Update(t.Context(), count)
	require.NoError(t, err)
	require.Equal(t, 2, runs)
	require.Equal(t, 1, counted())
	item, err := base.Get(t.Context(), "n")
	require.NoError(t, err)
	require.Equal(t, item.Revision, revision)

	refused := errors.New("refused")
	runs = 0
	_, err = storetest.Retried(base).Update(t.Context(), func(tx store.Tx) error { return errors.Join(count(tx), refused) })
	require.ErrorIs(t, err, refused)
	require.Equal(t, 1, runs, "an error ends an update")
	require.Equal(t, 1, counted())

	runs = 0
	_, err = storetest.Raced(base, func() {
		_, err := base.Update(t.Context(), func(tx store.Tx) error { tx.Put("n", []byte(strconv.Itoa(10))); return nil })
		require.NoError(t, err)
	}).Update(t.Context(), count)
	require.NoError(t, err)
	require.Equal(t, 2, runs, "what was read has changed")
	require.Equal(t, 11, counted())
}

type getter func(key string) (store.Item, error)

func (g getter) Get(key string) (store.Item, error) { return g(key) }
