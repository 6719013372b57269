package audit

import (
	"bytes"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const day = 24 * time.Hour

// daily writes a record a day, by a clock that goes with them.
func daily(t *testing.T, c Config, days int) (*Trail, *time.Time) {
	t.Helper()
	now := record(0, false).EventTime
	c.Dir, c.Now = t.TempDir(), func() time.Time { return now }
	trail, err := Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, trail.Close()) })
	for i := range days {
		r := record(i, false)
		now = record(0, false).EventTime.Add(time.Duration(i) * day)
		r.EventTime = now
		require.NoError(t, trail.Record(r))
	}
	return trail, &now
}

func TestRecordsGoWhenTheyAreOld(t *testing.T) {
	trail, _ := daily(t, Config{MaxAge: 5 * day}, 30)
	require.Equal(t, []string{"Call29", "Call28", "Call27", "Call26", "Call25", "Call24"}, names(t, trail))
}

// TestRecordsGrowOldWithoutCalls: also those of the current file go, when nobody calls any more; and before the first one of a server that
// was off for long.
func TestRecordsGrowOldWithoutCalls(t *testing.T) {
	trail, now := daily(t, Config{MaxAge: 5 * day}, 3)
	*now = now.Add(5*day + time.Second)
	trail.age()
	require.Equal(t, []string{"Call2"}, names(t, trail), "it is put aside, and its age counts from there")
	*now = now.Add(5*day + time.Second)
	trail.age()
	require.Empty(t, names(t, trail))

	trail, now = daily(t, Config{MaxAge: 5 * day}, 3)
	require.NoError(t, trail.Close())
	*now = now.Add(5*day + time.Second)
	again, err := Open(trail.config)
	require.NoError(t, err)
	require.Equal(t, []string{"Call2"}, names(t, again))
	require.NoError(t, again.Close())
}

// TestThereIsRoomForSoMuchAlone: a busy day pushes out what is not old yet, and the log says so.
func TestThereIsRoomForSoMuchAlone(t *testing.T) {
	var log bytes.Buffer
	trail, _ := daily(t, Config{MaxAge: 365 * day, MaxBytes: 1000, MaxFiles: 3, Log: slog.New(slog.NewTextHandler(&log, nil))}, 30)
	require.Contains(t, log.String(), "audit records go before their time")
	old, err := trail.rotated()
	require.NoError(t, err)
	require.Len(t, old, 3)
}

// TestQuietDaysFillFewFiles, so that they push nothing out.
func TestQuietDaysFillFewFiles(t *testing.T) {
	trail, _ := daily(t, Config{MaxAge: 30 * day, MaxFiles: 10}, 90)
	have := names(t, trail)
	require.GreaterOrEqual(t, len(have), 30)
	require.LessOrEqual(t, len(have), 36)
	old, err := trail.rotated()
	require.NoError(t, err)
	require.LessOrEqual(t, len(old), 6)
}

// TestALookUpTakesLittleMemory, however long the trail is.
func TestALookUpTakesLittleMemory(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir(), MaxBytes: 4 << 20})
	require.NoError(t, err)
	r := record(0, true)
	r.UserAgent = strings.Repeat("x", 1000)
	const all = 20_000
	for range all {
		require.NoError(t, trail.Record(r))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	seen := 0
	require.NoError(t, trail.Lookup(t.Context(), Period{}, Position{}, func([]byte, Position) bool { seen++; return true }))
	runtime.ReadMemStats(&after)
	require.Equal(t, all, seen)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20), "of a trail of 26 MB")
	require.NoError(t, trail.Close())
}

// TestALookUpGoesOnWhereItEnded, also when the file has been put aside meanwhile, and says when it is gone.
func TestALookUpGoesOnWhereItEnded(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir(), MaxBytes: 2000, MaxFiles: 3})
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, trail.Record(record(i, false)))
	}
	var at Position
	require.NoError(t, trail.Lookup(t.Context(), Period{}, Position{}, func(_ []byte, p Position) bool { at = p; return false }))
	for i := 3; i < 9; i++ {
		require.NoError(t, trail.Record(record(i, false)))
	}
	next := ""
	require.NoError(t, trail.Lookup(t.Context(), Period{}, at, func(line []byte, _ Position) bool { next = string(line); return false }))
	require.Contains(t, next, `"Call1"`)
	for i := range 60 {
		require.NoError(t, trail.Record(record(i, false)))
	}
	require.ErrorIs(t, trail.Lookup(t.Context(), Period{}, at, func([]byte, Position) bool { return true }), ErrGone)
	require.ErrorIs(t, trail.Lookup(t.Context(), Period{}, Position{"other", 1}, func([]byte, Position) bool { return true }), ErrGone)
	require.NoError(t, trail.Close())
}
