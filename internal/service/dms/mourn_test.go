package dms

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// failing is a store whose next transaction fails, if it shall.
type failing struct {
	store.Store
	next error
}

func (f *failing) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	if err := f.next; err != nil {
		f.next = nil
		return 0, err
	}
	return f.Store.Update(ctx, change)
}

// TestADeathIsToldOfOnce fails to write that a process has ended: it is told of at the next step, and not again.
func TestADeathIsToldOfOnce(t *testing.T) {
	d := newDesk(t, nil)
	_, id := d.made("box", nil)
	gate := &failing{Store: d.Store}
	d.Store = gate
	_, err := d.Store.Update(t.Context(), func(tx store.Tx) error { tx.Put(roleKey, []byte("us")); return nil })
	require.NoError(t, err)
	c := newController(d.Service, "us")
	box := d.instance(id)
	told := func() (n int) {
		page, err := d.Store.List(t.Context(), store.Range{Prefix: eventKeys})
		require.NoError(t, err)
		for _, item := range page.Items {
			if strings.Contains(string(item.Value), "has ended and is started again") {
				n++
			}
		}
		return n
	}
	require.NoError(t, c.mourn(t.Context(), &box, instance.State{}))
	away := errors.New("the store is away for a moment")
	gate.next = away
	require.ErrorIs(t, c.mourn(t.Context(), &box, instance.State{Deaths: 1}), away)
	require.Zero(t, told())
	for range 2 {
		require.NoError(t, c.mourn(t.Context(), &box, instance.State{Deaths: 1}))
		require.Equal(t, 1, told())
	}
}
