package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
	"github.com/whimbreldb/whimbrel/internal/store/etcd/etcdtest"
	"github.com/whimbreldb/whimbrel/internal/store/storetest"
)

const topic = "arn:aws:sns:eu-central-1:123456789012:alarms"

// bench is a CloudWatch with a clock and a webhook.
type bench struct {
	*Service
	t    *testing.T
	api  *service.Service
	mu   sync.Mutex
	now  time.Time
	fail bool
	got  []string // subjects
	last string   // message

	hook  *httptest.Server
	hears func() // called with every notification, if given
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	st := storetest.Retried(etcdtest.Private(t))
	clock := func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
	values, err := metric.Open(t.Context(), metric.Config{Dir: t.TempDir(), Log: log, Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = values.Close() })
	b.hook = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var n struct{ Subject, Message string }
		_ = json.Unmarshal(raw, &n)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.fail || r.Header.Get(notify.SignatureHeader) == "" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		b.got, b.last = append(b.got, n.Subject), n.Message
		if b.hears != nil {
			b.hears()
		}
	}))
	t.Cleanup(b.hook.Close)
	b.Service = New(Config{
		Store: st, Metrics: values, Topics: notify.Topics{Topics: map[string]string{topic: b.hook.URL}, Secret: []byte("0123456789abcdef"), Client: b.hook.Client()},
		Partition: "aws", Account: "123456789012", Region: "eu-central-1", Log: log, Now: clock,
	})
	b.api, err = b.API()
	require.NoError(t, err)
	return b
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// call does an operation as the edge does.
func (b *bench) call(name string, in any) (any, error) {
	call := &service.Call{Service: &cloudwatchapi.Service, Operation: cloudwatchapi.Service.Operation(name), Partition: "aws", Account: b.Account, Region: b.Region, Now: b.Now()}
	return b.api.Operation(name).Do(b.t.Context(), call, in)
}

func (b *bench) must(name string, in any) any {
	b.t.Helper()
	out, err := b.call(name, in)
	require.NoError(b.t, err)
	return out
}

// put puts a value a minute, and the last minute is over.
func (b *bench) put(values ...float64) {
	b.t.Helper()
	for _, v := range values {
		b.must("PutMetricData", &cloudwatchapi.PutMetricDataInput{Namespace: new("shop"), MetricData: []cloudwatchapi.MetricDatum{{MetricName: new("lag"), Value: &v}}})
		b.wait(time.Minute)
	}
	b.wait(arrivesWithin)
	require.NoError(b.t, b.Evaluate(b.t.Context()))
	b.deliverDue()
	b.wait(-arrivesWithin)
}

// deliverDue delivers until nothing more is due.
func (b *bench) deliverDue() {
	b.t.Helper()
	for more := true; more; {
		var err error
		more, err = b.deliver(b.t.Context())
		require.NoError(b.t, err)
	}
}

func (b *bench) alarmNow() cloudwatchapi.MetricAlarm {
	b.t.Helper()
	out := b.must("DescribeAlarms", &cloudwatchapi.DescribeAlarmsInput{}).(*cloudwatchapi.DescribeAlarmsOutput)
	require.Len(b.t, out.MetricAlarms, 1)
	return out.MetricAlarms[0]
}

func lagAlarm() *cloudwatchapi.PutMetricAlarmInput {
	return &cloudwatchapi.PutMetricAlarmInput{
		AlarmName: new("late"), Namespace: new("shop"), MetricName: new("lag"), Statistic: new("Maximum"), Period: new(int64(60)), EvaluationPeriods: new(int64(3)),
		DatapointsToAlarm: new(int64(2)), Threshold: new(10.0), ComparisonOperator: new("GreaterThanThreshold"), AlarmActions: []string{topic}, OKActions: []string{topic},
	}
}

