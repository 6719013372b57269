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
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.DescribeAlarmsInput) ([]service.Check, error) {
		if len(in.AlarmNames) == 0 {
			return s.onAlarms(ctx, call, "*"), nil
		}
		return s.onAlarms(ctx, call, in.AlarmNames...), nil
	}
	return service.Handle("DescribeAlarms", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DescribeAlarmsInput) (*cloudwatchapi.DescribeAlarmsOutput, error) {
		if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
			return nil, validation("AlarmNames and AlarmNamePrefix are mutually exclusive: give one of them.")
		}
		out := &cloudwatchapi.DescribeAlarmsOutput{MetricAlarms: []cloudwatchapi.MetricAlarm{}, CompositeAlarms: []cloudwatchapi.CompositeAlarm{}}
		all, err := s.alarms(ctx)
		if err != nil {
			return nil, err
		}
		if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
			return s.relatives(all, in)
		}
		types := in.AlarmTypes
		if len(types) == 0 {
			types = []string{metricAlarm} // as CloudWatch has it
		}
		page, next, err := pageOfAll(slices.DeleteFunc(all, func(a Alarm) bool { return !slices.Contains(types, a.kind()) || !asked(&a, in) }), in.NextToken, in.MaxRecords)
		out.NextToken = next
		for i := range page {
			if page[i].Rule != nil {
				out.CompositeAlarms = append(out.CompositeAlarms, page[i].composite())
			} else {
				out.MetricAlarms = append(out.MetricAlarms, page[i].MetricAlarm)
			}
		}
		return out, err
	})
}

// relatives are the alarms that one's rule is about, or those whose rules are about it: of them the names and states alone are
// told.
func (s *Service) relatives(all []Alarm, in *cloudwatchapi.DescribeAlarmsInput) (*cloudwatchapi.DescribeAlarmsOutput, error) {
	if in.ChildrenOfAlarmName != nil && in.ParentsOfAlarmName != nil {
		return nil, validation("ChildrenOfAlarmName and ParentsOfAlarmName are mutually exclusive: give one of them.")
	}
	if len(in.AlarmNames) > 0 || in.AlarmNamePrefix != nil || in.ActionPrefix != nil || in.StateValue != nil {
		return nil, validation("ChildrenOfAlarmName and ParentsOfAlarmName stand alone, with MaxRecords and NextToken at most.")
	}
	of := deref(in.ChildrenOfAlarmName) + deref(in.ParentsOfAlarmName)
	children := map[string][]string{}
	for i := range all {
		if all[i].Rule != nil {
			r, err := s.parseRule(*all[i].Rule)
			if err != nil {
				return nil, fmt.Errorf("read the rule of alarm %s: %w", *all[i].AlarmName, err)
			}
			children[*all[i].AlarmName] = childrenOf(r)
		}
	}
	page, next, err := pageOfAll(slices.DeleteFunc(all, func(a Alarm) bool {
		if in.ChildrenOfAlarmName != nil {
			return !slices.Contains(children[of], *a.AlarmName)
		}
		return !slices.Contains(children[*a.AlarmName], of)
	}), in.NextToken, in.MaxRecords)
	out := &cloudwatchapi.DescribeAlarmsOutput{MetricAlarms: []cloudwatchapi.MetricAlarm{}, CompositeAlarms: []cloudwatchapi.CompositeAlarm{}, NextToken: next}
	for i := range page {
		a := &page[i]
		if a.Rule != nil {
			out.CompositeAlarms = append(out.CompositeAlarms, cloudwatchapi.CompositeAlarm{AlarmName: a.AlarmName, AlarmArn: a.AlarmArn, StateValue: a.StateValue, StateUpdatedTimestamp: a.StateUpdatedTimestamp})
		} else {
			out.MetricAlarms = append(out.MetricAlarms, cloudwatchapi.MetricAlarm{AlarmName: a.AlarmName, AlarmArn: a.AlarmArn, StateValue: a.StateValue, StateUpdatedTimestamp: a.StateUpdatedTimestamp})
		}
	}
	return out, err
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
	access := func(ctx context.Context, call *service.Call, _ *cloudwatchapi.DescribeAlarmsForMetricInput) ([]service.Check, error) {
		return s.onAlarms(ctx, call, "*"), nil
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
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.DeleteAlarmsInput) ([]service.Check, error) {
		return s.onAlarms(ctx, call, in.AlarmNames...), nil
	}
	return service.Handle("DeleteAlarms", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.DeleteAlarmsInput) (*service.None, error) {
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			all, err := alarmsIn(tx)
			if err != nil {
				return err
			}
			parents := s.parents(all, in.AlarmNames)
			for _, name := range in.AlarmNames {
				at := slices.IndexFunc(all, func(a Alarm) bool { return *a.AlarmName == name })
				if at < 0 {
					if len(in.AlarmNames) == 1 {
						return noAlarm(name)
					}
					continue
				}
				if parent := parents[name]; parent != "" {
					return validation("The alarm %s cannot be deleted: the composite alarm %s is about it.", name, parent)
				}
				tx.Delete(alarmKey(name))
				if err := note(tx, s.Now(), name, all[at].kind(), historyConfiguration, `Alarm "`+name+`" deleted`, map[string]any{"version": "1.0", "type": "Delete"}); err != nil {
					return err
				}
			}
			return nil
		})
		return &service.None{}, err
	})
}

func (s *Service) setAlarmState() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.SetAlarmStateInput) ([]service.Check, error) {
		return s.onAlarms(ctx, call, deref(in.AlarmName)), nil
	}
	return service.Handle("SetAlarmState", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.SetAlarmStateInput) (*service.None, error) {
		if data := deref(in.StateReasonData); data != "" && !json.Valid([]byte(data)) {
			return nil, cloudwatchapi.Service.NewError("InvalidFormatFault", "The parameter StateReasonData was not syntactically valid JSON.")
		}
		_, err := s.enter(ctx, *in.AlarmName, *in.StateValue, *in.StateReason, deref(in.StateReasonData), nil)
		return &service.None{}, err
	})
}

func (s *Service) enableAlarmActions() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.EnableAlarmActionsInput) ([]service.Check, error) {
		return s.onAlarms(ctx, call, in.AlarmNames...), nil
	}
	return service.Handle("EnableAlarmActions", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.EnableAlarmActionsInput) (*service.None, error) {
		return &service.None{}, s.setActions(ctx, in.AlarmNames, true)
	})
}

func (s *Service) disableAlarmActions() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.DisableAlarmActionsInput) ([]service.Check, error) {
		return s.onAlarms(ctx, call, in.AlarmNames...), nil
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
