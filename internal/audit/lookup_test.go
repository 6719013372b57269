package audit

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestASlowCallHidesNothing: records lie in the order of the ends of calls, and have the time of their beginning.
func TestASlowCallHidesNothing(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir()})
	require.NoError(t, err)
	for _, i := range []int{20, 31, 32, 5, 33, 34} { // the one that began first ended fourth
		require.NoError(t, trail.Record(record(i, false)))
	}
	at := func(i int) time.Time { return record(i, false).EventTime }
	require.Equal(t, []string{"Call34", "Call33", "Call32", "Call31"}, within(t, trail, Period{From: at(30)}))
	require.Equal(t, []string{"Call32", "Call31", "Call20"}, within(t, trail, Period{From: at(20), Until: at(32)}))
	require.Equal(t, []string{"Call5"}, within(t, trail, Period{Until: at(5)}))
	require.NoError(t, trail.Close())
}

// TestFilesOutsideThePeriodAreNotRead spoils all files but those that may hold it.
func TestFilesOutsideThePeriodAreNotRead(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir(), MaxBytes: 1000})
	require.NoError(t, err)
	for i := range 60 {
		require.NoError(t, trail.Record(record(60*i, false))) // a minute apart
	}
	at := func(i int) time.Time { return record(60*i, false).EventTime }
	old, err := trail.rotated()
	require.NoError(t, err)
	for i, name := range old {
		if ended(old, i).Before(at(25)) || ended(old, i-1).After(at(36)) {
			require.NoError(t, os.Remove(trail.path(name)))
			require.NoError(t, os.Mkdir(trail.path(name), 0o700)) // reading it is an error
		}
	}
	require.Equal(t, []string{"Call1860", "Call1800"}, within(t, trail, Period{From: at(30), Until: at(31)}))
	require.Error(t, trail.Lookup(t.Context(), Period{From: at(10)}, Position{}, func([]byte, Position) bool { return true }))
	require.NoError(t, trail.Close())
}

// TestLinesAcrossPieces: files are read in pieces, at whose borders lines of any length lie.
func TestLinesAcrossPieces(t *testing.T) {
	trail, err := Open(Config{Dir: t.TempDir()})
	require.NoError(t, err)
	var want []string
	for i, size := range []int{10, readPiece, 3 * readPiece, 100, readPiece / 2, readPiece - 400, 1, 2*readPiece + 1} {
		r := record(i, true)
		r.UserAgent = strings.Repeat("x", size)
		require.NoError(t, trail.Record(r))
		want = append([]string{fmt.Sprintf("Call%d", i)}, want...)
	}
	require.Equal(t, want, names(t, trail))
	require.NoError(t, trail.Close())
}
