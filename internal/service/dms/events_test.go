package dms

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// happen writes an event as others do.
func (d *desk) happen(at time.Time, typ, source, category, message string) {
	d.t.Helper()
	_, err := d.Store.Update(d.t.Context(), func(tx store.Tx) error {
		d.happened(tx, at, typ, source, category, message)
		return nil
	})
	require.NoError(d.t, err)
}

func texts(events []dmsapi.Event) []string {
	all := []string{}
	for _, e := range events {
		all = append(all, *e.Message)
	}
	return all
}

func TestDescribeEvents(t *testing.T) {
	d := newDesk(t, nil)
	now := d.time()
	d.happen(now.Add(-15*24*time.Hour), sourceInstance, "a", "creation", "long ago")
	d.happen(now.Add(-30*time.Hour), sourceInstance, "a", "creation", "a is made")
	d.happen(now.Add(-2*time.Hour), sourceTask, "t", "StateChange", "t runs")
	d.happen(now.Add(-time.Hour), sourceInstance, "b", "failure", "b fails")
	d.happen(now.Add(-time.Minute), sourceInstance, "a", "", "a is told of")
	d.happen(now, sourceInstance, "a", "configuration change", "now")
	ago := func(n time.Duration) *time.Time { return new(now.Add(-n)) }
	type request = dmsapi.DescribeEventsMessage
	for name, c := range map[string]struct {
		in   request
		want []string
	}{
		"a day":                   {request{}, []string{"t runs", "b fails", "a is told of", "now"}},
		"an hour and a bit":       {request{Duration: new(int64(61))}, []string{"b fails", "a is told of", "now"}},
		"from":                    {request{StartTime: ago(48 * time.Hour)}, []string{"a is made", "t runs", "b fails", "a is told of", "now"}},
		"from, for":               {request{StartTime: ago(48 * time.Hour), Duration: new(int64(24 * 60))}, []string{"a is made"}},
		"from, to":                {request{StartTime: ago(3 * time.Hour), EndTime: ago(time.Hour)}, []string{"t runs"}},
		"to":                      {request{EndTime: ago(24 * time.Hour)}, []string{"a is made"}},
		"from the beginning":      {request{StartTime: new(time.Time{})}, []string{"long ago", "a is made", "t runs", "b fails", "a is told of", "now"}},
		"to the end of all times": {request{StartTime: ago(time.Minute), EndTime: new(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))}, []string{"a is told of", "now"}},
		"of a type":               {request{SourceType: new("replication-instance")}, []string{"b fails", "a is told of", "now"}},
		"of tasks":                {request{SourceType: new("replication-task")}, []string{"t runs"}},
		"of one task":             {request{SourceType: new("replication-task"), SourceIdentifier: new("t"), EventCategories: []string{"state change"}}, []string{"t runs"}},
		"of one":                  {request{SourceType: new("replication-instance"), SourceIdentifier: new("A")}, []string{"a is told of", "now"}},
		"of categories":           {request{EventCategories: []string{"StateChange", "failure"}}, []string{"t runs", "b fails"}},
		"of filtered instances":   {request{Filters: []dmsapi.Filter{{Name: new("replication-instance-id"), Values: []string{"B", "t"}}}}, []string{"b fails"}},
		"of nobody":               {request{SourceType: new("replication-instance"), SourceIdentifier: new("zzz")}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, texts(does[dmsapi.DescribeEventsResponse](d, "DescribeEvents", &c.in).Events))
		})
	}
	for name, c := range map[string]struct {
		in    request
		code  string
		words string
	}{
		"three":             {request{StartTime: ago(2), EndTime: ago(1), Duration: new(int64(1))}, "InvalidParameterCombinationException", "two of"},
		"backwards":         {request{StartTime: ago(1), EndTime: ago(2)}, "InvalidParameterCombinationException", "before"},
		"no time":           {request{Duration: new(int64(0))}, "InvalidParameterValueException", "Duration"},
		"source, no type":   {request{SourceIdentifier: new("a")}, "InvalidParameterCombinationException", "SourceType"},
		"type of no source": {request{SourceType: new("endpoint")}, "ValidationException", "sourceType"},
		"no category":       {request{EventCategories: []string{"weather"}}, "InvalidParameterValueException", "weather"},
		"no filter":         {request{Filters: []dmsapi.Filter{{Name: new("x"), Values: []string{"y"}}}}, "InvalidParameterValueException", "x"},
	} {
		t.Run(name, func(*testing.T) { d.refuses("DescribeEvents", &c.in, c.code, c.words) })
	}
	got := does[dmsapi.DescribeEventsResponse](d, "DescribeEvents", &request{}).Events
	require.Equal(t, []string{"state change"}, got[0].EventCategories)
	require.Equal(t, "replication-task", *got[0].SourceType)
	require.Empty(t, absent(reflect.ValueOf(got[0]), "Event"))
	require.Empty(t, got[2].EventCategories)
	require.NotNil(t, got[2].EventCategories)
	require.Equal(t, now.Add(-2*time.Hour), *got[0].Date)
	for n := range 45 {
		d.happen(now.Add(time.Duration(n)*time.Millisecond), sourceInstance, "p", "", fmt.Sprintf("p%02d", n))
	}
	d.set(now.Add(time.Second))
	var pages []string
	for in := (request{MaxRecords: new(int64(20)), SourceType: new("replication-instance"), SourceIdentifier: new("p")}); ; {
		out := does[dmsapi.DescribeEventsResponse](d, "DescribeEvents", &in)
		pages = append(pages, texts(out.Events)...)
		if in.Marker = out.Marker; in.Marker == nil {
			break
		}
	}
	require.Len(t, pages, 45)
	require.IsIncreasing(t, pages)

	require.NoError(t, d.trimEvents(t.Context(), now))
	require.NotContains(t, texts(does[dmsapi.DescribeEventsResponse](d, "DescribeEvents", &request{StartTime: new(time.Time{})}).Events), "long ago")
	require.NoError(t, d.trim(t.Context(), eventKeys, 3, now))
	page, err := d.Store.List(t.Context(), store.Range{Prefix: eventKeys})
	require.NoError(t, err)
	require.Len(t, page.Items, 3, "the newest are kept")
	require.Contains(t, string(page.Items[2].Value), "p44")
}