// TestAnAlarmIsToldOf goes through the states of an alarm: two of three values too high, then fine again, then silence.
func TestAnAlarmIsToldOf(t *testing.T) {
	b := newBench(t)
	b.must("PutMetricAlarm", lagAlarm())
	require.Equal(t, stateUnknown, *b.alarmNow().StateValue)
	b.put(1, 20, 3)
	require.Equal(t, stateOK, *b.alarmNow().StateValue)
	b.put(30)
	a := b.alarmNow()
	require.Equal(t, stateAlarm, *a.StateValue)
	require.Contains(t, *a.StateReason, "Threshold Crossed: 2 out of the last 3 datapoints [20.0 (26/11/26 03:01:00), 30.0 (26/11/26 03:03:00)] were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).")
	require.JSONEq(t, `[20,3,30]`, string(mustField(t, *a.StateReasonData, "recentDatapoints")))
	require.Equal(t, []string{`OK: "late" in eu-central-1`, `ALARM: "late" in eu-central-1`}, b.got)
	require.JSONEq(t, `"OK"`, string(mustField(t, b.last, "OldStateValue")))
	require.JSONEq(t, `"MAXIMUM"`, string(mustField(t, string(mustField(t, b.last, "Trigger")), "Statistic")))
	b.put(1, 1)
	require.Equal(t, stateOK, *b.alarmNow().StateValue)
	b.wait(10 * time.Minute)
	b.put()
	require.Equal(t, stateUnknown, *b.alarmNow().StateValue)
	require.Len(t, b.got, 3, "nothing is done when data are missing")
	history := b.must("DescribeAlarmHistory", &cloudwatchapi.DescribeAlarmHistoryInput{AlarmName: new("late")}).(*cloudwatchapi.DescribeAlarmHistoryOutput)
	kinds := map[string]int{}
	for _, h := range history.AlarmHistoryItems {
		kinds[*h.HistoryItemType]++
	}
	require.Equal(t, map[string]int{historyConfiguration: 1, historyState: 4, historyAction: 3}, kinds)
}

func mustField(t *testing.T, object, name string) json.RawMessage {
	t.Helper()
	all := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(object), &all), object)
	return all[name]
}

// interrupted is a store in which something happens before a transaction, once.
type interrupted struct {
	store.Store
	before func() error
}

func (i *interrupted) Update(ctx context.Context, change func(store.Tx) error) (int64, error) {
	if f := i.before; f != nil {
		i.before = nil
		if err := f(); err != nil {
			return 0, err
		}
	}
	return i.Store.Update(ctx, change)
}

// TestOneAlarmDoesNotEndTheTurnOfTheOthers deletes an alarm when its new state is about to be written, and then fails to write
// that of another one: those behind it change theirs.
func TestOneAlarmDoesNotEndTheTurnOfTheOthers(t *testing.T) {
	b := newBench(t)
	gate := &interrupted{Store: b.Store}
	b.Store = gate
	for _, before := range []func() error{
		func() error {
			b.must("DeleteAlarms", &cloudwatchapi.DeleteAlarmsInput{AlarmNames: []string{"a first"}})
			return nil
		},
		func() error { return errors.New("the store is away for a moment") },
	} {
		for _, name := range []string{"a first", "b second"} {
			in := lagAlarm()
			in.AlarmName, in.OKActions, in.AlarmActions = &name, nil, nil
			b.must("PutMetricAlarm", in)
			b.must("SetAlarmState", &cloudwatchapi.SetAlarmStateInput{AlarmName: &name, StateValue: new(stateOK), StateReason: new("by hand")})
		}
		gate.before = before
		require.NoError(t, b.Evaluate(t.Context()))
		require.Nil(t, gate.before)
		out := b.must("DescribeAlarms", &cloudwatchapi.DescribeAlarmsInput{AlarmNames: []string{"b second"}}).(*cloudwatchapi.DescribeAlarmsOutput)
		require.Equal(t, stateUnknown, *out.MetricAlarms[0].StateValue)
	}
}

