package dms

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// contended lets somebody write between what an update has read and its end.
type contended struct {
	store.Store
	between func(store.Tx)
}

func (s *contended) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	return s.Store.Update(ctx, func(tx store.Tx) error {
		err := change(tx)
		if err == nil {
			s.between(tx)
		}
		return err
	})
}

// TestStoppedWhileItIsBegunAgain stops a task whose process has died just when its next attempt is noted as sent: it is not sent, for
// what the record calls stopped must not run.
func TestStoppedWhileItIsBegunAgain(t *testing.T) {
	s := taskStore(t)
	b := newTaskBench(t, s, 1)
	b.world.length = endless
	b.furnish(t, nil)
	var once sync.Once
	var refused *wire.Error
	c := newTaskBench(t, &contended{s, func(tx store.Tx) {
		v, err := found[Task](tx, tasks.keys()+"k")
		if err == nil && v != nil && v.Status == taskRunning && v.Sent && v.Attempt == 2 {
			once.Do(func() { refused = b.stopIt(t, "k") })
		}
	}}, 1)
	c.Host, c.live = b.world, b.live
	c.control()
	defer c.stop()
	b.create(t, "k", fullLoadAndCDC)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskRunning)
	b.world.kill("I1")
	b.await(t, "k", taskStopped)
	require.Nil(t, refused)
	require.Equal(t, int64(2), b.record(t, "k").Attempt)
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	if p := b.world.instances["I1"].process; p != nil {
		require.Nil(t, p.tasks["k"], "it runs all the same")
	}
}
