package cloudwatch

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// What one call may put.
const (
	mostData   = 1000
	mostValues = 150
	oldest     = 14 * 24 * time.Hour
	farthest   = 2 * time.Hour
)

// largest bounds values, as CloudWatch does: 2^360.
var largest = math.Ldexp(1, 360)

func (s *Service) putMetricData() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.PutMetricDataInput) ([]service.Check, error) {
		checks := call.OnAny()
		if in.Namespace != nil {
			checks[0].Keys = map[string][]string{"cloudwatch:namespace": {*in.Namespace}}
		}
		return checks, nil
	}
	return service.Handle("PutMetricData", access, func(ctx context.Context, call *service.Call, in *cloudwatchapi.PutMetricDataInput) (*service.None, error) {
		if strings.HasPrefix(*in.Namespace, "AWS/") {
			return nil, invalid("The value AWS/ for parameter Namespace is invalid. It must not begin with AWS/: those namespaces are the services' own.")
		}
		if strings.HasPrefix(*in.Namespace, ":") {
			return nil, invalid("The value %s for parameter Namespace is invalid. It must not begin with a colon.", *in.Namespace)
		}
		data := in.MetricData
		for _, e := range in.EntityMetricData { // without strictness data is kept whose entity is not (API reference, PutMetricData)
			if e.Entity != nil && deref(in.StrictEntityValidation) {
				return nil, invalid("Entities are not kept here: leave StrictEntityValidation out, or send the data without them.")
			}
			data = append(data, e.MetricData...)
		}
		if len(data) == 0 {
			return nil, missing("The parameter MetricData is required.")
		}
		if len(data) > mostData {
			return nil, invalid("The collection MetricData must not have a size greater than %d.", mostData)
		}
		samples := make([]metric.Sample, len(data))
		for i := range data {
			if err := sampleOf(&samples[i], in.Namespace, &data[i], call.Now); err != nil {
				return nil, err
			}
		}
		err := s.Metrics.Put(ctx, samples)
		if errors.Is(err, metric.ErrFull) {
			return nil, invalid("The parameter MetricData was not kept: %v.", err)
		}
		return &service.None{}, err
	})
}

func sampleOf(to *metric.Sample, namespace *string, d *cloudwatchapi.MetricDatum, now time.Time) error {
	name, err := nameOf(namespace, d.MetricName, d.Dimensions)
	if err != nil {
		return err
	}
	for _, t := range [][2]string{{"Namespace", name.Namespace}, {"MetricName", name.Metric}} {
		if err := checkText(t[0], t[1]); err != nil {
			return err
		}
	}
	for _, x := range name.Dimensions {
		if err := checkText("a dimension", x.Name); err != nil {
			return err
		}
		if err := checkText("the dimension "+x.Name, x.Value); err != nil {
			return err
		}
	}
	at := now
	if d.Timestamp != nil {
		at = *d.Timestamp
	}
	if at.Before(now.Add(-oldest)) || at.After(now.Add(farthest)) {
		return invalid("The timestamp of metric %s must be within the last two weeks and not more than two hours from now.", name.Metric)
	}
	resolution := int64(60)
	if d.StorageResolution != nil {
		resolution = *d.StorageResolution
	}
	if resolution != 1 && resolution != 60 {
		return invalid("The value %d for parameter StorageResolution is not valid: want 1 or 60.", resolution)
	}
	to.Name, to.Unit, to.At, to.Fine = name, "None", at.Truncate(time.Second), resolution == 1
	if d.Unit != nil {
		to.Unit = *d.Unit
	}
	to.Point, err = pointOf(d)
	return err
}

// pointOf reads the values of a datum, which come in one of three forms.
func pointOf(d *cloudwatchapi.MetricDatum) (p metric.Point, err error) {
	forms := 0
	for _, given := range []bool{d.Value != nil, d.StatisticValues != nil, len(d.Values) > 0} {
		if given {
			forms++
		}
	}
	switch {
	case forms == 0:
		return p, missing("The metric %s must have one of Value, Values and StatisticValues.", *d.MetricName)
	case forms > 1:
		return p, invalidCombination("The parameters Value, Values and StatisticValues of metric %s are mutually exclusive and you have specified more than one.", *d.MetricName)
	case d.Value != nil:
		return metric.One(*d.Value, 1), checkValues(*d.MetricName, *d.Value)
	case d.StatisticValues != nil:
		v := d.StatisticValues
		p = metric.Point{Count: deref(v.SampleCount), Sum: deref(v.Sum), Min: deref(v.Minimum), Max: deref(v.Maximum)}
		if err := checkValues(*d.MetricName, p.Count, p.Sum, p.Min, p.Max); err != nil {
			return p, err
		}
		if p.Count <= 0 || p.Min > p.Max {
			return p, invalid("The StatisticValues of metric %s need a SampleCount above 0 and a Minimum that is not above the Maximum.", *d.MetricName)
		}
		return p, nil
	}
	return manyOf(d)
}

func manyOf(d *cloudwatchapi.MetricDatum) (p metric.Point, err error) {
	if len(d.Values) > mostValues {
		return p, invalid("The collection Values of metric %s must not have a size greater than %d.", *d.MetricName, mostValues)
	}
	if len(d.Counts) > 0 && len(d.Counts) != len(d.Values) {
		return p, invalid("The collections Values and Counts of metric %s must have the same size.", *d.MetricName)
	}
	all := make([]metric.Weighted, len(d.Values))
	for i, v := range d.Values {
		all[i] = metric.Weighted{Value: v, Count: 1}
		if len(d.Counts) > 0 {
			all[i].Count = d.Counts[i]
		}
		if err := checkValues(*d.MetricName, v, all[i].Count); err != nil {
			return p, err
		}
		if all[i].Count <= 0 {
			return p, invalid("The Counts of metric %s must be above 0.", *d.MetricName)
		}
	}
	return metric.Many(all), nil
}

func checkValues(name string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.Abs(v) > largest {
			return invalid("The value %v of metric %s is not a number from -2^360 to 2^360.", v, name)
		}
	}
	return nil
}
