package validate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBucketsOfQuery shares small tables out to as many queries as may run at once, and cuts large ones into queries of bounded size.
func TestBucketsOfQuery(t *testing.T) {
	s := &search{pair: &pair{Config: &Config{Threads: 5}}}
	for all, want := range map[uint64]uint64{1: fewBuckets, 30: fewBuckets, 100: 20, 1000: chunkBuckets} {
		require.Equal(t, want, s.bucketsOfQuery(all), "%d", all)
	}
}
