package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// The types of alarms.
const (
	metricAlarm    = "MetricAlarm"
	compositeAlarm = "CompositeAlarm"
)

func (a *Alarm) kind() string {
	if a.Rule != nil {
		return compositeAlarm
	}
	return metricAlarm
}

func (s *Service) putCompositeAlarm() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.PutCompositeAlarmInput) ([]service.Check, error) {
		return s.onPut(ctx, call, deref(in.AlarmName), in.Tags, in.AlarmActions, in.OKActions, in.InsufficientDataActions), nil
	}
	return service.Handle("PutCompositeAlarm", access, func(ctx context.Context, call *service.Call, in *cloudwatchapi.PutCompositeAlarmInput) (*service.None, error) {
		if in.ActionsSuppressor != nil || in.ActionsSuppressorWaitPeriod != nil || in.ActionsSuppressorExtensionPeriod != nil {
			return nil, validation("ActionsSuppressor and its periods are not served: put the suppressing alarm into the AlarmRule, as in ALARM(a) AND NOT ALARM(b).")
		}
		if err := checkActions(in.AlarmActions, in.OKActions, in.InsufficientDataActions); err != nil {
			return nil, err
		}
		r, err := s.parseRule(*in.AlarmRule)
		if err != nil {
			return nil, validation("Invalid AlarmRule: %v.", err)
		}
		tags, err := tagsOf(in.Tags, validation)
		if err != nil {
			return nil, err
		}
		fresh := &Alarm{Rule: in.AlarmRule, MetricAlarm: cloudwatchapi.MetricAlarm{
			AlarmName: in.AlarmName, AlarmArn: new(s.alarmARN(*in.AlarmName)), AlarmDescription: in.AlarmDescription, ActionsEnabled: in.ActionsEnabled,
			AlarmActions: orNone(in.AlarmActions), OKActions: orNone(in.OKActions), InsufficientDataActions: orNone(in.InsufficientDataActions),
		}}
		if fresh.ActionsEnabled == nil {
			fresh.ActionsEnabled = new(true)
		}
		return &service.None{}, s.putAlarm(ctx, call.Now, fresh, tags, func(tx store.Tx) error { return s.checkChildren(tx, *in.AlarmName, childrenOf(r)) })
	})
}

func (s *Service) parseRule(text string) (rule, error) {
	return parseRule(text, func(reference string) (string, bool) {
		if name, ok := strings.CutPrefix(reference, s.alarmARN("")); ok {
			return name, name != ""
		}
		return reference, reference != "" && !strings.HasPrefix(reference, "arn:")
	})
}

// checkChildren refuses rules about alarms that are not there, and about themselves: no such rule has a state.
func (s *Service) checkChildren(tx store.Tx, name string, children []string) error {
	if len(children) > mostRuleAlarms {
		return validation("Invalid AlarmRule: it is about %d alarms, and may be about %d.", len(children), mostRuleAlarms)
	}
	seen := map[string]bool{}
	for todo := slices.Clone(children); len(todo) > 0; todo = todo[1:] {
		child := todo[0]
		if child == name {
			return validation("Invalid AlarmRule: the alarm %s would be about itself, by way of the alarms of its rule.", name)
		}
		if seen[child] {
			continue
		}
		seen[child] = true
		a, err := store.Read[Alarm](tx, alarmKey(child))
		if errors.Is(err, store.ErrNotFound) {
			return validation("Invalid AlarmRule: there is no alarm %s.", child)
		}
		if err != nil {
			return err
		}
		if a.Rule == nil {
			continue
		}
		r, err := s.parseRule(*a.Rule)
		if err != nil {
			return fmt.Errorf("read the rule of alarm %s: %w", child, err)
		}
		todo = append(todo, childrenOf(r)...)
	}
	return nil
}

// family are all alarms with their states, which change while they are evaluated.
type family struct {
	service *Service
	all     map[string]*Alarm
	judged  map[string]bool
}

func (s *Service) familyOf(all []Alarm) *family {
	f := &family{service: s, all: map[string]*Alarm{}, judged: map[string]bool{}}
	for i := range all {
		f.all[*all[i].AlarmName] = &all[i]
	}
	return f
}

