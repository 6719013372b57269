package postgres

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestASlotIsLeftWhereTheCheckpointIs, not behind what has been received since, though it does not concern us: another task may go on from there.
func TestASlotIsLeftWhereTheCheckpointIs(t *testing.T) {
	for name, c := range map[string]struct {
		tell func(k *keeper)
		want uint64
	}{
		"on the way": {func(k *keeper) { k.tell(false) }, 200},
		"at the end": {func(k *keeper) { k.leave() }, 100},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			k := &keeper{}
			k.mu.w, k.mu.received, k.mu.acked, k.mu.last = &wire{Conn: ours}, 200, 100, 50
			go c.tell(k)
			said := make([]byte, 39)
			_, err := io.ReadFull(theirs, said)
			require.NoError(t, err)
			require.Equal(t, c.want, binary.BigEndian.Uint64(said[14:]), "flushed")
		})
	}
}
