package cloudwatch

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostDatapoints is how many points one answer may have.
const mostDatapoints = 1440

func (s *Service) getMetricStatistics() service.Operation {
	return service.Handle("GetMetricStatistics", onAny, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.GetMetricStatisticsInput) (*cloudwatchapi.GetMetricStatisticsOutput, error) {
		name, err := nameOf(in.Namespace, in.MetricName, in.Dimensions)
		if err != nil {
			return nil, err
		}
		if err := checkTimes(in.StartTime, in.EndTime); err != nil {
			return nil, err
		}
		period, err := checkPeriod(deref(in.Period))
		if err != nil {
			return nil, err
		}
		asked, err := statisticsOf(in)
		if err != nil {
			return nil, err
		}
		from, to := window(*in.StartTime, *in.EndTime, period)
		if n := to.Sub(from) / period; n > mostDatapoints {
			return nil, invalidCombination("You have requested up to %d datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.", n)
		}
		buckets, err := s.Metrics.Read(ctx, metric.Reading{Name: name, Unit: deref(in.Unit), Start: from, End: to, Period: period})
		if err != nil {
			return nil, err
		}
		out := &cloudwatchapi.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []cloudwatchapi.Datapoint{}}
		for i := range buckets {
			if d, ok := datapoint(&buckets[i], asked); ok {
				out.Datapoints = append(out.Datapoints, d)
			}
		}
		return out, nil
	})
}

// askedStatistic is one statistic of a request.
type askedStatistic struct {
	name     string
	extended bool
	of       metric.Statistic
}

func statisticsOf(in *cloudwatchapi.GetMetricStatisticsInput) ([]askedStatistic, error) {
	if len(in.Statistics)+len(in.ExtendedStatistics) == 0 {
		return nil, missing("At least one of the parameters Statistics and ExtendedStatistics must be specified.")
	}
	var out []askedStatistic
	for _, name := range in.Statistics {
		of, err := metric.ParseStatistic(name)
		if err != nil {
			return nil, invalid("The value of the parameter Statistics is not valid: %v.", err)
		}
		out = append(out, askedStatistic{name, false, of})
	}
	for _, name := range in.ExtendedStatistics {
		of, err := metric.ParseStatistic(name)
		if err != nil {
			return nil, invalid("The value of the parameter ExtendedStatistics is not valid: %v.", err)
		}
		out = append(out, askedStatistic{name, true, of})
	}
	return out, nil
}

// datapoint shows a bucket; ok is false when it can tell none of what is asked.
func datapoint(b *metric.Bucket, asked []askedStatistic) (d cloudwatchapi.Datapoint, ok bool) {
	d = cloudwatchapi.Datapoint{Timestamp: &b.At, Unit: &b.Unit}
	for _, a := range asked {
		v, can := a.of(&b.Point)
		if !can {
			continue
		}
		ok = true
		switch {
		case a.extended:
			if d.ExtendedStatistics == nil {
				d.ExtendedStatistics = map[string]float64{}
			}
			d.ExtendedStatistics[a.name] = v
		case a.name == metric.Average:
			d.Average = &v
		case a.name == metric.Sum:
			d.Sum = &v
		case a.name == metric.Minimum:
			d.Minimum = &v
		case a.name == metric.Maximum:
			d.Maximum = &v
		case a.name == metric.SampleCount:
			d.SampleCount = &v
		}
	}
	return d, ok
}