// TestANotificationIsTriedAgain fails the webhook first; a disabled alarm does nothing.
func TestANotificationIsTriedAgain(t *testing.T) {
	b := newBench(t)
	in := lagAlarm()
	in.OKActions, in.AlarmActions = nil, []string{topic, "arn:aws:sns:eu-central-1:123456789012:unknown"}
	b.must("PutMetricAlarm", in)
	b.fail = true
	b.put(20, 20)
	require.Equal(t, stateAlarm, *b.alarmNow().StateValue)
	require.Empty(t, b.got)
	b.fail = false
	b.deliverDue()
	require.Empty(t, b.got, "not before its time")
	b.wait(notify.After(1) + arrivesWithin)
	b.deliverDue()
	require.Len(t, b.got, 1)
	b.wait(notify.After(1) + arrivesWithin)
	b.deliverDue()
	require.Len(t, b.got, 1, "once")
	b.must("SetAlarmState", &cloudwatchapi.SetAlarmStateInput{AlarmName: new("late"), StateValue: new(stateOK), StateReason: new("by hand")})
	b.must("DisableAlarmActions", &cloudwatchapi.DisableAlarmActionsInput{AlarmNames: []string{"late", "none"}})
	b.put(20, 20)
	require.Equal(t, stateAlarm, *b.alarmNow().StateValue)
	require.Len(t, b.got, 1)
}

// TestAlarmsOfExpressions compares what metric math comes to.
func TestAlarmsOfExpressions(t *testing.T) {
	b := newBench(t)
	stat := &cloudwatchapi.MetricStat{Metric: &cloudwatchapi.Metric{Namespace: new("shop"), MetricName: new("lag")}, Period: new(int64(60)), Stat: new("Sum")}
	in := &cloudwatchapi.PutMetricAlarmInput{AlarmName: new("double"), EvaluationPeriods: new(int64(1)), Threshold: new(30.0), ComparisonOperator: new("GreaterThanOrEqualToThreshold"), Metrics: []cloudwatchapi.MetricDataQuery{
		{Id: new("m"), MetricStat: stat, ReturnData: new(false)}, {Id: new("twice"), Expression: new("2*m")},
	}}
	b.must("PutMetricAlarm", in)
	b.put(14)
	require.Equal(t, stateOK, *b.alarmNow().StateValue)
	b.put(15)
	require.Equal(t, stateAlarm, *b.alarmNow().StateValue)
	b.must("TagResource", &cloudwatchapi.TagResourceInput{ResourceARN: b.alarmNow().AlarmArn, Tags: []cloudwatchapi.Tag{{Key: new("team"), Value: new("data")}}})
	b.must("PutMetricAlarm", in) // the state and the tags stay
	require.Equal(t, stateAlarm, *b.alarmNow().StateValue)
	bad := []cloudwatchapi.Tag{{Key: new("good"), Value: new("x")}, {Key: new("two\nlines"), Value: new("x")}}
	_, err := b.call("TagResource", &cloudwatchapi.TagResourceInput{ResourceARN: b.alarmNow().AlarmArn, Tags: bad})
	require.ErrorContains(t, err, `"two\nlines"`)
	require.ErrorContains(t, err, "InvalidParameterValue")
	other := lagAlarm()
	other.Tags = bad
	_, err = b.call("PutMetricAlarm", other)
	require.ErrorContains(t, err, `"two\nlines"`)
	tags := b.must("ListTagsForResource", &cloudwatchapi.ListTagsForResourceInput{ResourceARN: b.alarmNow().AlarmArn}).(*cloudwatchapi.ListTagsForResourceOutput)
	require.Len(t, tags.Tags, 1)
	require.Equal(t, "data", *tags.Tags[0].Value)
	b.must("DeleteAlarms", &cloudwatchapi.DeleteAlarmsInput{AlarmNames: []string{"double"}})
	_, err = b.call("DeleteAlarms", &cloudwatchapi.DeleteAlarmsInput{AlarmNames: []string{"double"}})
	require.ErrorContains(t, err, "ResourceNotFound")
}

