package host

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRoomsOfAnInstance are that of its directory and that of temporary files, and one if these lie on the same disk.
func TestRoomsOfAnInstance(t *testing.T) {
	h := newHost(t, Config{})
	t.Setenv("TMPDIR", h.Dir)
	rooms, err := h.Rooms("")
	require.NoError(t, err)
	require.Len(t, rooms, 1)
	require.False(t, rooms[0].Temporary)
	require.Positive(t, rooms[0].Whole)

	t.Setenv("TMPDIR", "/dev") // a file system of its own
	rooms, err = h.Rooms("")
	require.NoError(t, err)
	require.Len(t, rooms, 2)
	require.False(t, rooms[0].Temporary)
	require.True(t, rooms[1].Temporary)

	t.Setenv("TMPDIR", h.Dir+"/none")
	_, err = h.Rooms("")
	require.ErrorContains(t, err, "look at the disk of temporary files")
}
