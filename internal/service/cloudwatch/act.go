package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/whimbreldb/whimbrel/internal/notify"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// How notifications of alarms are tried again: after two seconds, then twice as long each time, for a day.
const (
	firstPause   = 2 * time.Second
	longestPause = 10 * time.Minute
	triedFor     = 24 * time.Hour
	sentAtOnce   = 100
)

// An Action is a notification on its way. It is written with the change of state: no crash loses one.
type Action struct {
	Alarm    string
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
		text, err := s.alarmMessage(a, was)
		if err != nil {
			return err
		}
		what := notify.Notification{ID: uuid.NewString(), Topic: topic, Subject: *a.StateValue + `: "` + *a.AlarmName + `" in ` + s.Region, Message: text, At: now}
		if err := store.Write(tx, actionKeys+momentKey(now), Action{Alarm: *a.AlarmName, What: what, Next: now}); err != nil {
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

// deliver sends what is due, in order of its happening.
func (s *Service) deliver(ctx context.Context) error {
	page, err := s.Store.List(ctx, store.Range{Prefix: actionKeys, Limit: sentAtOnce})
	if err != nil {
		return fmt.Errorf("list what alarms do: %w", err)
	}
	client := s.Topics.HTTP()
	for _, item := range page.Items {
		var a Action
		if err := item.Decode(&a); err != nil {
			return err
		}
		if s.Now().Before(a.Next) {
			continue
		}
		err := s.Topics.Post(ctx, client, &a.What, s.Now())
		if ctx.Err() != nil && err != nil {
			return ctx.Err()
		}
		if err := s.delivered(ctx, item.Key, &a, err); err != nil {
			return err
		}
	}
	return nil
}

// delivered writes down how an attempt went, also when the server is about to stop.
func (s *Service) delivered(ctx context.Context, key string, a *Action, problem error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notify.SendFor)
	defer cancel()
	now := s.Now().UTC()
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		if there, err := store.Exists(tx, key); err != nil || !there {
			return err
		}
		if problem != nil && !errors.Is(problem, notify.ErrNowhere) && now.Sub(a.What.At) < triedFor {
			a.Attempts++
			a.Next = now.Add(min(firstPause<<min(a.Attempts-1, 20), longestPause))
			return store.Write(tx, key, a)
		}
		tx.Delete(key)
		summary, data := "Successfully executed action "+a.What.Topic, map[string]any{"actionState": "Succeeded", "notificationResource": a.What.Topic}
		if problem != nil {
			summary, data["actionState"], data["error"] = "Failed to execute action "+a.What.Topic, "Failed", problem.Error()
		}
		return note(tx, now, a.Alarm, historyAction, summary, data)
	})
	if err != nil {
		return fmt.Errorf("note what alarm %s did: %w", a.Alarm, err)
	}
	if problem != nil {
		s.Log.Warn("an alarm's notification was not delivered", "alarm", a.Alarm, "topic", a.What.Topic, "error", problem)
	}
	return nil
}
