package logs

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestWhatIsCheckedIsWhatIsDoneTo asks for the tags and the events of a group by every text that could mean it: what is
// checked is the group's ARN, and what is no ARN of this account and region is refused.
func TestWhatIsCheckedIsWhatIsDoneTo(t *testing.T) {
	st, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	require.NoError(t, st.CreateGroup(t.Context(), logstore.Group{Name: "secret", Tags: map[string]string{"is": "kept"}}))
	require.NoError(t, st.CreateStream(t.Context(), "secret", "s"))
	s := New(Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Stop)
	api, err := s.API()
	require.NoError(t, err)
	call := func(name string, in any) (resource string, err error) {
		c := &service.Call{Service: &logsapi.Service, Operation: logsapi.Service.Operation(name), Partition: "aws", Account: "123456789012", Region: "eu-central-1", Now: time.Now()}
		checks, err := api.Operation(name).Access(t.Context(), c, in)
		require.NoError(t, err)
		require.Len(t, checks, 1)
		_, err = api.Operation(name).Do(t.Context(), c, in)
		return checks[0].Resource, err
	}
	const whole = "arn:aws:logs:eu-central-1:123456789012:log-group:secret"
	for text, good := range map[string]bool{
		whole: true, whole + ":*": true, "secret": false, whole + ":x": false, whole + ":log-stream:s": false,
		"arn:aws:logs:eu-central-1:999999999999:log-group:secret": false, "arn:aws:logs:us-east-1:123456789012:log-group:secret": false,
		"arn::logs:::log-group:secret": false, "arn:aws:s3:eu-central-1:123456789012:log-group:secret": false, "": false,
	} {
		for name, in := range map[string]any{
			"ListTagsForResource": &logsapi.ListTagsForResourceRequest{ResourceArn: &text},
			"TagResource":         &logsapi.TagResourceRequest{ResourceArn: &text, Tags: map[string]string{"a": "b"}},
			"UntagResource":       &logsapi.UntagResourceRequest{ResourceArn: &text, TagKeys: []string{"is"}},
		} {
			resource, err := call(name, in)
			if good {
				require.NoError(t, err, "%s %s", name, text)
				require.Equal(t, whole, resource)
				continue
			}
			require.ErrorContains(t, err, "no ARN of a log group", "%s %s", name, text)
			if text == "secret" {
				require.Equal(t, whole, resource)
			}
		}
		if text == "" {
			continue
		}
		good = good || text == "secret" // these take names as well
		for name, in := range map[string]any{
			"FilterLogEvents":    &logsapi.FilterLogEventsRequest{LogGroupIdentifier: &text},
			"GetLogEvents":       &logsapi.GetLogEventsRequest{LogGroupIdentifier: &text, LogStreamName: new("s")},
			"DescribeLogStreams": &logsapi.DescribeLogStreamsRequest{LogGroupIdentifier: &text},
			"StartQuery":         &logsapi.StartQueryRequest{LogGroupIdentifiers: []string{text}, QueryString: new("limit 1"), StartTime: new(int64(0)), EndTime: new(int64(1))},
		} {
			resource, err := call(name, in)
			if good {
				require.NoError(t, err, "%s %s", name, text)
				require.Contains(t, resource, whole+":log-stream:")
				continue
			}
			require.ErrorContains(t, err, "InvalidParameterException", "%s %s", name, text)
		}
	}
	g, err := st.Group(t.Context(), "secret")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, g.Tags)
}
