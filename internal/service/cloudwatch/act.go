package cloudwatch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// An Action is a notification on its way. It is written with the change of state: no crash loses one.
type Action struct {
	Alarm    string
	Type     string `json:",omitempty"` // of the alarm; empty is a metric alarm
	What     notify.Notification
	Attempts int
	Next     time.Time
}

// act queues what an alarm does in its new state.
func (s *Service) act(tx store.Tx, a *Alarm, was string, now time.Time) error {
	if !deref(a.ActionsEnabled) {
		return nil
	}
	topics := map[string][]string{stateAlarm: a.AlarmActions, stateOK: a.OKActions, stateUnknown: a.InsufficientDataActions}[*a.StateValue]
	for _, topic := range topics {
		waiting, err := waitingFor(tx, topic)
		if err != nil {
			return err
		}
		if waiting >= mostWaiting {
			if err := noteAction(tx, now, *a.AlarmName, a.kind(), topic, fmt.Errorf("%d notifications wait for the topic already", waiting)); err != nil {
				return err
			}
			continue
		}
		if err := store.Write(tx, waitingKeys+topic, waiting+1); err != nil {
			return err
		}
		text, err := s.message(a, was)
		if err != nil {
			return err
		}
		what := notify.Notification{ID: uuid.NewString(), Topic: topic, Subject: *a.StateValue + `: "` + *a.AlarmName + `" in ` + s.Region, Message: text, At: now}
		if err := store.Write(tx, actionKeys+momentKey(now), &Action{Alarm: *a.AlarmName, Type: a.kind(), What: what, Next: now}); err != nil {
			return err
		}
	}
	return nil
}

// mostWaiting bounds the notifications that wait for one topic: each is tried for a day, in the store that all of the state lies
// in, and as long as the webhook is dead more come.
const mostWaiting = 1000

// waitingFor is how many notifications wait for a topic.
func waitingFor(tx store.Tx, topic string) (int, error) {
	n, err := store.Read[int](tx, waitingKeys+topic)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// waited takes one off those that wait for a topic. What an earlier release has queued was not counted.
func waited(tx store.Tx, topic string) error {
	n, err := waitingFor(tx, topic)
	if err != nil {
		return err
	}
	if n <= 1 {
		tx.Delete(waitingKeys + topic)
		return nil
	}
	return store.Write(tx, waitingKeys+topic, n-1)
}

// noteAction writes into an alarm's history how telling a topic has gone.
func noteAction(tx store.Tx, now time.Time, alarm, alarmType, topic string, problem error) error {
	summary, data := "Successfully executed action "+topic, map[string]any{"actionState": "Succeeded", "notificationResource": topic}
	if problem != nil {
		summary, data["actionState"], data["error"] = "Failed to execute action "+topic, "Failed", problem.Error()
	}
	return note(tx, now, alarm, cmp.Or(alarmType, metricAlarm), historyAction, summary, data)
}

// message is what a topic is told of an alarm.
func (s *Service) message(a *Alarm, was string) (string, error) {
	if a.Rule == nil {
		return s.alarmMessage(a, was)
	}
	raw, err := json.Marshal(map[string]any{
		"AlarmName": a.AlarmName, "AlarmDescription": a.AlarmDescription, "AWSAccountId": s.Account, "AlarmArn": a.AlarmArn, "Region": s.Region, "AlarmRule": a.Rule,
		"NewStateValue": a.StateValue, "NewStateReason": a.StateReason, "StateChangeTime": a.StateUpdatedTimestamp.UTC().Format(dateForm), "OldStateValue": was,
		"OKActions": a.OKActions, "AlarmActions": a.AlarmActions, "InsufficientDataActions": a.InsufficientDataActions,
	})
	if err != nil {
		return "", fmt.Errorf("encode an alarm: %w", err)
	}
	return string(raw), nil
}

// alarmMessage is what CloudWatch tells a topic.
func (s *Service) alarmMessage(a *Alarm, was string) (string, error) {
	type dimension struct {
		Value string `json:"value"`
		Name  string `json:"name"`
	}
	trigger := map[string]any{
		"Period": a.Period, "EvaluationPeriods": a.EvaluationPeriods, "DatapointsToAlarm": a.DatapointsToAlarm, "ComparisonOperator": a.ComparisonOperator,
		"Threshold": a.Threshold, "TreatMissingData": deref(a.TreatMissingData), "EvaluateLowSampleCountPercentile": deref(a.EvaluateLowSampleCountPercentile),
	}
	if len(a.Metrics) > 0 {
		trigger["Metrics"] = a.Metrics
	} else {
		dimensions := []dimension{}
		for _, d := range a.Dimensions {
			dimensions = append(dimensions, dimension{deref(d.Value), deref(d.Name)})
		}
		trigger["MetricName"], trigger["Namespace"], trigger["Unit"], trigger["Dimensions"] = a.MetricName, a.Namespace, a.Unit, dimensions
		trigger["StatisticType"], trigger["Statistic"] = "Statistic", strings.ToUpper(deref(a.Statistic))
		if a.ExtendedStatistic != nil {
			trigger["StatisticType"], trigger["Statistic"] = "ExtendedStatistic", *a.ExtendedStatistic
		}
	}
	raw, err := json.Marshal(map[string]any{
		"AlarmName": a.AlarmName, "AlarmDescription": a.AlarmDescription, "AWSAccountId": s.Account, "AlarmArn": a.AlarmArn, "Region": s.Region,
		"AlarmConfigurationUpdatedTimestamp": a.AlarmConfigurationUpdatedTimestamp.UTC().Format(dateForm), "NewStateValue": a.StateValue, "NewStateReason": a.StateReason,
		"StateChangeTime": a.StateUpdatedTimestamp.UTC().Format(dateForm), "OldStateValue": was, "OKActions": a.OKActions, "AlarmActions": a.AlarmActions,
		"InsufficientDataActions": a.InsufficientDataActions, "Trigger": trigger,
	})
	if err != nil {
		return "", fmt.Errorf("encode an alarm: %w", err)
	}
	return string(raw), nil
}
