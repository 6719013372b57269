package cloudtrail

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudtrailapi"
)

// BenchmarkLookupEvents reads pages of 50 from trails of different lengths: the first one, and one in the midst.
func BenchmarkLookupEvents(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000, 1_000_000} {
		trail, err := audit.Open(audit.Config{Dir: b.TempDir()})
		require.NoError(b, err)
		for i := range n {
			require.NoError(b, trail.Record(&audit.Record{
				EventID: fmt.Sprintf("id-%07d", i), EventName: "DescribeEndpoints", EventSource: "dms.amazonaws.com", EventTime: at(i), ReadOnly: true,
				UserIdentity: &audit.Identity{Type: "IAMUser", UserName: "ann", AccessKeyID: "AKIAIOSFODNN7EXAMPLE"},
			}))
		}
		var middle audit.Position
		seen := 0
		require.NoError(b, trail.Lookup(b.Context(), audit.Period{}, audit.Position{}, func(_ []byte, p audit.Position) bool {
			middle = p
			seen++
			return seen < n/2
		}))
		p := page{last: middle}
		p.end()
		for name, token := range map[string]*string{"first": nil, "middle": p.next} {
			b.Run(fmt.Sprintf("records=%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					out, err := lookup(b.Context(), trail, &cloudtrailapi.LookupEventsRequest{NextToken: token})
					require.NoError(b, err)
					require.Len(b, out.Events, 50)
				}
			})
		}
		require.NoError(b, trail.Close())
	}
}
