package cloudwatch

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
)

// pointsOf reads the newest values as CloudWatch's guide writes them: "0 - X" is a fine one, none, and one that breaches.
func pointsOf(text string, to time.Time) *line {
	l := &line{Period: time.Minute}
	marks := strings.Fields(text)
	for i, mark := range marks {
		if mark == "-" {
			continue
		}
		l.At = append(l.At, to.Add(time.Duration(i-len(marks))*time.Minute))
		l.Values = append(l.Values, map[string]float64{"0": 1, "X": 20}[mark])
	}
	return l
}

// TestWhatIsMissingCountsAsAsked has the two tables of CloudWatch's guide, "Configuring how CloudWatch alarms treat missing data"
// (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html), word by word, and its examples of "Avoiding
// premature transitions to alarm state": three periods are evaluated, of five that are read.
func TestWhatIsMissingCountsAsAsked(t *testing.T) {
	const before = "before" // the state stays
	treatments := []string{"missing", "ignore", "breaching", "notBreaching"}
	to := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		needed int64
		points string
		want   [4]string
	}{
		{3, "0 - X - X", [4]string{stateOK, stateOK, stateOK, stateOK}},
		{3, "0 - - - -", [4]string{stateOK, stateOK, stateOK, stateOK}},
		{3, "- - - - -", [4]string{stateUnknown, before, stateAlarm, stateOK}},
		{3, "0 X X - X", [4]string{stateAlarm, stateAlarm, stateAlarm, stateAlarm}},
		{3, "- - X - -", [4]string{stateAlarm, before, stateAlarm, stateOK}},
		{2, "0 - X - X", [4]string{stateAlarm, stateAlarm, stateAlarm, stateAlarm}},
		{2, "0 0 X 0 X", [4]string{stateAlarm, stateAlarm, stateAlarm, stateAlarm}},
		{2, "0 - X - -", [4]string{stateOK, stateOK, stateAlarm, stateOK}},
		{2, "- - - - 0", [4]string{stateOK, stateOK, stateAlarm, stateOK}},
		{2, "- - - X -", [4]string{stateAlarm, before, stateAlarm, stateOK}},
		{3, "- - - - X", [4]string{before, before, stateAlarm, stateOK}},
		{3, "- - - X -", [4]string{before, before, stateAlarm, stateOK}},
		{3, "- - - X 0", [4]string{stateOK, stateOK, stateOK, stateOK}},
		{3, "- - X - 0", [4]string{stateOK, stateOK, stateOK, stateOK}},
	} {
		for i, treatment := range treatments {
			a := &Alarm{MetricAlarm: cloudwatchapi.MetricAlarm{
				StateValue: new(before), Threshold: new(10.0), ComparisonOperator: new("GreaterThanThreshold"), EvaluationPeriods: new(int64(3)),
				DatapointsToAlarm: &c.needed, TreatMissingData: &treatment,
			}}
			v := weigh(a, pointsOf(c.points, to), time.Minute, to)
			require.Equal(t, c.want[i], v.state, "%s, %d of 3, %s", c.points, c.needed, treatment)
			if treatment == "missing" { // which is the default
				a.TreatMissingData = nil
				v = weigh(a, pointsOf(c.points, to), time.Minute, to)
				require.Equal(t, c.want[i], v.state, c.points)
			}
		}
	}
}

// TestMissingDataInWords is an alarm on silence.
func TestMissingDataInWords(t *testing.T) {
	b := newBench(t)
	in := lagAlarm()
	in.TreatMissingData = new("breaching")
	b.must("PutMetricAlarm", in)
	b.put()
	a := b.alarmNow()
	require.Equal(t, stateAlarm, *a.StateValue)
	require.Equal(t, "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].", *a.StateReason)
	b.put(1, 1)
	require.Equal(t, stateOK, *b.alarmNow().StateValue)
}

// TestPercentilesOfTooFewSamples has an alarm on the median of fewer samples than twenty, and then of twenty.
func TestPercentilesOfTooFewSamples(t *testing.T) {
	for handling, want := range map[string]string{"ignore": stateUnknown, "evaluate": stateAlarm, "": stateAlarm} {
		b := newBench(t)
		in := lagAlarm()
		in.Statistic, in.ExtendedStatistic, in.EvaluationPeriods, in.DatapointsToAlarm = nil, new("p50"), new(int64(1)), nil
		if handling != "" {
			in.EvaluateLowSampleCountPercentile = &handling
		}
		b.must("PutMetricAlarm", in)
		samples := func(n int) {
			values := make([]float64, n)
			for i := range values {
				values[i] = 50
			}
			b.must("PutMetricData", &cloudwatchapi.PutMetricDataInput{Namespace: new("shop"), MetricData: []cloudwatchapi.MetricDatum{{MetricName: new("lag"), Values: values}}})
			b.wait(time.Minute)
			b.put()
		}
		samples(19)
		require.Equal(t, want, *b.alarmNow().StateValue, handling)
		samples(20)
		require.Equal(t, stateAlarm, *b.alarmNow().StateValue, handling)
	}
}

func TestSamplesThatAPercentileNeeds(t *testing.T) {
	for stat, want := range map[string]float64{"p50": 20, "p99": 1000, "p10": 100, "p99.9": 10_000} {
		got, ok := leastSamples(stat)
		require.True(t, ok)
		require.InDelta(t, want, got, 1e-6*want, stat)
	}
	for _, stat := range []string{"Average", "tm90", "p0", "p100", "PR(1:2)"} {
		_, ok := leastSamples(stat)
		require.False(t, ok, stat)
	}
}
