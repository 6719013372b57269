package logs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// call does an operation as the edge does.
func (h *tailHouse) call(t *testing.T, name string, in any) (any, error) {
	t.Helper()
	call := &service.Call{Service: &logsapi.Service, Operation: logsapi.Service.Operation(name), Partition: "aws", Account: "123456789012", Region: "eu-central-1", Now: time.Now()}
	return h.api.Operation(name).Do(t.Context(), call, in)
}

func (h *tailHouse) events(t *testing.T, in logsapi.GetLogEventsRequest) (messages []string, back, forth string) {
	t.Helper()
	in.LogGroupName = new("one")
	if in.LogStreamName == nil {
		in.LogStreamName = new("a")
	}
	out, err := h.call(t, "GetLogEvents", &in)
	require.NoError(t, err)
	answer := out.(*logsapi.GetLogEventsResponse)
	for _, e := range answer.Events {
		messages = append(messages, *e.Message)
	}
	return messages, *answer.NextBackwardToken, *answer.NextForwardToken
}

// many puts events a millisecond apart, the first at 1000, several of one moment among them.
func (h *tailHouse) many(t *testing.T, stream string, n int) (texts []string) {
	t.Helper()
	lines := make([]logstore.Line, n)
	for i := range lines {
		lines[i] = logstore.Line{At: 1000 + int64(i/3), Message: fmt.Sprintf("%s %d", stream, i)}
		texts = append(texts, lines[i].Message)
	}
	require.NoError(t, h.store.Append(t.Context(), "one", stream, lines, nil))
	return texts
}

// TestEventsByTokens goes through 25,000 events both ways: each comes once, in order, and at either end the token stays what it is
// until more comes.
func TestEventsByTokens(t *testing.T) {
	h := openTails(t)
	texts := h.many(t, "a", 25_000)

	var all []string
	page, back, token := h.events(t, logsapi.GetLogEventsRequest{StartFromHead: new(true)})
	before, _, _ := h.events(t, logsapi.GetLogEventsRequest{NextToken: &back})
	require.Empty(t, before, "nothing is before the first")
	var pages []int
	for len(page) > 0 {
		all, pages = append(all, page...), append(pages, len(page))
		page, _, token = h.events(t, logsapi.GetLogEventsRequest{NextToken: &token})
	}
	require.Equal(t, []int{10_000, 10_000, 5_000}, pages)
	require.Equal(t, texts, all)
	for range 2 {
		again, _, same := h.events(t, logsapi.GetLogEventsRequest{NextToken: &token})
		require.Empty(t, again)
		require.Equal(t, token, same, "at the end the same token")
	}
	h.put(t, "one", "a", 1_000_000, "later")
	page, _, _ = h.events(t, logsapi.GetLogEventsRequest{NextToken: &token})
	require.Equal(t, []string{"later"}, page)

	page, token, _ = h.events(t, logsapi.GetLogEventsRequest{Limit: new(int64(7000))})
	require.Equal(t, "later", page[6999], "the newest, in order")
	all = nil
	for len(page) > 0 {
		all = append(slices.Clone(page), all...)
		page, token, _ = h.events(t, logsapi.GetLogEventsRequest{NextToken: &token, Limit: new(int64(7000))})
	}
	require.Equal(t, append(slices.Clone(texts), "later"), all)
	_, same, forth := h.events(t, logsapi.GetLogEventsRequest{NextToken: &token})
	require.Equal(t, token, same)
	page, _, _ = h.events(t, logsapi.GetLogEventsRequest{NextToken: &forth, Limit: new(int64(2))})
	require.Equal(t, texts[:2], page, "and forth again")
}

// TestEventsWithinTimes: StartTime is included and EndTime is not, also where a token goes on.
func TestEventsWithinTimes(t *testing.T) {
	h := openTails(t)
	texts := h.many(t, "a", 30)
	within := logsapi.GetLogEventsRequest{StartTime: new(int64(1002)), EndTime: new(int64(1005)), StartFromHead: new(true), Limit: new(int64(5))}
	page, _, token := h.events(t, within)
	require.Equal(t, texts[6:11], page)
	within.NextToken = &token
	page, _, token = h.events(t, within)
	require.Equal(t, texts[11:15], page)
	within.NextToken = &token
	page, _, same := h.events(t, within)
	require.Empty(t, page)
	require.Equal(t, token, same)
	for _, bad := range []string{"x/1/s", "f", "f/!/s"} {
		_, err := h.call(t, "GetLogEvents", &logsapi.GetLogEventsRequest{LogGroupName: new("one"), LogStreamName: new("a"), NextToken: &bad})
		require.ErrorContains(t, err, "InvalidParameterException", bad)
	}
}

