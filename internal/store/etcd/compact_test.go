package etcd

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestThePastDoesNotFillTheStore writes one key again and again, as a caller can.
func TestThePastDoesNotFillTheStore(t *testing.T) {
	var size func() int64
	s, err := start(t.Context(), t.TempDir(), quiet, func(of func() int64) { size = of })
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	c := &compactor{client: s.client, size: size, after: 16 << 20, least: size()}
	write := func(n int) {
		for i := range n {
			_, err := s.Update(t.Context(), func(tx store.Tx) error {
				tx.Put("one", bytes.Repeat([]byte{byte(i)}, 1<<20))
				return nil
			})
			require.NoError(t, err)
		}
	}
	write(30)
	require.Eventually(t, func() bool { return size() > 30<<20 }, 30*time.Second, 20*time.Millisecond)
	full := size()
	for range compactKeeps {
		require.NoError(t, c.look(t.Context()))
	}
	require.GreaterOrEqual(t, size(), full, "what was the present at the last looks is kept")
	require.NoError(t, c.look(t.Context()))
	touch := func() { // what was freed is counted with the next write
		_, err := s.Update(t.Context(), func(tx store.Tx) error { tx.Put("touch", nil); return nil })
		assert.NoError(t, err)
	}
	require.Eventually(t, func() bool { touch(); return size() < 8<<20 }, 30*time.Second, 50*time.Millisecond)
	got, err := s.Get(t.Context(), "one")
	require.NoError(t, err)
	require.Len(t, got.Value, 1<<20)

	// What has grown to stay does not have it compact at every look.
	require.NoError(t, c.look(t.Context()))
	require.Less(t, c.least, int64(8<<20))
	write(5)
	before := c.least
	for range 2 * compactKeeps {
		require.NoError(t, c.look(t.Context()))
	}
	require.Equal(t, before, c.least)
}
