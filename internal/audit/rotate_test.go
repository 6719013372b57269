package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFilesOfOneSecondAreAllKept rotates often within the second that records are told apart by, and with the clock set back: no file takes
// another's name, and the oldest are the ones to go.
func TestFilesOfOneSecondAreAllKept(t *testing.T) {
	dir := t.TempDir()
	trail, err := Open(Config{Dir: dir, MaxBytes: 1000})
	require.NoError(t, err)
	var want []string
	write := func(n int, at time.Time) {
		r := record(n, false)
		r.EventTime = at
		require.NoError(t, trail.Record(r))
		want = append([]string{fmt.Sprintf("Call%d", n)}, want...)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 20 {
		write(i, at)
	}
	for i := range 10 { // of calls that took longer, or by a clock that was set back; by another process
		if i == 5 {
			require.NoError(t, trail.Close())
			trail, err = Open(Config{Dir: dir, MaxBytes: 1000, MaxFiles: 6})
			require.NoError(t, err)
		}
		write(20+i, at.Add(-time.Hour))
	}
	have := names(t, trail)
	require.Greater(t, len(have), 10)
	require.Equal(t, want[:len(have)], have)
	require.NoError(t, trail.Close())
}

// meddling is a context that lets a test in between what a lookup does.
type meddling struct {
	context.Context
	meanwhile func()
}

func (m meddling) Err() error {
	m.meanwhile()
	return m.Context.Err()
}

// TestALookUpMissesNoFileThatIsRotatedMeanwhile: what was the current file when it began is read whole.
func TestALookUpMissesNoFileThatIsRotatedMeanwhile(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir(), MaxBytes: 1000})
	require.NoError(t, err)
	n := 0
	more := func() {
		for range 7 {
			require.NoError(t, trail.Record(record(n, false)))
			n++
		}
	}
	more()
	var have []string
	require.NoError(t, trail.Lookup(meddling{t.Context(), more}, Period{}, Position{}, func(line []byte, _ Position) bool {
		var r Record
		require.NoError(t, json.Unmarshal(line, &r))
		have = append(have, r.EventName)
		return true
	}))
	require.GreaterOrEqual(t, len(have), 7)
	for i := range 7 {
		require.Contains(t, have, fmt.Sprintf("Call%d", i))
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(have))), len(have), "each once")
	require.NoError(t, trail.Close())
}

// TestAFileThatSomebodyTakesAway, as a program that rotates logs does, takes no other record along, and no call waits for it.
func TestAFileThatSomebodyTakesAway(t *testing.T) {
	dir := t.TempDir()
	trail, err := Open(Config{Dir: dir, MaxBytes: 1000})
	require.NoError(t, err)
	require.NoError(t, trail.Record(record(0, false)))
	require.NoError(t, os.Rename(filepath.Join(dir, current), filepath.Join(dir, "taken")))
	require.Empty(t, names(t, trail))
	for i := range 20 {
		require.NoError(t, trail.Record(record(1+i, i%2 == 0)))
	}
	have := names(t, trail)
	raw, err := os.ReadFile(filepath.Join(dir, "taken"))
	require.NoError(t, err)
	require.Len(t, have, 21-strings.Count(string(raw), "\n"))
	require.Equal(t, "Call20", have[0])
	require.NoError(t, trail.Close())
}
