package s3

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestChangesOfManyTablesTakeLittleMemory: files that wait with few rows in them take little more than their rows, Parquet's too.
func TestChangesOfManyTablesTakeLittleMemory(t *testing.T) {
	const tables = 2000
	for _, format := range []string{"csv", "parquet"} {
		t.Run(format, func(t *testing.T) {
			s, g, recorded := recording(t, tables, 3, 3*tables, map[string]string{"DataFormat": format})
			before := heap()
			require.NoError(t, s.Record(t.Context(), g, recorded, refuseNone))
			require.Less(t, (heap()-before)/tables, int64(4<<10), "bytes a table")
			require.Len(t, s.panes, tables)
			runtime.KeepAlive(g)
		})
	}
}

// heap is what is in use, once what is not has been collected.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestFewFilesAreOpenWhileManyWait: of many tables with many rows a bounded number has an encoder of Parquet, and what is beyond the
// memory lies in one file, not in one for each of them. All of it is in the files in the end.
func TestFewFilesAreOpenWhileManyWait(t *testing.T) {
	const tables = mostOpen + 140
	s, g, recorded := recording(t, tables, 1, 200*tables, map[string]string{"DataFormat": "parquet", "ParquetVersion": "parquet-2-0"})
	before := descriptors(t)
	for range 40 { // some 300 kB of each table
		require.NoError(t, s.Record(t.Context(), g, recorded, refuseNone))
	}
	require.Equal(t, mostOpen, s.opened)
	require.Positive(t, s.spools.end, "nothing has gone to the file")
	require.LessOrEqual(t, s.spools.memory, int64(spoolMemory))
	require.Less(t, descriptors(t), before+4)
	require.NoError(t, s.Commit(t.Context(), connector.Checkpoint{Run: "run", Position: "1"}))
	require.NoError(t, s.Sync(t.Context()))
	require.Zero(t, s.opened)
	require.Zero(t, s.spools.memory)
	require.Nil(t, s.spools.file)
	memory, disk := s.target.held.Counts()
	require.Zero(t, memory+disk, "rows that wait")
}

// descriptors is how many files the process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	found, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("without /proc: %v", err)
	}
	return len(found)
}

// TestASpoolIsReadAsItWasWritten, whichever of its pieces have gone to the file when.
func TestASpoolIsReadAsItWasWritten(t *testing.T) {
	all := newSpools(nil)
	var want [5][]byte
	var spools [5]*spool
	for i := range spools {
		spools[i] = all.begin()
	}
	for n := range 2000 {
		i := n * n % 5
		text := []byte(strconv.Itoa(n))
		for len(text) < 20000+n {
			text = append(text, text...)
		}
		want[i] = append(want[i], text...)
		_, err := spools[i].Write(text)
		require.NoError(t, err)
		require.LessOrEqual(t, all.memory, int64(spoolMemory))
	}
	huge := make([]byte, spoolMemory+1)
	huge[spoolMemory] = 7
	want[3] = append(want[3], huge...)
	_, err := spools[3].Write(huge)
	require.NoError(t, err)
	require.LessOrEqual(t, all.memory, int64(spoolMemory))
	for i, s := range spools {
		var got bytes.Buffer
		require.NoError(t, s.copyTo(&got))
		require.True(t, bytes.Equal(want[i], got.Bytes()), "spool %d", i)
		s.close()
	}
	require.Nil(t, all.file)
}

// TestTheFileOfSpoolsIsNoLargerThanWhatIsHeldBack while there is always one open, as on a stream that never rests.
func TestTheFileOfSpoolsIsNoLargerThanWhatIsHeldBack(t *testing.T) {
	all := newSpools(nil)
	const size = spoolMemory / 3
	var waiting []*spool
	for n := range 60 {
		s := all.begin()
		for i := range 3 { // in pieces of unlike sizes
			_, err := s.Write(bytes.Repeat([]byte{byte(n)}, size/3+n*1000+i))
			require.NoError(t, err)
		}
		if waiting = append(waiting, s); len(waiting) < 8 {
			continue
		}
		var got bytes.Buffer
		require.NoError(t, waiting[0].copyTo(&got))
		require.Equal(t, bytes.Repeat([]byte{byte(n - 7)}, int(waiting[0].size)), got.Bytes())
		waiting[0].close()
		waiting = waiting[1:]
	}
	require.LessOrEqual(t, all.end, int64(9*(size+3*60*1000)))
	for _, s := range waiting {
		s.close()
	}
	require.Nil(t, all.file)
}
