package notify

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPausesGrowUpToABound(t *testing.T) {
	for attempts, want := range map[int]time.Duration{0: firstPause, 1: firstPause, 2: 4 * time.Second, 3: 8 * time.Second, 9: 512 * time.Second, 10: longestPause, 70: longestPause, math.MaxInt: longestPause} {
		require.Equal(t, want, After(attempts), "after %d", attempts)
	}
}
