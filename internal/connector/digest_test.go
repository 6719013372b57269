package connector_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Every number of a range is in one bucket's range, the one that the division puts it into, up to the ends of 64 bits.
func TestBucketRangesAreThoseOfTheDivision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64().Draw(t, "low")
		width := rapid.Int64Range(1, 1<<56).Draw(t, "width")
		high := low + rapid.Int64Range(0, 20*width).Draw(t, "span")
		if high < low {
			low, high = high, low
			low = max(low, high-20*width)
			if low > high {
				low = high
			}
		}
		ranges := connector.Part{Range: &connector.Range{Low: low, High: high}, Width: width}.Ranges()
		next := low
		for i, u := range ranges {
			require.Equal(t, next, u.Low)
			require.LessOrEqual(t, u.Low, u.High)
			require.Equal(t, u.Number, u.Low/width)
			require.Equal(t, u.Number, u.High/width)
			if i > 0 {
				require.Equal(t, ranges[i-1].Number+1, u.Number)
			}
			next = u.High + 1
		}
		require.Equal(t, high, ranges[len(ranges)-1].High)
	})
}
