package s3

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestASpoolCountsTheRowsThatWait in memory, and on the disk once there is more than may be in memory.
func TestASpoolCountsTheRowsThatWait(t *testing.T) {
	held := &connector.Held{}
	all := newSpools(held)
	check := func(memory, disk int64) {
		t.Helper()
		m, d := held.Counts()
		require.Equal(t, []int64{memory, disk}, []int64{m, d})
	}
	large, small := all.begin(), all.begin()
	write := func(s *spool, bytes int) {
		t.Helper()
		s.count(1)
		_, err := s.Write(make([]byte, bytes))
		require.NoError(t, err)
	}
	write(small, 100)
	write(large, spoolMemory/2)
	check(2, 0)
	write(large, spoolMemory/2)
	check(1, 2)
	write(large, 10)
	write(small, 10)
	check(2, 3)
	large.close()
	check(2, 0)
	small.close()
	check(0, 0)
	require.Zero(t, all.memory)
}
