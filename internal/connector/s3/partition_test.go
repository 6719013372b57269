package s3

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPartitionedFilesAreData, whatever their folders look like: TRUNCATE and DROP find them by their names.
func TestPartitionedFilesAreData(t *testing.T) {
	at := time.Date(2026, 11, 26, 3, 4, 5, 6e6, time.UTC)
	folders := map[string]map[string]string{ // as DMS has them (user guide, "Using date-based folder partitioning")
		"YYYYMMDD":   {"SLASH": "2026/11/26/", "DASH": "2026-11-26/", "UNDERSCORE": "2026_11_26/", "NONE": "20261126/"},
		"YYYYMMDDHH": {"SLASH": "2026/11/26/03/", "DASH": "2026-11-26-03/", "UNDERSCORE": "2026_11_26_03/", "NONE": "2026112603/"},
		"YYYYMM":     {"SLASH": "2026/11/", "DASH": "2026-11/", "UNDERSCORE": "2026_11/", "NONE": "202611/"},
		"MMYYYYDD":   {"SLASH": "11/2026/26/", "DASH": "11-2026-26/", "UNDERSCORE": "11_2026_26/", "NONE": "11202626/"},
		"DDMMYYYY":   {"SLASH": "26/11/2026/", "DASH": "26-11-2026/", "UNDERSCORE": "26_11_2026/", "NONE": "26112026/"},
	}
	n := 0
	for sequence := range sequences {
		for delimiter := range delimiters {
			s, err := readSettings(map[string]string{"DatePartitionEnabled": "true", "DatePartitionSequence": sequence, "DatePartitionDelimiter": delimiter})
			require.NoError(t, err)
			key := string(s.partition.appendFolder(nil, at)) + stamp(at) + ".csv"
			require.Equal(t, folders[sequence][delimiter]+"20261126-030405006.csv", key)
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

// TestNumbersOfLoadFiles are eight hexadecimal digits (user guide, "Using Amazon S3 as a target").
func TestNumbersOfLoadFiles(t *testing.T) {
	for number, want := range map[int]string{1: "LOAD00000001.csv", 9: "LOAD00000009.csv", 10: "LOAD0000000A.csv", 16: "LOAD00000010.csv", 255: "LOAD000000FF.csv", 1 << 20: "LOAD00100000.csv"} {
		require.Equal(t, want, loadName(number, ".csv"))
		require.True(t, isData(want))
	}
}