// TestAnAnswerIsBounded: a page is about a MiB of messages, whichever way it is read.
func TestAnAnswerIsBounded(t *testing.T) {
	h := openTails(t)
	lines := make([]logstore.Line, 12)
	for i := range lines {
		lines[i] = logstore.Line{At: int64(i), Message: fmt.Sprintf("%02d", i) + strings.Repeat("x", 200_000)}
	}
	require.NoError(t, h.store.Append(t.Context(), "one", "a", lines, nil))
	page, _, token := h.events(t, logsapi.GetLogEventsRequest{StartFromHead: new(true)})
	require.Len(t, page, 5)
	page, _, _ = h.events(t, logsapi.GetLogEventsRequest{NextToken: &token})
	require.Equal(t, "05", page[0][:2])
	page, token, _ = h.events(t, logsapi.GetLogEventsRequest{})
	require.Len(t, page, 5)
	require.Equal(t, "11", page[4][:2])
	page, _, _ = h.events(t, logsapi.GetLogEventsRequest{NextToken: &token})
	require.Equal(t, "06", page[len(page)-1][:2])
}

// TestFilteredInPages filters events of three streams that lie between one another: each comes once, by time.
func TestFilteredInPages(t *testing.T) {
	h := openTails(t)
	for _, stream := range []string{"a", "ab", "b"} {
		h.many(t, stream, 100)
	}
	filter := func(in logsapi.FilterLogEventsRequest) (all []string, pages int) {
		t.Helper()
		in.LogGroupName = new("one")
		var last int64
		ids := map[string]bool{}
		for {
			pages++
			out, err := h.call(t, "FilterLogEvents", &in)
			require.NoError(t, err)
			answer := out.(*logsapi.FilterLogEventsResponse)
			for _, e := range answer.Events {
				require.GreaterOrEqual(t, *e.Timestamp, last)
				require.False(t, ids[*e.EventId], "an ID of its own")
				require.True(t, strings.HasPrefix(*e.Message, *e.LogStreamName+" "))
				last, ids[*e.EventId], all = *e.Timestamp, true, append(all, *e.Message)
			}
			if in.NextToken = answer.NextToken; in.NextToken == nil {
				return all, pages
			}
			require.LessOrEqual(t, len(answer.Events), 7)
		}
	}
	want := func(streams ...string) (all []string) {
		for _, stream := range streams {
			for i := range 100 {
				all = append(all, fmt.Sprintf("%s %d", stream, i))
			}
		}
		return all
	}
	all, pages := filter(logsapi.FilterLogEventsRequest{Limit: new(int64(7))})
	require.ElementsMatch(t, want("a", "ab", "b"), all)
	require.GreaterOrEqual(t, pages, 43)
	all, _ = filter(logsapi.FilterLogEventsRequest{Limit: new(int64(7)), LogStreamNamePrefix: new("a")})
	require.ElementsMatch(t, want("a", "ab"), all)
	all, _ = filter(logsapi.FilterLogEventsRequest{Limit: new(int64(2)), LogStreamNames: []string{"b"}, FilterPattern: new(`"b 9"`)})
	require.Equal(t, []string{"b 9", "b 90", "b 91", "b 92", "b 93", "b 94", "b 95", "b 96", "b 97", "b 98", "b 99"}, all)
	all, _ = filter(logsapi.FilterLogEventsRequest{StartTime: new(int64(1001)), EndTime: new(int64(1001))})
	require.ElementsMatch(t, []string{"a 3", "a 4", "a 5", "ab 3", "ab 4", "ab 5", "b 3", "b 4", "b 5"}, all, "the end of FilterLogEvents is within")
}

// TestStreamsInOrder describes streams by name and by their last events, in pages.
func TestStreamsInOrder(t *testing.T) {
	h := openTails(t)
	h.put(t, "one", "b", 1000, "x")
	h.put(t, "one", "a", 2000, "x")
	h.put(t, "one", "ab", 3000, "x")
	describe := func(in logsapi.DescribeLogStreamsRequest) (names []string) {
		t.Helper()
		in.LogGroupName = new("one")
		for {
			out, err := h.call(t, "DescribeLogStreams", &in)
			require.NoError(t, err)
			answer := out.(*logsapi.DescribeLogStreamsResponse)
			for _, s := range answer.LogStreams {
				names = append(names, *s.LogStreamName)
			}
			if in.NextToken = answer.NextToken; in.NextToken == nil {
				return names
			}
		}
	}
	two := new(int64(2))
	require.Equal(t, []string{"a", "ab", "b"}, describe(logsapi.DescribeLogStreamsRequest{Limit: two}))
	require.Equal(t, []string{"b", "ab", "a"}, describe(logsapi.DescribeLogStreamsRequest{Limit: two, Descending: new(true)}))
	require.Equal(t, []string{"b", "a", "ab"}, describe(logsapi.DescribeLogStreamsRequest{Limit: two, OrderBy: new(byLastEvent)}))
	require.Equal(t, []string{"ab", "a", "b"}, describe(logsapi.DescribeLogStreamsRequest{Limit: two, OrderBy: new(byLastEvent), Descending: new(true)}))
	require.Equal(t, []string{"a", "ab"}, describe(logsapi.DescribeLogStreamsRequest{LogStreamNamePrefix: new("a")}))
}

