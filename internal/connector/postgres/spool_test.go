package postgres

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestASpoolCountsWhatItKeeps in memory and in its file, until it is handed on or forgotten.
func TestASpoolCountsWhatItKeeps(t *testing.T) {
	held := &connector.Held{}
	check := func(memory, disk int64) {
		t.Helper()
		m, d := held.Counts()
		require.Equal(t, []int64{memory, disk}, []int64{m, d})
	}
	s := newSpool(held, &spoolRoom{})
	line := bytes.Repeat([]byte("x"), 1<<20)
	for range 20 {
		require.NoError(t, s.add(line))
	}
	check(7, 13) // 7 of them and what stands before each are less than 8 MB
	require.NoError(t, s.rewind())
	for n := range int64(20) {
		got, err := s.next()
		require.NoError(t, err)
		require.Equal(t, line, got)
		check(max(6-n, 0), min(13, 19-n))
	}
	s.reset()
	check(0, 0)
	require.NoError(t, s.add(line))
	check(1, 0)
	s.reset()
	check(0, 0)
}
