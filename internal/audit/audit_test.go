package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func record(i int, readOnly bool) *Record {
	return &Record{EventName: fmt.Sprintf("Call%d", i), EventTime: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC), ReadOnly: readOnly, UserIdentity: &Identity{Type: "IAMUser"}}
}

func names(t *testing.T, trail *Trail) (all []string) {
	t.Helper()
	require.NoError(t, trail.Lookup(t.Context(), func(r *Record, _ []byte) bool { all = append(all, r.EventName); return true }))
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
