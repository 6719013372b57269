package mysql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// A log file that is to be read and about to expire is warned of before it is purged, and so is one that is gone.
func TestLogAboutToExpireIsWarnedOf(t *testing.T) {
	m := newMirror(t, servertest.PrivateMariaDB(t), true)
	m.exec("CREATE TABLE item (id INT PRIMARY KEY)")
	source := m.source
	at, err := parsePosition(m.end(), true)
	require.NoError(t, err)
	m.exec("SET GLOBAL binlog_expire_logs_seconds = 100000", "FLUSH BINARY LOGS", "INSERT INTO item VALUES (1)")
	kept, warning, err := source.retention(t.Context(), at)
	require.NoError(t, err)
	require.Empty(t, warning)
	require.Positive(t, kept)
	m.exec("SET GLOBAL binlog_expire_logs_seconds = 4")
	require.Eventually(t, func() bool {
		_, warning, err = source.retention(t.Context(), at)
		return err == nil && warning != ""
	}, 10*time.Second, 100*time.Millisecond)
	require.Contains(t, warning, "purges "+at.file)
	require.Contains(t, warning, "binlog_expire_logs_seconds")
	m.exec("FLUSH BINARY LOGS")
	require.Eventually(t, func() bool {
		m.exec("PURGE BINARY LOGS BEFORE now()")
		_, warning, err = source.retention(t.Context(), at)
		require.NoError(t, err)
		return warning == "the source has purged "+at.file+", which is being read: the stream will not survive its connection"
	}, 10*time.Second, 200*time.Millisecond)
}