// TestRetention is put, shown, refused where AWS knows no such number of days, and taken away.
func TestRetention(t *testing.T) {
	h := openTails(t)
	days := func() *int64 {
		out, err := h.call(t, "DescribeLogGroups", &logsapi.DescribeLogGroupsRequest{LogGroupNamePrefix: new("one")})
		require.NoError(t, err)
		return out.(*logsapi.DescribeLogGroupsResponse).LogGroups[0].RetentionInDays
	}
	require.Nil(t, days())
	_, err := h.call(t, "PutRetentionPolicy", &logsapi.PutRetentionPolicyRequest{LogGroupName: new("one"), RetentionInDays: new(int64(14))})
	require.NoError(t, err)
	require.EqualValues(t, 14, *days())
	_, err = h.call(t, "PutRetentionPolicy", &logsapi.PutRetentionPolicyRequest{LogGroupName: new("one"), RetentionInDays: new(int64(15))})
	require.ErrorContains(t, err, "InvalidParameterException")
	require.EqualValues(t, 14, *days())
	_, err = h.call(t, "DeleteRetentionPolicy", &logsapi.DeleteRetentionPolicyRequest{LogGroupName: new("one")})
	require.NoError(t, err)
	require.Nil(t, days())
}

// TestQueriesByPages asks for queries and for the rows of one a page at a time.
func TestQueriesByPages(t *testing.T) {
	h := openTails(t)
	h.many(t, "a", 5)
	ask := func() *string {
		out, err := h.call(t, "StartQuery", &logsapi.StartQueryRequest{LogGroupName: new("one"), QueryString: new("fields @message | sort @timestamp"), StartTime: new(int64(0)), EndTime: new(int64(10))})
		require.NoError(t, err)
		return out.(*logsapi.StartQueryResponse).QueryId
	}
	id := ask()
	ask()
	var rows, sizes []int
	results := &logsapi.GetQueryResultsRequest{QueryId: id, MaxItems: new(int64(2))}
	require.Eventually(t, func() bool {
		out, err := h.call(t, "GetQueryResults", &logsapi.GetQueryResultsRequest{QueryId: id})
		return err == nil && *out.(*logsapi.GetQueryResultsResponse).Status == queryComplete
	}, time.Minute, time.Millisecond)
	for {
		out, err := h.call(t, "GetQueryResults", results)
		require.NoError(t, err)
		page := out.(*logsapi.GetQueryResultsResponse)
		rows = append(rows, len(page.Results))
		if results.NextToken = page.NextToken; page.NextToken == nil {
			break
		}
	}
	require.Equal(t, []int{2, 2, 1}, rows)
	for in := (&logsapi.DescribeQueriesRequest{MaxResults: new(int64(1))}); ; {
		out, err := h.call(t, "DescribeQueries", in)
		require.NoError(t, err)
		page := out.(*logsapi.DescribeQueriesResponse)
		sizes = append(sizes, len(page.Queries))
		if in.NextToken = page.NextToken; page.NextToken == nil {
			break
		}
	}
	require.Equal(t, []int{1, 1}, sizes)
	_, err := h.call(t, "GetQueryResults", &logsapi.GetQueryResultsRequest{QueryId: id, NextToken: new("x")})
	require.ErrorContains(t, err, "nextToken is invalid")
}

// TestWhatIsNotObeyedIsSaid: events from the latest on, entities, the groups of other accounts.
func TestWhatIsNotObeyedIsSaid(t *testing.T) {
	h := openTails(t)
	_, err := h.call(t, "FilterLogEvents", &logsapi.FilterLogEventsRequest{LogGroupName: new("one"), StartFromHead: new(false)})
	require.ErrorContains(t, err, "leave startFromHead out")
	out, err := h.call(t, "PutLogEvents", &logsapi.PutLogEventsRequest{
		LogGroupName: new("one"), LogStreamName: new("a"), Entity: &logsapi.Entity{}, LogEvents: []logsapi.InputLogEvent{{Message: new("m"), Timestamp: new(time.Now().UnixMilli())}},
	})
	require.NoError(t, err)
	require.Equal(t, "UnsupportedLogGroupType", *out.(*logsapi.PutLogEventsResponse).RejectedEntityInfo.ErrorType)
	for account, want := range map[string]bool{"123456789012": true, "999999999999": false} {
		out, err := h.call(t, "DescribeLogGroups", &logsapi.DescribeLogGroupsRequest{AccountIdentifiers: []string{account}})
		require.NoError(t, err)
		require.Equal(t, want, len(out.(*logsapi.DescribeLogGroupsResponse).LogGroups) > 0, account)
	}
}
