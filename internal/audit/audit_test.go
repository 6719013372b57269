package audit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func record(i int, readOnly bool) *Record {
	return &Record{EventName: fmt.Sprintf("Call%d", i), EventTime: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC), ReadOnly: readOnly, UserIdentity: &Identity{Type: "IAMUser"}}
}

func names(t *testing.T, trail *Trail) (all []string) {
	t.Helper()
	return within(t, trail, Period{})
}

// within are the names of the records of a period; of lines that are none, nothing.
func within(t *testing.T, trail *Trail, p Period) (all []string) {
	t.Helper()
	require.NoError(t, trail.Lookup(t.Context(), p, Position{}, func(line []byte, _ Position) bool {
		var r Record
		if json.Unmarshal(line, &r) == nil {
			all = append(all, r.EventName)
		}
		return true
	}))
	return all
}

func TestChangesAreInTheFileAtOnce(t *testing.T) {
	dir := t.TempDir()
	trail, err := Open(Config{Dir: dir, MaxDelay: time.Hour})
	require.NoError(t, err)
	require.NoError(t, trail.Record(record(1, true)))
	raw, err := os.ReadFile(filepath.Join(dir, current))
	require.NoError(t, err)
	require.Empty(t, raw)
	require.NoError(t, trail.Record(record(2, false)))
	raw, err = os.ReadFile(filepath.Join(dir, current))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(raw), "\n"))
	info, err := os.Stat(filepath.Join(dir, current))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, trail.Close())
	require.NoError(t, trail.Close())
	require.Error(t, trail.Record(record(3, false)))
}

// TestCredentialsHandedOutAreInTheFileAtOnce: a key whose making was recorded nowhere could not be traced.
func TestCredentialsHandedOutAreInTheFileAtOnce(t *testing.T) {
	dir := t.TempDir()
	trail, err := Open(Config{Dir: dir, MaxDelay: time.Hour})
	require.NoError(t, err)
	r := record(1, true)
	r.Issues = true
	require.NoError(t, trail.Record(r))
	raw, err := os.ReadFile(filepath.Join(dir, current))
	require.NoError(t, err)
	require.Contains(t, string(raw), `"eventName":"Call1"`)
	require.Contains(t, string(raw), `"readOnly":true`)
	require.NotContains(t, string(raw), "Issues")
	require.NoError(t, trail.Close())
}

func TestFilesAreRotatedAndTheOldestGo(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir(), MaxBytes: 1000, MaxFiles: 3})
	require.NoError(t, err)
	for i := range 30 {
		require.NoError(t, trail.Record(record(i, i%2 == 0)))
	}
	all := names(t, trail)
	require.Equal(t, "Call29", all[0])
	require.Equal(t, "Call28", all[1], "the newest first, across files")
	require.Less(t, len(all), 20)
	old, err := trail.rotated()
	require.NoError(t, err)
	require.Len(t, old, 3)
	require.NoError(t, trail.Close())
}

// TestWhatHasNoRoomWaits takes the disk away: nothing may be done that could not be recorded, what was done already is recorded once
// there is room, each record once and whole.
func TestWhatHasNoRoomWaits(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir(), MaxDelay: time.Millisecond})
	require.NoError(t, err)
	require.NoError(t, trail.Record(record(1, false)))
	require.NoError(t, trail.Ready())
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	file := swap(trail, full)
	require.NoError(t, trail.Record(record(2, true)), "a read's may wait a little")
	require.Eventually(t, func() bool { return trail.Ready() != nil }, 30*time.Second, time.Millisecond)
	require.ErrorIs(t, trail.Ready(), syscall.ENOSPC)
	require.ErrorIs(t, trail.Record(record(3, true)), syscall.ENOSPC)
	require.ErrorIs(t, trail.Record(record(4, false)), syscall.ENOSPC)
	require.ErrorIs(t, trail.Lookup(t.Context(), Period{}, Position{}, func([]byte, Position) bool { return true }), syscall.ENOSPC)
	huge := record(5, false)
	huge.UserAgent = strings.Repeat("x", mostWaiting)
	require.ErrorIs(t, trail.Record(huge), syscall.ENOSPC)
	swap(trail, file)
	require.Eventually(t, func() bool {
		raw, err := os.ReadFile(file.Name())
		return err == nil && strings.Contains(string(raw), "Call4")
	}, 30*time.Second, time.Millisecond, "what is done is not recorded before another call comes")
	require.NoError(t, trail.Ready())
	require.NoError(t, trail.Record(record(6, true)))
	// The fifth was more than may wait.
	require.Equal(t, []string{"Call6", "Call4", "Call2", "Call1"}, names(t, trail))
	require.NoError(t, trail.Close())
}

// swap gives a trail another file, and returns the one that it had.
func swap(t *Trail, f *os.File) (was *os.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was, t.mu.file = t.mu.file, f
	return was
}

// TestRefusalsLeaveRoomForWhatWasDone: on a full disk, calls that are denied crowd out no record of a change that was made.
func TestRefusalsLeaveRoomForWhatWasDone(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir()})
	require.NoError(t, err)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	file := swap(trail, full)
	for i := range 60 {
		denied := record(i, false)
		denied.ErrorCode, denied.UserAgent = "AccessDenied", strings.Repeat("x", mostWaiting/40)
		require.ErrorIs(t, trail.Record(denied), syscall.ENOSPC)
	}
	made := record(60, false)
	made.UserAgent = strings.Repeat("x", mostWaiting/3)
	require.ErrorIs(t, trail.Record(made), syscall.ENOSPC)
	swap(trail, file)
	all := names(t, trail)
	require.Equal(t, "Call60", all[0])
	require.Greater(t, len(all), 10, "refusals are recorded too, as far as there is room")
	require.Less(t, len(all), 22)
	require.NoError(t, full.Close())
	require.NoError(t, trail.Close())
}

func TestALineCutOffByACrashSpoilsNoOther(t *testing.T) {
	dir := t.TempDir()
	trail, err := Open(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, trail.Record(record(1, false)))
	require.NoError(t, trail.Close())
	f, err := os.OpenFile(filepath.Join(dir, current), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"eventName":"Cut`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	trail, err = Open(Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, trail.Record(record(2, false)))
	require.Equal(t, []string{"Call2", "Call1"}, names(t, trail))
	require.NoError(t, trail.Close())
}
