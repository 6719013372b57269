package cloudwatch

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// TestAWidgetIsBounded draws nothing of a widget, or an expression of one, that is longer than may be.
func TestAWidgetIsBounded(t *testing.T) {
	b := newBench(t)
	draw := func(widget string) error {
		_, err := b.call("GetMetricWidgetImage", &cloudwatchapi.GetMetricWidgetImageInput{MetricWidget: &widget})
		return err
	}
	require.ErrorContains(t, draw(`{"metrics":[[{"expression":"TIME_SERIES(1`+strings.Repeat("-1", 1024)+`)"}]]}`), "of at most 2048")
	require.ErrorContains(t, draw(`{"metrics":[["a","b"]],"title":"`+strings.Repeat("x", longestWidget)+`"}`), "of at most 65536")
}

// TestARequestIsBounded asks for lines, points and labels without end.
func TestARequestIsBounded(t *testing.T) {
	b := newBench(t)
	for i := range 40 {
		dimension := []cloudwatchapi.Dimension{{Name: new("Of"), Value: new(fmt.Sprintf("%03d", i) + strings.Repeat("x", 900))}}
		b.must("PutMetricData", &cloudwatchapi.PutMetricDataInput{Namespace: new("shop"), MetricData: []cloudwatchapi.MetricDatum{
			{MetricName: new("many"), Value: new(1.0), Dimensions: dimension},
		}})
	}
	b.wait(time.Minute)
	ask := func(ctx context.Context, since time.Time, label string, expressions ...string) (*cloudwatchapi.GetMetricDataOutput, error) {
		in := &cloudwatchapi.GetMetricDataInput{StartTime: &since, EndTime: new(b.Now())}
		for i, x := range expressions {
			in.MetricDataQueries = append(in.MetricDataQueries, cloudwatchapi.MetricDataQuery{Id: new(fmt.Sprintf("e%d", i)), Expression: new(x), ReturnData: new(i == len(expressions)-1)})
		}
		if label != "" {
			in.MetricDataQueries[len(expressions)-1].Label = &label
		}
		out, err := b.api.Operation("GetMetricData").Do(ctx, &service.Call{Now: b.Now()}, in)
		if err != nil {
			return nil, err
		}
		return out.(*cloudwatchapi.GetMetricDataOutput), nil
	}
	long, hour := time.Date(1975, 1, 1, 0, 0, 0, 0, time.UTC), b.Now().Add(-time.Hour)
	every := func(of string, n int) string { return "[" + strings.TrimSuffix(strings.Repeat(of+",", n), ",") + "]" }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, x := range [][]string{
		{"METRIC_COUNT(" + every("TIME_SERIES(1)", 120) + ")*TIME_SERIES(1)"},
		{"TIME_SERIES(1)", "SUM(" + every("e0", 500) + ")"},
		{"TIME_SERIES(1)", "e0" + strings.Repeat("+e0", 100)},
		{"TIME_SERIES(1)", "RUNNING_SUM(ABS(IF(e0,e0,e0)))" + strings.Repeat("+DIFF(FILL(e0,0))", 20)},
	} {
		_, err := ask(t.Context(), long, "", x...)
		require.ErrorContains(t, err, "more data points than it may", x[len(x)-1])
	}
	search := "SEARCH('{shop,Of} many','Average',60)"
	_, err := ask(t.Context(), hour, "", search, every("e0", 100), every("e1", 100), every("e2", 100), every("e3", 100))
	require.ErrorContains(t, err, "more lines of values than it may")
	_, err = ask(t.Context(), hour, strings.Repeat("${LABEL}", 7), search)
	require.ErrorContains(t, err, "7 dynamic parts, of at most 6")
	_, err = ask(t.Context(), hour, strings.Repeat("x", longestLabel+1), search)
	require.ErrorContains(t, err, "1025 bytes long, of at most 1024")
	out, err := ask(t.Context(), hour, strings.Repeat("${LABEL}é", 6), search)
	require.NoError(t, err)
	require.Len(t, out.MetricDataResults, 40)
	for _, r := range out.MetricDataResults {
		require.LessOrEqual(t, len(*r.Label), longestLabel)
		require.True(t, strings.HasPrefix(*r.Label, (*r.Label)[:3]+"xxx"))
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<30), "of all of them together")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ask(ended, long, "", "TIME_SERIES(1)")
	require.ErrorIs(t, err, context.Canceled)
	_, err = ask(t.Context(), hour, "", search, "SUM(e0)/METRIC_COUNT(e0)")
	require.NoError(t, err, "what is within the bounds")
}

