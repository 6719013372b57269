package cloudwatch

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
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
