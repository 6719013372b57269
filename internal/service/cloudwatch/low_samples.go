package cloudwatch

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
)

// tooFew says that an alarm must stay as it is, because a percentile that was compared is one of too few samples to mean
// something, and the alarm has asked to ignore such (EvaluateLowSampleCountPercentile).
func (s *Service) tooFew(ctx context.Context, a *Alarm, w *watched, compared *line, from, to time.Time) (bool, error) {
	if deref(a.EvaluateLowSampleCountPercentile) != "ignore" || len(compared.At) == 0 {
		return false, nil
	}
	for i := range w.queries {
		stat := w.queries[i].MetricStat
		if stat == nil {
			continue
		}
		least, ok := leastSamples(deref(stat.Stat))
		if !ok {
			continue
		}
		counts, err := s.line(ctx, samplesOf(stat, w.period), from, to)
		if err != nil {
			return false, err
		}
		for j, at := range counts.At {
			if counts.Values[j] < least && slices.ContainsFunc(compared.At, at.Equal) {
				return true, nil
			}
		}
	}
	return false, nil
}

// samplesOf asks how many samples a statistic is made of.
func samplesOf(of *cloudwatchapi.MetricStat, period time.Duration) *watched {
	counted := *of
	counted.Stat = new(metric.SampleCount)
	return &watched{period: period, queries: []cloudwatchapi.MetricDataQuery{{Id: new("samples"), MetricStat: &counted}}}
}

// leastSamples is how many samples a percentile needs; ok is false for other statistics. CloudWatch's guide, "Percentile-based
// alarms and low data samples": 10/(1-percentile) from 0.5 on, and 10/percentile below.
func leastSamples(stat string) (least float64, ok bool) {
	digits, ok := strings.CutPrefix(stat, "p")
	if !ok {
		return 0, false
	}
	percent, err := strconv.ParseFloat(digits, 64)
	if err != nil || percent <= 0 || percent >= 100 {
		return 0, false
	}
	return 1000 / min(percent, 100-percent), true
}
