package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// evaluateEvery is how often alarms are looked at; arrivesWithin how long after a period's end its values are taken as whole.
const (
	evaluateEvery = 10 * time.Second
	arrivesWithin = 5 * time.Second
)

// Run evaluates alarms and delivers what they do, until the context ends, on the server that leads.
func (s *Service) Run(ctx context.Context) { s.run(ctx, evaluateEvery, deliverEvery) }

// run has a loop for each: a webhook that does not answer leaves no alarm unevaluated.
func (s *Service) run(ctx context.Context, evaluate, deliver time.Duration) {
	var loops sync.WaitGroup
	loops.Go(func() {
		s.whileLeading(ctx, deliver, func(int) {
			for more := true; more && s.leading(); {
				var err error
				if more, err = s.deliver(ctx); err != nil {
					if ctx.Err() == nil {
						s.quiet.Trouble(ctx, s.Log, slog.LevelError, s.Now(), troubleDelivery, "what alarms do was not delivered", "error", err)
					}
					return
				}
			}
			s.quiet.Over(ctx, s.Log, troubleDelivery, "what alarms do is delivered again")
		})
	})
	s.whileLeading(ctx, evaluate, func(turn int) {
		switch err := s.Evaluate(ctx); {
		case err == nil:
			s.quiet.Over(ctx, s.Log, troubleEvaluation, "alarms are evaluated again")
		case ctx.Err() == nil:
			s.quiet.Trouble(ctx, s.Log, slog.LevelError, s.Now(), troubleEvaluation, "alarms were not evaluated", "error", err)
		}
		if turn%360 == 0 {
			if err := s.trimHistory(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("the history of alarms was not trimmed", "error", err)
			}
		}
	})
	loops.Wait()
}

// whileLeading does something now and then, while this server leads, until the context ends.
func (s *Service) whileLeading(ctx context.Context, every time.Duration, do func(turn int)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if s.leading() {
			do(turn)
		}
	}
}

func (s *Service) leading() bool { return s.Leads == nil || s.Leads() }

// Evaluate looks at every alarm once.
func (s *Service) Evaluate(ctx context.Context) error {
	all, err := s.alarms(ctx)
	if err != nil {
		return err
	}
	there := map[string]bool{troubleDelivery: true, troubleEvaluation: true}
	for i := range all {
		there[troubleOf(&all[i])], there[faultOf(&all[i])] = true, true
	}
	s.quiet.Keep(func(key string) bool { return there[key] })
	for i := range all {
		if a := &all[i]; a.Rule == nil {
			if err := s.evaluate(ctx, a, func() (string, string, string, error) { return s.judgeAlone(ctx, a) }); err != nil {
				return err
			}
		}
	}
	f := s.familyOf(all)
	for i := range all {
		err := f.childrenFirst(&all[i], func(a *Alarm, r rule) error {
			return s.evaluate(ctx, a, func() (string, string, string, error) { return f.judge(a, r) })
		})
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil {
			s.quiet.Trouble(ctx, s.Log, slog.LevelWarn, s.Now(), troubleOf(&all[i]), "an alarm cannot be evaluated", "alarm", *all[i].AlarmName, "error", err)
		}
	}
	return nil
}

// evaluate brings an alarm into the state that it should be in. Only the end of the context is an error.
func (s *Service) evaluate(ctx context.Context, a *Alarm, judge func() (state, reason, data string, err error)) error {
	state, reason, data, err := judge()
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		s.quiet.Trouble(ctx, s.Log, slog.LevelWarn, s.Now(), troubleOf(a), "an alarm cannot be evaluated", "alarm", *a.AlarmName, "error", err)
		return nil
	}
	s.quiet.Over(ctx, s.Log, troubleOf(a), "an alarm can be evaluated again", "alarm", *a.AlarmName)
	if state == *a.StateValue {
		return nil
	}
	entered, err := s.enter(ctx, *a.AlarmName, state, reason, data, a.AlarmConfigurationUpdatedTimestamp)
	switch {
	case err == nil && !entered: // it is another alarm by now, which stands as it stood until the next turn
	case err == nil: // those that are about this one see it so
		now := s.Now().UTC()
		a.StateValue, a.StateReason, a.StateUpdatedTimestamp, a.StateTransitionedTimestamp = &state, &reason, &now, &now
	case isNoAlarm(err): // it was deleted meanwhile
	case ctx.Err() != nil:
		return err
	default:
		s.Log.Error("an alarm's state was not changed", "alarm", *a.AlarmName, "state", state, "error", err)
	}
	return nil
}