// childrenFirst calls judge for a composite alarm once those that its rule is about have been judged.
func (f *family) childrenFirst(a *Alarm, judge func(*Alarm, rule) error) error {
	if a.Rule == nil || f.judged[*a.AlarmName] {
		return nil
	}
	f.judged[*a.AlarmName] = true
	r, err := f.service.parseRule(*a.Rule)
	if err != nil {
		return fmt.Errorf("read the rule of alarm %s: %w", *a.AlarmName, err)
	}
	for _, name := range childrenOf(r) {
		if child := f.all[name]; child != nil {
			if err := f.childrenFirst(child, judge); err != nil {
				return err
			}
		}
	}
	return judge(a, r)
}

// triggering is an alarm that a composite alarm's state is due to.
type triggering struct {
	ARN   string          `json:"arn"`
	State triggeringState `json:"state"`
}

type triggeringState struct {
	Value     string `json:"value"`
	Timestamp string `json:"timestamp"`
}

// judge says in which state a composite alarm should be: ALARM while its rule holds, otherwise OK.
func (f *family) judge(a *Alarm, r rule) (state, reason, data string, err error) {
	state = stateOK
	if r.holds(f.state) {
		state = stateAlarm
	}
	var due []triggering
	latest, when := "", time.Time{}
	for _, name := range childrenOf(r) {
		child := f.all[name]
		if child == nil {
			continue
		}
		at := child.StateTransitionedTimestamp
		if at == nil {
			at = child.StateUpdatedTimestamp
		}
		if at == nil {
			continue
		}
		due = append(due, triggering{*child.AlarmArn, triggeringState{*child.StateValue, at.UTC().Format(dateForm)}})
		if latest == "" || at.After(when) {
			latest, when = *child.AlarmArn+" transitioned to "+*child.StateValue+" at "+at.UTC().Format("Monday 02 January, 2006 15:04:05 MST"), *at
		}
	}
	if latest == "" {
		latest = fmt.Sprintf("the rule %s is about no alarm", shorten(*a.Rule))
	}
	raw, err := json.Marshal(map[string]any{"triggeringAlarms": due})
	if err != nil {
		return "", "", "", fmt.Errorf("encode a reason: %w", err)
	}
	if len(raw) > mostReasonData { // it is kept in the state and in the history
		raw = nil
	}
	return state, latest, string(raw), nil
}

// mostReasonData is CloudWatch's bound.
const mostReasonData = 4000

func shorten(text string) string { return text[:min(len(text), 200)] }

// state is an alarm's; one that is gone has no data.
func (f *family) state(name string) string {
	if a := f.all[name]; a != nil {
		return *a.StateValue
	}
	return stateUnknown
}

// parents name, for each alarm that one is about, a composite alarm that stays when others are deleted.
func (s *Service) parents(all []Alarm, going []string) map[string]string {
	out := map[string]string{}
	for i := range all {
		a := &all[i]
		if a.Rule == nil || slices.Contains(going, *a.AlarmName) {
			continue
		}
		r, err := s.parseRule(*a.Rule)
		if err != nil {
			continue
		}
		r.alarms(func(name string) {
			if out[name] == "" {
				out[name] = *a.AlarmName
			}
		})
	}
	return out
}

func (a *Alarm) composite() cloudwatchapi.CompositeAlarm {
	return cloudwatchapi.CompositeAlarm{
		AlarmName: a.AlarmName, AlarmArn: a.AlarmArn, AlarmDescription: a.AlarmDescription, AlarmRule: a.Rule, ActionsEnabled: a.ActionsEnabled, AlarmActions: a.AlarmActions,
		OKActions: a.OKActions, InsufficientDataActions: a.InsufficientDataActions, StateValue: a.StateValue, StateReason: a.StateReason, StateReasonData: a.StateReasonData,
		StateUpdatedTimestamp: a.StateUpdatedTimestamp, StateTransitionedTimestamp: a.StateTransitionedTimestamp, AlarmConfigurationUpdatedTimestamp: a.AlarmConfigurationUpdatedTimestamp,
	}
}
