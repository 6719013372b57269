package cloudtrail

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudtrailapi"
)

func at(i int) time.Time { return time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC) }

// written is a trail of several files, with every third call one of another user.
func written(t *testing.T) *audit.Trail {
	t.Helper()
	trail, err := audit.Open(audit.Config{Dir: t.TempDir(), MaxBytes: 4000})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, trail.Close()) })
	for i := range 60 {
		r := &audit.Record{
			EventID: fmt.Sprintf("id-%03d", i), EventName: []string{"CreateUser", "GetUser", "DeleteUser"}[i%3], EventSource: "iam.amazonaws.com", EventTime: at(i),
			ReadOnly: i%3 == 1, UserIdentity: &audit.Identity{Type: "IAMUser", UserName: []string{"ann", "bob", "bob"}[i%3], AccessKeyID: fmt.Sprintf("AKIA%d", i%3)},
			Resources: []audit.Resource{{ARN: fmt.Sprintf("arn:aws:iam::1:user/x/u%d", i), Type: "AWS::IAM::User"}},
		}
		if i == 40 {
			r.EventTime = at(2) // it took long
		}
		require.NoError(t, trail.Record(r))
	}
	return trail
}

// ids turns all pages.
func ids(t *testing.T, trail *audit.Trail, in cloudtrailapi.LookupEventsRequest) (all []string) {
	t.Helper()
	for {
		out, err := lookup(t.Context(), trail, &in)
		require.NoError(t, err)
		for _, e := range out.Events {
			all = append(all, *e.EventId)
		}
		if out.NextToken == nil {
			return all
		}
		require.Len(t, out.Events, int(*in.MaxResults))
		in.NextToken = out.NextToken
	}
}

func TestPagesAcrossFilesMissNothing(t *testing.T) {
	trail := written(t)
	seven := int64(7)
	var want []string
	for i := 59; i >= 0; i-- {
		want = append(want, fmt.Sprintf("id-%03d", i))
	}
	require.Equal(t, want, ids(t, trail, cloudtrailapi.LookupEventsRequest{MaxResults: &seven}))
	from, until := at(30), at(45)
	want = want[14:30]
	want = append(want[:5:5], want[6:]...) // without the one that began long before
	require.Equal(t, want, ids(t, trail, cloudtrailapi.LookupEventsRequest{MaxResults: &seven, StartTime: &from, EndTime: &until}))
}

func TestEachAttribute(t *testing.T) {
	trail := written(t)
	most := int64(50)
	for key, c := range map[string]struct {
		value string
		want  int
	}{
		"EventId": {"id-033", 1}, "EventName": {"GetUser", 20}, "ReadOnly": {"true", 20}, "Username": {"bob", 40}, "EventSource": {"iam.amazonaws.com", 60},
		"AccessKeyId": {"AKIA2", 20}, "ResourceName": {"u7", 1}, "ResourceType": {"AWS::IAM::User", 60},
	} {
		in := cloudtrailapi.LookupEventsRequest{MaxResults: &most, LookupAttributes: []cloudtrailapi.LookupAttribute{{AttributeKey: &key, AttributeValue: &c.value}}}
		require.Len(t, ids(t, trail, in), c.want, key)
	}
}

// TestAPageThatTakesLongIsAnsweredAsFarAsItHasCome, and the next one goes on behind it.
func TestAPageThatTakesLongIsAnsweredAsFarAsItHasCome(t *testing.T) {
	trail := written(t)
	key, value := "EventName", "CreateUser"
	in := &cloudtrailapi.LookupEventsRequest{LookupAttributes: []cloudtrailapi.LookupAttribute{{AttributeKey: &key, AttributeValue: &value}}}
	p := newPage(in)
	p.until = time.Now().Add(-time.Second)
	require.NoError(t, trail.Lookup(t.Context(), audit.Period{}, audit.Position{}, p.see))
	require.Empty(t, p.events)
	require.NotNil(t, p.next)
	in.NextToken = p.next
	require.Len(t, ids(t, trail, *in), 20)
}
