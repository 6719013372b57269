package connector

import (
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTemporaryFilesThatFindNoRoom(t *testing.T) {
	require.NoError(t, Temporary("hold changes back", nil))
	full := Temporary("hold changes back", &fs.PathError{Op: "write", Path: "whimbrel-1", Err: syscall.ENOSPC})
	require.Equal(t, Full, ClassOf(full))
	require.ErrorIs(t, full, ErrTemporary)
	require.EqualError(t, full, "hold changes back: the folder for temporary files is full: write whimbrel-1: no space left on device")
	denied := Temporary("hold changes back", os.ErrPermission)
	require.Equal(t, Unclassified, ClassOf(denied))
	require.NotErrorIs(t, denied, ErrTemporary)
	require.EqualError(t, denied, "hold changes back: permission denied")
}