// TestInstancesTell: the operations tell of what they do.
func TestInstancesTell(t *testing.T) {
	d := newDesk(t, nil)
	arn, id := d.made("box", nil)
	does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: arn, ReplicationInstanceClass: new("dms.t3.large"), AllocatedStorage: new(int64(99)), MultiAZ: new(true), ApplyImmediately: new(true)})
	d.settled(arn)
	does[dmsapi.RebootReplicationInstanceResponse](d, "RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: arn, ForceFailover: new(true)})
	does[dmsapi.DeleteReplicationInstanceResponse](d, "DeleteReplicationInstance", &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: arn})
	_, err := d.Store.Update(t.Context(), func(tx store.Tx) error { return d.forgetInstance(tx, new(d.instance(id))) })
	require.NoError(t, err)
	page, err := d.Store.List(t.Context(), store.Range{Prefix: eventKeys})
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, item := range page.Items {
		var e Event
		require.NoError(t, item.Decode(&e))
		require.NotEmpty(t, e.id(), e.Message)
		ids[e.id()] = true
	}
	for _, want := range []string{"0067", "0012", "0017", "0025", "0013", "0066", "0003"} {
		require.True(t, ids["DMS-EVENT-"+want], "%s of %v", want, ids)
	}
}

func TestEventCategories(t *testing.T) {
	d := newDesk(t, nil)
	out := does[dmsapi.DescribeEventCategoriesResponse](d, "DescribeEventCategories", &dmsapi.DescribeEventCategoriesMessage{})
	require.Equal(t, []dmsapi.EventCategoryGroup{
		{SourceType: new("replication-instance"), EventCategories: []string{"low storage", "configuration change", "maintenance", "deletion", "creation", "failover", "failure"}},
		{SourceType: new("replication-task"), EventCategories: []string{"configuration change", "state change", "deletion", "creation", "failure"}},
	}, out.EventCategoryGroupList)
	out = does[dmsapi.DescribeEventCategoriesResponse](d, "DescribeEventCategories", &dmsapi.DescribeEventCategoriesMessage{SourceType: new("replication-task")})
	require.Len(t, out.EventCategoryGroupList, 1)
	d.refuses("DescribeEventCategories", &dmsapi.DescribeEventCategoriesMessage{SourceType: new("moon")}, "InvalidParameterValueException", "moon")
	d.refuses("DescribeEventCategories", &dmsapi.DescribeEventCategoriesMessage{Filters: []dmsapi.Filter{{Name: new("x"), Values: []string{"y"}}}}, "InvalidParameterValueException", "x")
}

