package serve_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
)

// BenchmarkFilterLogEvents has a client look for the one event in 1,000,000 of ten streams that fits, over the network: in less than a second.
func BenchmarkFilterLogEvents(b *testing.B) {
	const all, streams, batch = 1_000_000, 10, 5000
	s := first(b)
	api := cloudwatchlogs.NewFromConfig(s.sdk(b))
	_, err := api.CreateLogGroup(b.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("shop")})
	require.NoError(b, err)
	begin := time.Now().Add(-time.Hour).UnixMilli()
	for n := 0; n < all; n += batch {
		stream := fmt.Sprint("till-", n/batch%streams)
		if n/batch < streams {
			_, err := api.CreateLogStream(b.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("shop"), LogStreamName: &stream})
			require.NoError(b, err)
		}
		events := make([]types.InputLogEvent, batch)
		for i := range events {
			events[i] = types.InputLogEvent{
				Timestamp: aws.Int64(begin + int64(n+i)),
				Message:   aws.String(fmt.Sprintf("2026-11-26T12:00:00:000000 [TARGET_APPLY    ]I:  order %07d was applied to the target with its rows  (apply.go:%d)", n+i, i)),
			}
		}
		_, err := api.PutLogEvents(b.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("shop"), LogStreamName: &stream, LogEvents: events})
		require.NoError(b, err)
	}
	for b.Loop() {
		var found []types.FilteredLogEvent
		for pages := cloudwatchlogs.NewFilterLogEventsPaginator(api, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("shop"), FilterPattern: aws.String(`"order 0765432 was"`)}); pages.HasMorePages(); {
			page, err := pages.NextPage(b.Context())
			require.NoError(b, err)
			found = append(found, page.Events...)
		}
		require.Len(b, found, 1)
	}
	require.Less(b, b.Elapsed()/time.Duration(b.N), time.Second)
}
