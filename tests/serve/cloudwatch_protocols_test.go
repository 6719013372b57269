package serve_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCloudWatchByAllProtocols puts and reads metrics with the JavaScript SDK by Query, JSON and CBOR: dates, fractions, maps of
// percentiles, pictures, compressed bodies and errors are the same by all.
func TestCloudWatchByAllProtocols(t *testing.T) {
	t.Parallel()
	s := first(t)
	modules := filepath.Join(clients(), "node_modules")
	client(t, filepath.Join(modules, "@aws-sdk", "client-cloudwatch", "package.json"))
	cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/node"), filepath.Join("testdata", "cloudwatch.cjs"), modules)
	cmd.Env = s.env()
	raw, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", cmd.Stderr, s.log)
	type answers struct {
		Types, Packed []string
		Read          map[string]any
	}
	var by map[string]answers
	require.NoError(t, json.Unmarshal(raw, &by), string(raw))
	for name, kind := range map[string]string{"query": "application/x-www-form-urlencoded", "json": "application/x-amz-json-1.0", "cbor": "application/cbor"} {
		require.Equal(t, []string{kind}, by[name].Types)
		require.Equal(t, name == "cbor", len(by[name].Packed) == 0, name)
		require.Equal(t, by["query"].Read, by[name].Read, name)
	}
	read := by["cbor"].Read
	statistics := read["statistics"].([]any)
	require.Len(t, statistics, 1)
	for name, want := range map[string]any{"Timestamp": 0.0, "SampleCount": 4.0, "Average": (1.5 + 5 - 3e-7) / 4, "Minimum": -3e-7, "Unit": "Count"} {
		require.Equal(t, want, field(statistics[0], name), name)
	}
	require.InDelta(t, 2, field(statistics[0], "ExtendedStatistics", "p50"), 0.01)
	data := read["data"].([]any)
	require.Equal(t, []any{(1.5 + 5 - 3e-7) / 4}, field(data[2], "Values"))
	require.Equal(t, "a share", field(data[2], "Label"))
	require.Equal(t, []any{}, field(data[3], "Values"))
	require.Equal(t, []any{"PNG", 300.0, 200.0}, read["image"])
	require.InDelta(t, 62, read["listed"], 0)
	require.Equal(t, "InvalidParameterValueException", read["refused"].([]any)[0])
}
