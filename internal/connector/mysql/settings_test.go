package mysql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

func TestEndpointSettingsAreReadOrRefusedByName(t *testing.T) {
	o, ends, err := sourceOptions(map[string]string{"EventsPollInterval": "7", "cleanSourceMetadataOnMismatch": "TRUE",
		"AfterConnectScript": "SET @a = 'x;y'; SET @b = 2 ;", "IgnoreOpenXaTransactionsCheck": "false", "ConnectionTimeout": "3"})
	require.NoError(t, err)
	require.Equal(t, streamOptions{heartbeat: 7 * time.Second, relearn: true, seekXA: true}, o)
	require.Equal(t, settings{scripts: []string{"SET @a = 'x;y'", "SET @b = 2"}, timeout: 3 * time.Second}, ends)
	for name, value := range map[string]string{"EventsPollInterval": "0", "ServerTimezone": "UTC", "skipTableSuspensionForPartitionDdl": "maybe", "NoSuch": "1"} {
		_, _, err := sourceOptions(map[string]string{name: value})
		require.ErrorContains(t, err, name)
		require.Equal(t, connector.Invalid, connector.ClassOf(err))
	}
	for name, value := range map[string]string{"TargetDbType": "specific-database", "ParallelLoadThreads": "2", "MaxFileSize": "1", "Nonsense": "x"} {
		_, err := targetOptions(map[string]string{name: value})
		require.ErrorContains(t, err, name)
	}
	_, err = targetOptions(map[string]string{"TargetDbType": "multiple-databases"})
	require.NoError(t, err)
}

func TestConnectScriptRunsInSessions(t *testing.T) {
	d := servertest.MariaDB(t)
	s, err := openSource(t.Context(), connector.Config{URL: d.URL, Settings: map[string]string{"AfterConnectScript": "SET @w = 42"}})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	se, err := s.(*source).host.session(t.Context(), "sql_mode=''")
	require.NoError(t, err)
	defer se.close()
	rows, err := se.query(t.Context(), "SELECT @w")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"42"}}, rows)
	s2, err := openSource(t.Context(), connector.Config{URL: d.URL, Settings: map[string]string{"AfterConnectScript": "NONSENSE"}})
	require.NoError(t, err)
	defer func() { require.NoError(t, s2.Close()) }()
	_, err = s2.(*source).host.session(t.Context(), "sql_mode=''")
	require.ErrorContains(t, err, "AfterConnectScript")
}
