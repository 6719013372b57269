package task

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPoints(t *testing.T) {
	noon := time.Date(2026, 2, 9, 12, 12, 12, 0, time.UTC)
	require.Equal(t, noon, ParseStart("2026-02-09T12:12:12").At)
	require.Equal(t, "binlog.000024:373", ParseStart("binlog.000024:373").Native)

	stop, err := ParseStop("server_time:2026-02-09T12:12:12")
	require.NoError(t, err)
	require.Equal(t, noon, stop.ServerTime)
	stop, err = ParseStop("commit_time: 2026-02-09T14:12:12+02:00") // AWS's own examples have the blank
	require.NoError(t, err)
	require.Equal(t, noon, stop.CommitTime)
	stop, err = ParseStop("")
	require.NoError(t, err)
	require.Zero(t, stop)

	for _, bad := range []string{"2026-02-09T12:12:12", "server_time:", "server_time:tomorrow", "commit:2026-02-09T12:12:12"} {
		_, err := ParseStop(bad)
		require.Error(t, err, bad)
	}
}