// What troubles are known by.
const (
	troubleDelivery   = "delivery"
	troubleEvaluation = "evaluation"
)

func troubleOf(a *Alarm) string { return "alarm " + *a.AlarmName }

func faultOf(a *Alarm) string { return "fault of alarm " + *a.AlarmName }

// reasonData is the machine's form of a state's reason.
type reasonData struct {
	Version          string    `json:"version"`
	QueryDate        string    `json:"queryDate"`
	StartDate        string    `json:"startDate,omitempty"`
	Statistic        string    `json:"statistic,omitempty"`
	Period           int64     `json:"period"`
	RecentDatapoints []float64 `json:"recentDatapoints"`
	Threshold        float64   `json:"threshold"`
}

// mostRecent bounds what a reason tells of: it is kept in the alarm's state and in its history, and CloudWatch's is up to
// 4000 characters long.
const mostRecent = 100

func recent(values []float64) []float64 {
	return append([]float64{}, values[max(len(values)-mostRecent, 0):]...)
}

// dateForm is that of dates in reasons.
const dateForm = "2006-01-02T15:04:05.000-0700"

// judge says in which state an alarm should be.
func (s *Service) judge(ctx context.Context, a *Alarm) (state, reason, data string, err error) {
	w, err := a.watched()
	if err != nil {
		return "", "", "", err
	}
	to := s.Now().Add(-arrivesWithin).Truncate(w.period).UTC()
	from := to.Add(-time.Duration(*a.EvaluationPeriods+lookBack) * w.period)
	l, err := s.line(ctx, w, from, to)
	if err != nil {
		return "", "", "", err
	}
	v := weigh(a, l, w.period, to)
	if low, err := s.tooFew(ctx, a, w, &v.of, from, to); err != nil || low {
		return *a.StateValue, "", "", err
	}
	d := reasonData{
		Version: "1.0", QueryDate: s.Now().UTC().Format(dateForm), Period: int64(w.period.Seconds()), RecentDatapoints: recent(v.of.Values),
		Threshold: *a.Threshold, Statistic: deref(a.Statistic) + deref(a.ExtendedStatistic),
	}
	if len(v.of.At) > 0 {
		d.StartDate = v.of.At[0].UTC().Format(dateForm)
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return "", "", "", fmt.Errorf("encode a reason: %w", err)
	}
	return v.state, v.reason(a), string(raw), nil
}

// enter brings an alarm into another state, and queues what it then does. Where it was configured anew meanwhile (than at
// configured, if that is given) nothing is done, and it is not entered: the verdict was of another alarm.
func (s *Service) enter(ctx context.Context, name, state, reason, data string, configured *time.Time) (entered bool, err error) {
	now := s.Now().UTC()
	err = s.changeAlarm(ctx, name, func(tx store.Tx, a *Alarm) error {
		if entered = configured == nil || configured.Equal(*a.AlarmConfigurationUpdatedTimestamp); !entered {
			return nil
		}
		was := *a.StateValue
		old := map[string]any{"stateValue": was, "stateReason": deref(a.StateReason)}
		a.StateValue, a.StateReason, a.StateUpdatedTimestamp = &state, &reason, &now
		if a.StateReasonData = nil; data != "" {
			a.StateReasonData = &data
		}
		if was == state {
			return nil
		}
		a.StateTransitionedTimestamp = &now
		if err := note(tx, now, name, a.kind(), historyState, "Alarm updated from "+was+" to "+state, map[string]any{
			"version": "1.0", "oldState": old, "newState": map[string]any{"stateValue": state, "stateReason": reason, "stateReasonData": rawOrNil(data)},
		}); err != nil {
			return err
		}
		return s.act(tx, a, was, now)
	})
	if err != nil {
		return false, fmt.Errorf("bring alarm %s into state %s: %w", name, state, err)
	}
	return entered, nil
}

func rawOrNil(data string) any {
	if data == "" || !json.Valid([]byte(data)) {
		return nil
	}
	return json.RawMessage(data)
}
