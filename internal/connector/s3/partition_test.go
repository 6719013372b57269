package s3

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPartitionedFilesAreData, whatever their folders look like: TRUNCATE and DROP find them by their names.
func TestPartitionedFilesAreData(t *testing.T) {
	at := time.Date(2026, 11, 26, 3, 4, 5, 6e6, time.UTC)
	n := 0
	for sequence := range sequences {
		for delimiter := range delimiters {
			s, err := readSettings(map[string]string{"DatePartitionEnabled": "true", "DatePartitionSequence": sequence, "DatePartitionDelimiter": delimiter})
			require.NoError(t, err)
			key := string(s.partition.appendFolder(nil, at)) + stamp(at) + ".csv"
			require.True(t, isData(key), "%s %s: %s", sequence, delimiter, key)
			n++
		}
	}
	require.Equal(t, 20, n)
}

// TestNamesGoOnWhenClocksGoBack: the folder is that of the zone, the name is not.
func TestNamesGoOnWhenClocksGoBack(t *testing.T) {
	s, err := readSettings(map[string]string{"DatePartitionEnabled": "true", "DatePartitionTimezone": "Europe/Paris"})
	require.NoError(t, err)
	before := time.Date(2026, 10, 25, 0, 50, 0, 0, time.UTC) // 02:50 of summer, and 02:10 of winter behind it
	after := before.Add(20 * time.Minute)
	require.Less(t, stamp(before), stamp(after))
	require.NotEqual(t, stamp(before), stamp(before.Add(time.Hour)))
	require.Equal(t, "2026/10/26/", string(s.partition.appendFolder(nil, time.Date(2026, 10, 25, 23, 30, 0, 0, time.UTC))))
}
