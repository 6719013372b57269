package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) describeAlarms() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.DescribeAlarmsInput) ([]service.Check, error) {
		if len(in.AlarmNames) == 0 {
			return onAlarms(call, "*"), nil
		}
		return onAlarms(call, in.AlarmNames...), nil
	}
	return service.Handle("DescribeAlarms", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DescribeAlarmsInput) (*cloudwatchapi.DescribeAlarmsOutput, error) {
		if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
			return nil, validation("AlarmNames and AlarmNamePrefix are mutually exclusive: give one of them.")
		}
		out := &cloudwatchapi.DescribeAlarmsOutput{MetricAlarms: []cloudwatchapi.MetricAlarm{}, CompositeAlarms: []cloudwatchapi.CompositeAlarm{}}
		if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, "MetricAlarm") || in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
			return out, nil // there are metric alarms alone
		}
		all, err := s.alarms(ctx)
		if err != nil {
			return nil, err
		}
		var found []cloudwatchapi.MetricAlarm
		for i := range all {
			if asked(&all[i], in) {
				found = append(found, all[i].MetricAlarm)
			}
		}
		out.MetricAlarms, out.NextToken, err = pageOfAll(found, in.NextToken, in.MaxRecords)
		return out, err
	})
}

func asked(a *Alarm, in *cloudwatchapi.DescribeAlarmsInput) bool {
	prefixed := func(arn string) bool { return strings.HasPrefix(arn, *in.ActionPrefix) }
	switch {
	case len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, *a.AlarmName),
		!strings.HasPrefix(*a.AlarmName, deref(in.AlarmNamePrefix)),
		in.StateValue != nil && *in.StateValue != *a.StateValue,
		in.ActionPrefix != nil && !slices.ContainsFunc(slices.Concat(a.AlarmActions, a.OKActions, a.InsufficientDataActions), prefixed):
		return false
	}
	return true
}

func (s *Service) describeAlarmsForMetric() service.Operation {
	access := func(_ context.Context, call *service.Call, _ *cloudwatchapi.DescribeAlarmsForMetricInput) ([]service.Check, error) {
		return onAlarms(call, "*"), nil
	}
	return service.Handle("DescribeAlarmsForMetric", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DescribeAlarmsForMetricInput) (*cloudwatchapi.DescribeAlarmsForMetricOutput, error) {
		name, err := nameOf(in.Namespace, in.MetricName, in.Dimensions)
		if err != nil {
			return nil, err
		}
		all, err := s.alarms(ctx)
		if err != nil {
			return nil, err
		}
		out := &cloudwatchapi.DescribeAlarmsForMetricOutput{MetricAlarms: []cloudwatchapi.MetricAlarm{}}
		for i := range all {
			a := &all[i]
			own, err := nameOf(a.Namespace, a.MetricName, a.Dimensions)
			if err != nil || !same(own, name) || a.MetricName == nil ||
				in.Period != nil && deref(a.Period) != *in.Period || in.Unit != nil && deref(a.Unit) != *in.Unit ||
				in.Statistic != nil && deref(a.Statistic) != *in.Statistic || in.ExtendedStatistic != nil && deref(a.ExtendedStatistic) != *in.ExtendedStatistic {
				continue
			}
			out.MetricAlarms = append(out.MetricAlarms, a.MetricAlarm)
		}
		return out, nil
	})
}

func (s *Service) deleteAlarms() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.DeleteAlarmsInput) ([]service.Check, error) {
		return onAlarms(call, in.AlarmNames...), nil
	}
	return service.Handle("DeleteAlarms", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DeleteAlarmsInput) (*service.None, error) {
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			for _, name := range in.AlarmNames {
				there, err := store.Exists(tx, alarmKey(name))
				if err != nil {
					return err
				}
				if !there {
					if len(in.AlarmNames) == 1 {
						return noAlarm(name)
					}
					continue
				}
				tx.Delete(alarmKey(name))
				if err := note(tx, s.Now(), name, historyConfiguration, `Alarm "`+name+`" deleted`, map[string]any{"version": "1.0", "type": "Delete"}); err != nil {
					return err
				}
			}
			return nil
		})
		return &service.None{}, err
	})
}

func (s *Service) setAlarmState() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.SetAlarmStateInput) ([]service.Check, error) {
		return onAlarms(call, deref(in.AlarmName)), nil
	}
	return service.Handle("SetAlarmState", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.SetAlarmStateInput) (*service.None, error) {
		if data := deref(in.StateReasonData); data != "" && !json.Valid([]byte(data)) {
			return nil, cloudwatchapi.Service.NewError("InvalidFormatFault", "The parameter StateReasonData was not syntactically valid JSON.")
		}
		return &service.None{}, s.enter(ctx, *in.AlarmName, *in.StateValue, *in.StateReason, deref(in.StateReasonData), nil)
	})
}

func (s *Service) enableAlarmActions() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.EnableAlarmActionsInput) ([]service.Check, error) {
		return onAlarms(call, in.AlarmNames...), nil
	}
	return service.Handle("EnableAlarmActions", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.EnableAlarmActionsInput) (*service.None, error) {
		return &service.None{}, s.setActions(ctx, in.AlarmNames, true)
	})
}

func (s *Service) disableAlarmActions() service.Operation {
	access := func(_ context.Context, call *service.Call, in *cloudwatchapi.DisableAlarmActionsInput) ([]service.Check, error) {
		return onAlarms(call, in.AlarmNames...), nil
	}
	return service.Handle("DisableAlarmActions", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DisableAlarmActionsInput) (*service.None, error) {
		return &service.None{}, s.setActions(ctx, in.AlarmNames, false)
	})
}

// setActions lets alarms act or not. Names of no alarm are passed over, as in CloudWatch.
func (s *Service) setActions(ctx context.Context, names []string, on bool) error {
	for _, name := range names {
		err := s.changeAlarm(ctx, name, func(_ store.Tx, a *Alarm) error {
			a.ActionsEnabled = &on
			return nil
		})
		if err != nil && !isNoAlarm(err) {
			return fmt.Errorf("change alarm %s: %w", name, err)
		}
	}
	return nil
}