// TestAnAlarmIsBounded stores, as an older server let, an alarm that fills lines of a second for a week a hundred times, and
// one that makes the program panic: the alarm behind them is evaluated.
func TestAnAlarmIsBounded(t *testing.T) {
	b := newBench(t)
	stat := func(period int64) *cloudwatchapi.MetricStat {
		return &cloudwatchapi.MetricStat{Metric: &cloudwatchapi.Metric{Namespace: new("shop"), MetricName: new("lag")}, Period: &period, Stat: new("Average")}
	}
	in := lagAlarm()
	in.AlarmName, in.EvaluationPeriods, in.DatapointsToAlarm = new("a-heavy"), new(int64(7)), nil
	in.MetricName, in.Namespace, in.Statistic, in.Period, in.Dimensions = nil, nil, nil, nil, nil
	in.Metrics = []cloudwatchapi.MetricDataQuery{
		{Id: new("m"), MetricStat: stat(1), ReturnData: new(false)}, {Id: new("z"), MetricStat: stat(86400), ReturnData: new(false)},
		{Id: new("e"), Expression: new("SUM(FILL([" + strings.TrimSuffix(strings.Repeat("m,", 100), ",") + "],0))")},
	}
	b.must("PutMetricAlarm", in)
	b.must("PutMetricAlarm", lagAlarm())
	b.put(100, 100, 100, 100)
	broken, err := b.alarm(t.Context(), "a-heavy")
	require.NoError(t, err)
	broken.AlarmName, broken.EvaluationPeriods = new("b-broken"), nil
	_, err = b.Store.Update(t.Context(), func(tx store.Tx) error { return store.Write(tx, alarmKey("b-broken"), broken) })
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, b.Evaluate(t.Context()))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20))
	heavy, err := b.alarm(t.Context(), "a-heavy")
	require.NoError(t, err)
	_, _, _, err = b.judgeAlone(t.Context(), heavy)
	require.ErrorContains(t, err, "more data points than it may")
	other, err := b.alarm(t.Context(), *lagAlarm().AlarmName)
	require.NoError(t, err)
	require.Equal(t, stateAlarm, *other.StateValue)

	in.Metrics[2].Expression = new("FILL(m,0)")
	b.must("PutMetricAlarm", in)
	heavy, err = b.alarm(t.Context(), "a-heavy")
	require.NoError(t, err)
	_, reason, data, err := b.judgeAlone(t.Context(), heavy)
	require.NoError(t, err)
	require.Contains(t, reason, "out of the last 200000 datapoints")
	require.Less(t, len(data), 4000)
	require.Less(t, len(reason), 1024)

	for want, queries := range map[string][2]int{"greater than 20": {10, 11}, "10 elements with MetricStat": {11, 1}, "10 elements with Expression": {1, 11}, "": {10, 10}} {
		in.Metrics = nil
		for i := range queries[0] {
			in.Metrics = append(in.Metrics, cloudwatchapi.MetricDataQuery{Id: new(fmt.Sprintf("m%d", i)), MetricStat: stat(60), ReturnData: new(false)})
		}
		for i := range queries[1] {
			in.Metrics = append(in.Metrics, cloudwatchapi.MetricDataQuery{Id: new(fmt.Sprintf("e%d", i)), Expression: new("m0+1"), ReturnData: new(i == 0)})
		}
		if _, err := b.call("PutMetricAlarm", in); want != "" {
			require.ErrorContains(t, err, want)
		} else {
			require.NoError(t, err)
		}
	}
}

