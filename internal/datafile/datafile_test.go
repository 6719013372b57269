package datafile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const schema = "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB)"

// TestRoomIsMeasuredAndGivenBack deletes most of what a file holds. Its path has everything in it that a URL minds.
func TestRoomIsMeasuredAndGivenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a ?b#%20&c", "t.db")
	f, err := Open(t.Context(), path, schema, 2)
	require.NoError(t, err)
	for range 2000 {
		_, err := f.ExecContext(t.Context(), "INSERT INTO t (v) VALUES (zeroblob(4000))")
		require.NoError(t, err)
	}
	full, err := f.Used(t.Context())
	require.NoError(t, err)
	require.Greater(t, full, int64(2000*4000))
	_, err = f.ExecContext(t.Context(), "DELETE FROM t WHERE id > 10")
	require.NoError(t, err)
	used, err := f.Used(t.Context())
	require.NoError(t, err)
	require.Less(t, used, int64(200_000))
	require.NoError(t, f.GiveBack(t.Context()))
	require.NoError(t, f.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, info.Size(), full/4)
	again, err := Open(t.Context(), path, schema, 2)
	require.NoError(t, err)
	var n int
	require.NoError(t, again.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n))
	require.Equal(t, 10, n)
	require.NoError(t, again.Close())
}

func TestOpenNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	require.NoError(t, os.WriteFile(path, []byte("this is no database, however long one looks at it"), 0o600))
	_, err := Open(t.Context(), path, schema, 1)
	require.ErrorContains(t, err, path)
}

func TestEveryGoesOnAfterAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	turns, failures := 0, 0
	Every(ctx, time.Millisecond, func(context.Context) error {
		turns++
		if turns == 4 {
			cancel()
		}
		return errors.New("no")
	}, func(error) { failures++ })
	require.Equal(t, []int{4, 3}, []int{turns, failures}, "what fails because the end has come is no news")
}
