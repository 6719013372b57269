package cloudwatch

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// mostAlarms is the account's quota; mostActions how many actions one state may have.
const (
	mostAlarms  = 5000
	mostActions = 5
)

func (s *Service) putMetricAlarm() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.PutMetricAlarmInput) ([]service.Check, error) {
		return s.onPut(ctx, call, deref(in.AlarmName), in.Tags, in.AlarmActions, in.OKActions, in.InsufficientDataActions), nil
	}
	return service.Handle("PutMetricAlarm", access, func(ctx context.Context, call *service.Call, in *cloudwatchapi.PutMetricAlarmInput) (*service.None, error) {
		fresh, err := s.alarmOf(in)
		if err != nil {
			return nil, err
		}
		tags, err := tagsOf(in.Tags, validation)
		if err != nil {
			return nil, err
		}
		return &service.None{}, s.putAlarm(ctx, call.Now, fresh, tags, func(store.Tx) error { return nil })
	})
}

// putAlarm makes an alarm, or gives one that is there another configuration; it keeps its state and its tags.
func (s *Service) putAlarm(ctx context.Context, at time.Time, fresh *Alarm, tags map[string]string, check func(store.Tx) error) error {
	now, name := at.UTC(), *fresh.AlarmName
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		have, err := store.Read[Alarm](tx, alarmKey(name))
		made := errors.Is(err, store.ErrNotFound)
		if err != nil && !made {
			return err
		}
		a, summary := *fresh, `Alarm "`+name+`" updated`
		switch {
		case made:
			page, err := tx.List(store.Range{Prefix: alarmKeys, KeysOnly: true})
			if err != nil {
				return err
			}
			if len(page.Items) >= mostAlarms {
				return cloudwatchapi.Service.NewError("LimitExceededFault", "The account has %d alarms, which is its quota.", mostAlarms)
			}
			summary = `Alarm "` + name + `" created`
			a.StateValue, a.StateReason, a.StateUpdatedTimestamp, a.StateTransitionedTimestamp = new(stateUnknown), new("Unchecked: Initial alarm creation"), &now, &now
			a.Tags = tags
		case have.kind() != a.kind():
			return validation("The alarm %s is a %s: delete it before a %s takes its name.", name, have.kind(), a.kind())
		default:
			a.StateValue, a.StateReason, a.StateReasonData = have.StateValue, have.StateReason, have.StateReasonData
			a.StateUpdatedTimestamp, a.StateTransitionedTimestamp, a.Tags = have.StateUpdatedTimestamp, have.StateTransitionedTimestamp, have.Tags
		}
		a.AlarmConfigurationUpdatedTimestamp = &now
		if err := store.Write(tx, alarmKey(name), a); err != nil {
			return err
		}
		return note(tx, now, name, a.kind(), historyConfiguration, summary, map[string]any{"version": "1.0", "type": map[bool]string{true: "Create", false: "Update"}[made]})
	})
	return err
}

// alarmOf checks what is asked for, and makes an alarm of it.
func (s *Service) alarmOf(in *cloudwatchapi.PutMetricAlarmInput) (*Alarm, error) {
	if in.EvaluationCriteria != nil || in.EvaluationInterval != nil || in.EvaluationWindow != nil {
		return nil, validation("EvaluationCriteria, EvaluationInterval and EvaluationWindow are not served: alarms are evaluated over periods.")
	}
	if err := checkActions(in.AlarmActions, in.OKActions, in.InsufficientDataActions); err != nil {
		return nil, err
	}
	if err := checkThreshold(in); err != nil {
		return nil, err
	}
	a := &Alarm{MetricAlarm: cloudwatchapi.MetricAlarm{
		AlarmName: in.AlarmName, AlarmArn: new(s.alarmARN(*in.AlarmName)), AlarmDescription: in.AlarmDescription, ActionsEnabled: in.ActionsEnabled,
		AlarmActions: orNone(in.AlarmActions), OKActions: orNone(in.OKActions), InsufficientDataActions: orNone(in.InsufficientDataActions),
		ComparisonOperator: in.ComparisonOperator, DatapointsToAlarm: in.DatapointsToAlarm, Dimensions: in.Dimensions,
		EvaluateLowSampleCountPercentile: in.EvaluateLowSampleCountPercentile, EvaluationPeriods: in.EvaluationPeriods, ExtendedStatistic: in.ExtendedStatistic,
		MetricName: in.MetricName, Metrics: in.Metrics, Namespace: in.Namespace, Period: in.Period, Statistic: in.Statistic, Threshold: in.Threshold,
		TreatMissingData: in.TreatMissingData, Unit: in.Unit,
	}}
	if a.ActionsEnabled == nil {
		a.ActionsEnabled = new(true)
	}
	if a.Dimensions == nil && len(in.Metrics) == 0 {
		a.Dimensions = []cloudwatchapi.Dimension{}
	}
	w, err := a.watched()
	if err != nil {
		return nil, err
	}
	if w.period.Seconds()*float64(*in.EvaluationPeriods) > 7*86400 {
		return nil, validation("Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).")
	}
	return a, nil
}