func TestAlarmsThatCannotBe(t *testing.T) {
	b := newBench(t)
	for want, change := range map[string]func(*cloudwatchapi.PutMetricAlarmInput){
		"no ARN of an SNS topic": func(in *cloudwatchapi.PutMetricAlarmInput) {
			in.AlarmActions = []string{"arn:aws:automate:eu-central-1:ec2:stop"}
		},
		"anomaly detection":         func(in *cloudwatchapi.PutMetricAlarmInput) { in.ComparisonOperator = new("GreaterThanUpperThreshold") },
		"Threshold is required":     func(in *cloudwatchapi.PutMetricAlarmInput) { in.Threshold = nil },
		"less than or equal":        func(in *cloudwatchapi.PutMetricAlarmInput) { in.DatapointsToAlarm = new(int64(9)) },
		"mutually exclusive":        func(in *cloudwatchapi.PutMetricAlarmInput) { in.ExtendedStatistic = new("p90") },
		"TreatMissingData must be":  func(in *cloudwatchapi.PutMetricAlarmInput) { in.TreatMissingData = new("x") },
		"must not both be left out": func(in *cloudwatchapi.PutMetricAlarmInput) { in.Statistic = nil },
		"multiple of 60":            func(in *cloudwatchapi.PutMetricAlarmInput) { in.Period = new(int64(7)) },
		"seven days":                func(in *cloudwatchapi.PutMetricAlarmInput) { in.Period = new(int64(86400 * 3)) },
	} {
		in := lagAlarm()
		change(in)
		_, err := b.call("PutMetricAlarm", in)
		require.ErrorContains(t, err, want)
	}
}

// TestDataComeInPages reads one line in pages of two points, and a picture of it.
func TestDataComeInPages(t *testing.T) {
	b := newBench(t)
	b.put(1, 2, 3, 4, 5)
	in := &cloudwatchapi.GetMetricDataInput{StartTime: new(b.now.Add(-time.Hour)), EndTime: &b.now, MaxDatapoints: new(int64(2)), ScanBy: new("TimestampAscending"), MetricDataQueries: []cloudwatchapi.MetricDataQuery{
		{Id: new("m"), Label: new("${PROP('MetricName')} up to ${MAX}"), MetricStat: &cloudwatchapi.MetricStat{Metric: &cloudwatchapi.Metric{Namespace: new("shop"), MetricName: new("lag")}, Period: new(int64(60)), Stat: new("Average")}},
		{Id: new("n"), Expression: new("m*10")},
	}}
	got := map[string][]float64{}
	for pages := 0; ; pages++ {
		out := b.must("GetMetricData", in).(*cloudwatchapi.GetMetricDataOutput)
		for _, r := range out.MetricDataResults {
			got[*r.Id] = append(got[*r.Id], r.Values...)
			if *r.Id == "m" {
				require.Equal(t, "lag up to 5", *r.Label)
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			require.Equal(t, 4, pages)
			break
		}
	}
	require.Equal(t, map[string][]float64{"m": {1, 2, 3, 4, 5}, "n": {10, 20, 30, 40, 50}}, got)
	_, err := b.call("GetMetricData", &cloudwatchapi.GetMetricDataInput{StartTime: in.StartTime, EndTime: in.EndTime, MetricDataQueries: []cloudwatchapi.MetricDataQuery{{Id: new("a"), Expression: new("b+1")}, {Id: new("b"), Expression: new("a+1")}}})
	require.ErrorContains(t, err, "depends on itself")
	image := b.must("GetMetricWidgetImage", &cloudwatchapi.GetMetricWidgetImageInput{MetricWidget: new(`{"metrics":[["shop","lag"],[{"expression":"line1*2"}]],"title":"Lag","start":"-PT1H","period":60}`)}).(*cloudwatchapi.GetMetricWidgetImageOutput)
	require.True(t, strings.HasPrefix(string(image.MetricWidgetImage), "\x89PNG"))
	require.Greater(t, len(image.MetricWidgetImage), 5000)
}

func FuzzWidget(f *testing.F) {
	f.Add(`{"metrics":[["a","b","c","d"],["...","e"],[".","x",{"stat":"p9"}],[{"expression":"1"}]],"start":"-P1DT2H"}`)
	f.Fuzz(func(_ *testing.T, source string) { _, _ = parseWidget(source, "eu-central-1", time.Unix(0, 0)) })
}
