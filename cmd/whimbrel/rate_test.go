package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRates(t *testing.T) {
	rows, bytes, err := parseRates([]string{"5000rows/s", "20MB/s"})
	require.NoError(t, err)
	require.EqualValues(t, 5000, rows)
	require.EqualValues(t, 20_000_000, bytes)
	rows, bytes, err = parseRates([]string{"1.5krows/s", "2MiB/s", "3kB/s"})
	require.NoError(t, err)
	require.EqualValues(t, 1500, rows)
	require.EqualValues(t, 3000, bytes)
	for _, bad := range []string{"", "5", "rows/s", "-1rows/s", "0MB/s", "NaNrows/s", "Infrows/s", "5rows", "1e300MB/s", "5 apples/s"} {
		_, _, err := parseRates([]string{bad})
		require.ErrorContains(t, err, "such as 5000rows/s", bad)
	}
}