func orNone(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// checkActions refuses actions that nothing here can do.
func checkActions(inAlarm, whenOK, withoutData []string) error {
	for what, all := range map[string][]string{"AlarmActions": inAlarm, "OKActions": whenOK, "InsufficientDataActions": withoutData} {
		if len(all) > mostActions {
			return validation("The collection %s must not have a size greater than %d.", what, mostActions)
		}
		for _, arn := range all {
			if !notify.IsTopic(arn) {
				return validation("The action %q of %s is no ARN of an SNS topic, and no other actions are served.", arn, what)
			}
		}
	}
	return nil
}

var treatments = []string{"breaching", "notBreaching", "ignore", "missing"}

func checkThreshold(in *cloudwatchapi.PutMetricAlarmInput) error {
	switch {
	case in.ComparisonOperator == nil:
		return validation("The parameter ComparisonOperator is required.")
	case !slices.Contains([]string{"GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"}, *in.ComparisonOperator):
		return validation("The ComparisonOperator %s compares with an anomaly detection band, and there are none: compare with a Threshold.", *in.ComparisonOperator)
	case in.ThresholdMetricId != nil:
		return validation("The parameter ThresholdMetricId names an anomaly detection band, and there are none: give a Threshold.")
	case in.Threshold == nil:
		return validation("The parameter Threshold is required.")
	case in.EvaluationPeriods == nil:
		return validation("The parameter EvaluationPeriods is required.")
	case in.DatapointsToAlarm != nil && *in.DatapointsToAlarm > *in.EvaluationPeriods:
		return validation("The parameter DatapointsToAlarm must be less than or equal to the parameter EvaluationPeriods.")
	case in.TreatMissingData != nil && !slices.Contains(treatments, *in.TreatMissingData):
		return validation("The value %s of TreatMissingData must be one of %s.", *in.TreatMissingData, strings.Join(treatments, ", "))
	case in.EvaluateLowSampleCountPercentile != nil && *in.EvaluateLowSampleCountPercentile != "evaluate" && *in.EvaluateLowSampleCountPercentile != "ignore":
		return validation("The value %s of EvaluateLowSampleCountPercentile must be evaluate or ignore.", *in.EvaluateLowSampleCountPercentile)
	}
	return nil
}

var tagForm = regexp.MustCompile(`^.{1,128}$`)

// tagsOf reads tags. refuse makes the error of one that cannot be, in the operation's own way.
func tagsOf(tags []cloudwatchapi.Tag, refuse func(form string, args ...any) error) (map[string]string, error) {
	all := map[string]string{}
	for _, t := range tags {
		key := deref(t.Key)
		if !tagForm.MatchString(key) {
			return nil, refuse("The tag key %q is not valid: a key has 1 to 128 characters, and no line break is among them.", key)
		}
		all[key] = deref(t.Value)
	}
	return all, nil
}

// watched makes the queries of an alarm, of which one is compared.
func (a *Alarm) watched() (*watched, error) {
	if len(a.Metrics) > 0 {
		if a.MetricName != nil || a.Namespace != nil || a.Statistic != nil || a.ExtendedStatistic != nil || a.Period != nil || len(a.Dimensions) > 0 {
			return nil, validation("The parameters MetricName and Metrics are mutually exclusive, and so are those that go with MetricName.")
		}
		return watchedQueries(a.Metrics)
	}
	if deref(a.MetricName) == "" || deref(a.Namespace) == "" || a.Period == nil {
		return nil, validation("An alarm needs MetricName, Namespace and Period, or Metrics.")
	}
	stat := deref(a.Statistic)
	switch {
	case a.Statistic != nil && a.ExtendedStatistic != nil:
		return nil, validation("The parameters Statistic and ExtendedStatistic are mutually exclusive.")
	case a.ExtendedStatistic != nil:
		stat = *a.ExtendedStatistic
	case a.Statistic == nil:
		return nil, validation("The parameters Statistic and ExtendedStatistic must not both be left out.")
	}
	if _, err := metric.ParseStatistic(stat); err != nil {
		return nil, validation("The statistic is not valid: %v.", err)
	}
	return watchedQueries([]cloudwatchapi.MetricDataQuery{{Id: new("m1"), MetricStat: &cloudwatchapi.MetricStat{
		Metric: &cloudwatchapi.Metric{Namespace: a.Namespace, MetricName: a.MetricName, Dimensions: a.Dimensions}, Period: a.Period, Stat: &stat, Unit: a.Unit,
	}}})
}
