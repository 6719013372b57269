package cloudwatch

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
)

// TestMetricsWithoutRoomAreRefused puts metrics until no more may be kept: the caller is told, in a way that is modelled and
// that clients do not try again.
func TestMetricsWithoutRoomAreRefused(t *testing.T) {
	b := newBench(t)
	var err error
	b.Metrics, err = metric.Open(t.Context(), metric.Config{Dir: t.TempDir(), MaxBytes: 300 << 10, Log: slog.New(slog.DiscardHandler), Now: b.Now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Metrics.Close() })
	for i := 0; err == nil; i++ {
		require.Less(t, i, 100)
		var data []cloudwatchapi.MetricDatum
		for j := range 200 {
			data = append(data, cloudwatchapi.MetricDatum{MetricName: new(fmt.Sprint("m", i, "-", j)), Values: []float64{1, 2, 3, 4}})
		}
		_, err = b.call("PutMetricData", &cloudwatchapi.PutMetricDataInput{Namespace: new("shop"), MetricData: data})
	}
	told, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok, err)
	require.True(t, cloudwatchapi.Service.Modelled(cloudwatchapi.Service.Operation("PutMetricData"), told.Code))
	require.Equal(t, http.StatusBadRequest, told.Status)
	require.ErrorContains(t, err, "there is no room for more metrics")
	b.must("ListMetrics", &cloudwatchapi.ListMetricsInput{})
}