// TestDashboardsAreBounded keeps no large bodies, and lists many dashboards in pages.
func TestDashboardsAreBounded(t *testing.T) {
	b := newBench(t)
	body := func(n int) *string {
		return new(`{"widgets":[],"x":"` + strings.Repeat("x", n-len(`{"widgets":[],"x":""}`)) + `"}`)
	}
	_, err := b.call("PutDashboard", &cloudwatchapi.PutDashboardInput{DashboardName: new("large"), DashboardBody: body(longestBody + 1)})
	require.ErrorContains(t, err, "65537 bytes long, of at most 65536")
	for i := range 2*dashboardsAtOnce + 1 {
		b.must("PutDashboard", &cloudwatchapi.PutDashboardInput{DashboardName: new(fmt.Sprintf("d%03d", i)), DashboardBody: body(longestBody / 64)})
	}
	b.must("PutDashboard", &cloudwatchapi.PutDashboardInput{DashboardName: new("other"), DashboardBody: body(longestBody)})
	in := &cloudwatchapi.ListDashboardsInput{DashboardNamePrefix: new("d")}
	var names []string
	for pages := 1; ; pages++ {
		out := b.must("ListDashboards", in).(*cloudwatchapi.ListDashboardsOutput)
		for _, d := range out.DashboardEntries {
			names = append(names, *d.DashboardName)
			require.Equal(t, int64(longestBody/64), *d.Size)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Len(t, names, 2*dashboardsAtOnce+1)
	require.IsIncreasing(t, names)
	_, err = b.call("ListDashboards", &cloudwatchapi.ListDashboardsInput{NextToken: new("x")})
	require.ErrorContains(t, err, "next token is not valid")
}

// TestHistoryIsBounded writes more of the history of an alarm than is kept, beside that of one whose name begins with its own.
func TestHistoryIsBounded(t *testing.T) {
	b := newBench(t)
	write := func(n int, alarm string, kind string) {
		for range n {
			b.wait(time.Second)
			_, err := b.Store.Update(t.Context(), func(tx store.Tx) error { return note(tx, b.Now(), alarm, metricAlarm, kind, "x", nil) })
			require.NoError(t, err)
		}
	}
	write(3, "late/too", historyState)
	begin := b.Now()
	_, err := b.Store.Update(t.Context(), func(tx store.Tx) error {
		for range mostHistory {
			b.wait(time.Second)
			at, name := b.Now(), "late"
			item := cloudwatchapi.AlarmHistoryItem{AlarmName: &name, HistoryItemType: new(historyAction), Timestamp: &at}
			if err := store.Write(tx, historyKeys+"late/"+momentKey(at), item); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	write(7, "late", historyState)
	count := func(alarm string) int {
		page, err := b.Store.List(t.Context(), store.Range{Prefix: historyKeys + alarm + "/0", KeysOnly: true})
		require.NoError(t, err)
		return len(page.Items)
	}
	require.Equal(t, mostHistory, count("late"), "as it is written")
	require.Equal(t, 3, count("late/too"))
	for _, scan := range []string{"TimestampAscending", "TimestampDescending"} {
		in := &cloudwatchapi.DescribeAlarmHistoryInput{AlarmName: new("late"), ScanBy: &scan}
		var seen []time.Time
		for {
			out := b.must("DescribeAlarmHistory", in).(*cloudwatchapi.DescribeAlarmHistoryOutput)
			require.LessOrEqual(t, len(out.AlarmHistoryItems), describedAtOnce)
			for _, h := range out.AlarmHistoryItems {
				require.Equal(t, "late", *h.AlarmName)
				seen = append(seen, *h.Timestamp)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		require.Len(t, seen, mostHistory)
		sign := map[string]int{"TimestampAscending": -1, "TimestampDescending": 1}[scan]
		require.True(t, slices.IsSortedFunc(seen, func(a, b time.Time) int { return -sign * a.Compare(b) }))
	}
	all := b.must("DescribeAlarmHistory", &cloudwatchapi.DescribeAlarmHistoryInput{HistoryItemType: new(historyState), EndDate: &begin}).(*cloudwatchapi.DescribeAlarmHistoryOutput)
	require.Len(t, all.AlarmHistoryItems, 3)
	require.Equal(t, "late/too", *all.AlarmHistoryItems[0].AlarmName)
	b.wait(historyKept - time.Minute)
	require.NoError(t, b.trimHistory(t.Context()))
	require.Equal(t, 0, count("late/too"))
	require.Equal(t, 61, count("late"), "of a minute")
}
