package cloudwatch

import (
	"encoding/json"
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
	What     notify.Notification
	Attempts int
	Next     time.Time
}

// mostWaiting is how many notifications may wait for their webhooks: each holds what its alarm is, and is tried for a day, in
// the store that all of the state lies in.
const mostWaiting = 2000

// act queues what an alarm does in its new state.
func (s *Service) act(tx store.Tx, a *Alarm, was string, now time.Time) error {
	if !deref(a.ActionsEnabled) {
		return nil
	}
	topics := map[string][]string{stateAlarm: a.AlarmActions, stateOK: a.OKActions, stateUnknown: a.InsufficientDataActions}[*a.StateValue]
	if len(topics) == 0 {
		return nil
	}
	waiting, err := store.Count(tx, actionKeys)
	if err != nil {
		return err
	}
	for n, topic := range topics {
		if waiting+n >= mostWaiting {
			if err := note(tx, now, *a.AlarmName, historyAction, "Failed to execute action "+topic, map[string]any{
				"actionState": "Failed", "notificationResource": topic, "error": fmt.Sprintf("%d notifications wait already", mostWaiting),
			}); err != nil {
				return err
			}
			continue
		}
		text, err := s.alarmMessage(a, was)
		if err != nil {
			return err
		}
		what := notify.Notification{ID: uuid.NewString(), Topic: topic, Subject: *a.StateValue + `: "` + *a.AlarmName + `" in ` + s.Region, Message: text, At: now}
		if err := store.Write(tx, actionKeys+momentKey(now), &Action{Alarm: *a.AlarmName, What: what, Next: now}); err != nil {
			return err
		}
	}
	return nil
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
