package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderIsHeldByOne(t *testing.T) {
	dir := t.TempDir()
	one, other := NewFolder(dir).(Locker), NewFolder(dir).(Locker)
	release, held, err := one.Lock(t.Context(), "control/claim")
	require.NoError(t, err)
	require.True(t, held)
	_, held, err = other.Lock(t.Context(), "control/claim")
	require.NoError(t, err)
	require.False(t, held)
	_, held, err = other.Lock(t.Context(), "control/another")
	require.NoError(t, err)
	require.True(t, held)
	release()
	_, held, err = other.Lock(t.Context(), "control/claim")
	require.NoError(t, err)
	require.True(t, held)
}
