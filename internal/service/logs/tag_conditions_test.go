package logs

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestTagsOfGroupsAreConditions: a policy that decides by a group's tags, or by those that a call brings, finds them in every call on the
// group; a Deny by a tag that is not told of would let everyone through. Whoever makes a group with tags needs logs:TagResource.
func TestTagsOfGroupsAreConditions(t *testing.T) {
	t.Parallel()
	st, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	tags := map[string]string{"stage": "prod"}
	require.NoError(t, st.CreateGroup(t.Context(), logstore.Group{Name: "g", Tags: tags}))
	s := New(Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Stop)
	api, err := s.API()
	require.NoError(t, err)
	access := func(name string, in any) []service.Check {
		c := &service.Call{Service: &logsapi.Service, Operation: logsapi.Service.Operation(name), Partition: "aws", Account: "123456789012", Region: "eu-central-1"}
		checks, err := api.Operation(name).Access(t.Context(), c, in)
		require.NoError(t, err)
		return checks
	}
	const whole = "arn:aws:logs:eu-central-1:123456789012:log-group:g"
	name, arn := new("g"), new(whole)
	for operation, in := range map[string]any{
		"DeleteLogGroup": &logsapi.DeleteLogGroupRequest{LogGroupName: name}, "PutRetentionPolicy": &logsapi.PutRetentionPolicyRequest{LogGroupName: name},
		"DeleteRetentionPolicy": &logsapi.DeleteRetentionPolicyRequest{LogGroupName: name}, "CreateLogStream": &logsapi.CreateLogStreamRequest{LogGroupName: name, LogStreamName: name},
		"DeleteLogStream": &logsapi.DeleteLogStreamRequest{LogGroupName: name, LogStreamName: name}, "DescribeLogStreams": &logsapi.DescribeLogStreamsRequest{LogGroupIdentifier: arn},
		"PutLogEvents": &logsapi.PutLogEventsRequest{LogGroupName: name, LogStreamName: name}, "GetLogEvents": &logsapi.GetLogEventsRequest{LogGroupIdentifier: arn, LogStreamName: name},
		"FilterLogEvents": &logsapi.FilterLogEventsRequest{LogGroupName: name}, "StartLiveTail": &logsapi.StartLiveTailRequest{LogGroupIdentifiers: []string{whole}},
		"StartQuery": &logsapi.StartQueryRequest{LogGroupNames: []string{"g"}}, "ListTagsForResource": &logsapi.ListTagsForResourceRequest{ResourceArn: arn},
		"TagResource": &logsapi.TagResourceRequest{ResourceArn: arn}, "UntagResource": &logsapi.UntagResourceRequest{ResourceArn: arn},
	} {
		checks := access(operation, in)
		require.Len(t, checks, 1, operation)
		require.Equal(t, tags, checks[0].Tags, operation)
	}
	sent := map[string][]string{"aws:RequestTag/a": {"b"}, "aws:TagKeys": {"a"}}
	require.Equal(t, sent, access("TagResource", &logsapi.TagResourceRequest{ResourceArn: arn, Tags: map[string]string{"a": "b"}})[0].Keys)
	require.Equal(t, map[string][]string{"aws:TagKeys": {"stage"}}, access("UntagResource", &logsapi.UntagResourceRequest{ResourceArn: arn, TagKeys: []string{"stage"}})[0].Keys)
	made := access("CreateLogGroup", &logsapi.CreateLogGroupRequest{LogGroupName: new("h"), Tags: map[string]string{"a": "b"}})
	require.Equal(t, []string{"logs:CreateLogGroup", "logs:TagResource"}, []string{made[0].Action, made[1].Action})
	require.Equal(t, []map[string][]string{sent, sent}, []map[string][]string{made[0].Keys, made[1].Keys})
	require.Len(t, access("CreateLogGroup", &logsapi.CreateLogGroupRequest{LogGroupName: new("h")}), 1)
}
