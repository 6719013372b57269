package console_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkPageReady opens the first page in a browser that has seen none of it, beside a page of a single field: from the
// address to the field that a key is typed into.
func BenchmarkPageReady(b *testing.B) {
	s := start(b)
	out, err := script(b, "ready.mjs", "URL="+s.url, "TIMES="+strconv.Itoa(b.N)).Output()
	require.NoError(b, err)
	var taken struct{ Console, Bare []float64 } // milliseconds
	require.NoError(b, json.Unmarshal(out, &taken))
	for name, all := range map[string][]float64{"console": taken.Console, "bare": taken.Bare} {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name+"-p50-ms")
		b.ReportMetric(all[len(all)*99/100], name+"-p99-ms")
	}
}
