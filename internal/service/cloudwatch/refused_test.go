package cloudwatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
)

// TestWhatIsNotObeyedIsRefused: no member is taken in silence.
func TestWhatIsNotObeyedIsRefused(t *testing.T) {
	b := newBench(t)
	datum := []cloudwatchapi.MetricDatum{{MetricName: new("n"), Value: new(1.0)}}
	hour := b.Now().Add(-time.Hour)
	query := []cloudwatchapi.MetricDataQuery{{Id: new("a"), Expression: new("TIME_SERIES(1)"), AccountId: new("999999999999")}}
	for name, in := range map[string]any{
		"PutMetricData": &cloudwatchapi.PutMetricDataInput{
			Namespace: new("shop"), StrictEntityValidation: new(true), EntityMetricData: []cloudwatchapi.EntityMetricData{{Entity: &cloudwatchapi.Entity{}, MetricData: datum}},
		},
		"PutDashboard":         &cloudwatchapi.PutDashboardInput{DashboardName: new("d"), DashboardBody: new(`{"widgets":[]}`), Tags: []cloudwatchapi.Tag{{Key: new("a"), Value: new("b")}}},
		"DescribeAlarmHistory": &cloudwatchapi.DescribeAlarmHistoryInput{AlarmContributorId: new("x")},
		"GetMetricData":        &cloudwatchapi.GetMetricDataInput{StartTime: &hour, EndTime: new(b.Now()), MetricDataQueries: query},
	} {
		_, err := b.call(name, in)
		require.Error(t, err, name)
		require.Regexp(t, "leave|without", err.Error(), name)
	}
	b.must("PutMetricData", &cloudwatchapi.PutMetricDataInput{Namespace: new("shop"), EntityMetricData: []cloudwatchapi.EntityMetricData{{Entity: &cloudwatchapi.Entity{}, MetricData: datum}}})
}

// TestTimesOfLabelsAreOfTheirZone: LabelOptions says in which zone the times of labels are.
func TestTimesOfLabelsAreOfTheirZone(t *testing.T) {
	b := newBench(t)
	at := time.Date(2026, 1, 2, 22, 30, 0, 0, time.UTC)
	l := &line{At: []time.Time{at}, Values: []float64{1}}
	label := func(zone *string) (string, error) {
		location, err := zoneOf(&cloudwatchapi.LabelOptions{Timezone: zone})
		if err != nil {
			return "", err
		}
		q := &questions{service: b.Service, zone: location, asked: []question{{id: "a", label: "${LAST_TIME}"}}}
		return q.label(0, l), nil
	}
	for zone, want := range map[string]string{"+0130": "2026-01-03T00:00:00+01:30", "-0800": "2026-01-02T14:30:00-08:00", "+0000": "2026-01-02T22:30:00Z"} {
		have, err := label(&zone)
		require.NoError(t, err)
		require.Equal(t, want, have)
	}
	_, err := label(new("CET"))
	require.ErrorContains(t, err, "as +0130")
}