type subscribe = dmsapi.CreateEventSubscriptionMessage

func TestSubscriptions(t *testing.T) {
	d := newDesk(t, func(c *Config) {
		c.Quotas = map[string]int64{quotaSubscriptions: 2}
		c.Notify = notify.Topics{Topics: map[string]string{testTopic: "https://hooks.example/dms", testTopic + "-2": "https://hooks.example/2"}, Secret: []byte("0123456789abcdef")}
	})
	box, _ := d.made("box", nil)
	out := does[dmsapi.CreateEventSubscriptionResponse](d, "CreateEventSubscription", &subscribe{SubscriptionName: new("All"), SnsTopicArn: new(testTopic)}).EventSubscription
	require.Equal(t, "creating", *out.Status)
	require.Equal(t, testAccount, *out.CustomerAwsId)
	require.Equal(t, "All", *out.CustSubscriptionId)
	require.Equal(t, "2026-11-25 12:00:00.000", *out.SubscriptionCreationTime)
	require.Nil(t, out.SourceType, "it was not given")
	require.True(t, *out.Enabled)
	type describe = dmsapi.DescribeEventSubscriptionsMessage
	got := does[dmsapi.DescribeEventSubscriptionsResponse](d, "DescribeEventSubscriptions", &describe{SubscriptionName: new("All")}).EventSubscriptionsList
	require.Len(t, got, 1)
	require.Equal(t, "active", *got[0].Status)
	for name, c := range map[string]struct {
		in    subscribe
		code  string
		words string
	}{
		"there":              {subscribe{SubscriptionName: new("All")}, "ResourceAlreadyExistsFault", "All"},
		"a slash":            {subscribe{SubscriptionName: new("a/b")}, "InvalidParameterValueException", "SubscriptionName"},
		"too long":           {subscribe{SubscriptionName: new(fmt.Sprintf("%0255d", 1))}, "InvalidParameterValueException", "254"},
		"no ARN":             {subscribe{SnsTopicArn: new("https://evil.example")}, "SNSInvalidTopicFault", "ARN"},
		"unknown topic":      {subscribe{SnsTopicArn: new(testTopic + "-9")}, "SNSInvalidTopicFault", "--event-webhook"},
		"no such type":       {subscribe{SourceType: new("endpoint")}, "InvalidParameterValueException", "endpoint"},
		"sources, no type":   {subscribe{SourceIds: []string{"box"}}, "InvalidParameterCombinationException", "SourceType"},
		"no such source":     {subscribe{SourceType: new("replication-instance"), SourceIds: []string{"nobody"}}, "ResourceNotFoundFault", "nobody"},
		"of another type":    {subscribe{SourceType: new("replication-task"), SourceIds: []string{"box"}}, "ResourceNotFoundFault", "box"},
		"category elsewhere": {subscribe{SourceType: new("replication-task"), EventCategories: []string{"failover"}}, "InvalidParameterValueException", "failover"},
	} {
		t.Run(name, func(*testing.T) {
			if c.in.SubscriptionName == nil {
				c.in.SubscriptionName = new("new")
			}
			if c.in.SnsTopicArn == nil {
				c.in.SnsTopicArn = new(testTopic)
			}
			d.refuses("CreateEventSubscription", &c.in, c.code, c.words)
		})
	}
	does[dmsapi.CreateEventSubscriptionResponse](d, "CreateEventSubscription", &subscribe{SubscriptionName: new("some"), SnsTopicArn: new(testTopic), SourceType: new("replication-instance"), SourceIds: []string{"BOX"}, EventCategories: []string{"Failure"}, Enabled: new(false)})
	d.refuses("CreateEventSubscription", &subscribe{SubscriptionName: new("third"), SnsTopicArn: new(testTopic)}, "ResourceQuotaExceededFault", "EventSubscriptions")
	d.refuses("DescribeEventSubscriptions", &describe{SubscriptionName: new("none")}, "ResourceNotFoundFault", "none")
	d.refuses("DescribeEventSubscriptions", &describe{Filters: []dmsapi.Filter{{Name: new("event-subscription-id"), Values: []string{"none"}}}}, "ResourceNotFoundFault", "matching")
	require.Len(t, does[dmsapi.DescribeEventSubscriptionsResponse](d, "DescribeEventSubscriptions", &describe{Filters: []dmsapi.Filter{{Name: new("event-subscription-arn"), Values: []string{d.arn(subs, "some")}}}}).EventSubscriptionsList, 1)
	// The subscription follows its source to its new name, and back.
	byID := func() []string {
		return does[dmsapi.DescribeEventSubscriptionsResponse](d, "DescribeEventSubscriptions", &describe{SubscriptionName: new("some")}).EventSubscriptionsList[0].SourceIdsList
	}
	for _, name := range []string{"crate", "box"} {
		does[dmsapi.ModifyReplicationInstanceResponse](d, "ModifyReplicationInstance", &modifyInstance{ReplicationInstanceArn: box, ReplicationInstanceIdentifier: &name})
		require.Equal(t, []string{name}, byID())
	}
	type modify = dmsapi.ModifyEventSubscriptionMessage
	changed := does[dmsapi.ModifyEventSubscriptionResponse](d, "ModifyEventSubscription", &modify{SubscriptionName: new("some"), Enabled: new(true), EventCategories: []string{"creation", "LowStorage"}, SnsTopicArn: new(testTopic + "-2")}).EventSubscription
	require.Equal(t, "modifying", *changed.Status)
	require.Empty(t, absent(reflect.ValueOf(changed), "EventSubscription"))
	require.Equal(t, []string{"creation", "low storage"}, changed.EventCategoriesList)
	require.Equal(t, []string{"box"}, changed.SourceIdsList)
	require.Equal(t, testTopic+"-2", *changed.SnsTopicArn)
	same := does[dmsapi.ModifyEventSubscriptionResponse](d, "ModifyEventSubscription", &modify{SubscriptionName: new("some"), SourceType: new("replication-instance")}).EventSubscription
	require.Equal(t, changed.EventCategoriesList, same.EventCategoriesList)
	d.refuses("ModifyEventSubscription", &modify{SubscriptionName: new("some"), SourceType: new("replication-task")}, "InvalidParameterCombinationException", "SourceType")
	d.refuses("ModifyEventSubscription", &modify{SubscriptionName: new("some"), SnsTopicArn: new("arn:aws:sns:eu-central-1:111122223333:x")}, "SNSInvalidTopicFault", "x")
	d.refuses("ModifyEventSubscription", &modify{SubscriptionName: new("none")}, "ResourceNotFoundFault", "none")
	gone := does[dmsapi.DeleteEventSubscriptionResponse](d, "DeleteEventSubscription", &dmsapi.DeleteEventSubscriptionMessage{SubscriptionName: new("some")}).EventSubscription
	require.Equal(t, "deleting", *gone.Status)
	d.refuses("DeleteEventSubscription", &dmsapi.DeleteEventSubscriptionMessage{SubscriptionName: new("some")}, "ResourceNotFoundFault", "some")
	d.refuses("UpdateSubscriptionsToEventBridge", &dmsapi.UpdateSubscriptionsToEventBridgeMessage{}, "InvalidResourceStateFault", "EventBridge")
}
