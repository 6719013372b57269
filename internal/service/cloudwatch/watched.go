package cloudwatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// watched is what an alarm looks at: queries, of which one makes the line that is compared.
type watched struct {
	queries []cloudwatchapi.MetricDataQuery
	compare int
	period  time.Duration // the longest of all
}

// As many queries as CloudWatch lets an alarm have, and of them as many metrics and as many expressions: every one is worked
// out every few seconds for as long as the alarm stands.
const (
	mostWatched       = 20
	mostWatchedOfKind = 10
)

// countWatched refuses too many queries.
func countWatched(queries []cloudwatchapi.MetricDataQuery) error {
	metrics := 0
	for i := range queries {
		if queries[i].MetricStat != nil {
			metrics++
		}
	}
	switch {
	case len(queries) > mostWatched:
		return validation("The collection Metrics must not have a size greater than %d: it has %d.", mostWatched, len(queries))
	case metrics > mostWatchedOfKind:
		return validation("Metrics must not have more than %d elements with MetricStat: there are %d.", mostWatchedOfKind, metrics)
	case len(queries)-metrics > mostWatchedOfKind:
		return validation("Metrics must not have more than %d elements with Expression: there are %d.", mostWatchedOfKind, len(queries)-metrics)
	}
	return nil
}

func watchedQueries(queries []cloudwatchapi.MetricDataQuery) (*watched, error) {
	if err := countWatched(queries); err != nil {
		return nil, err
	}
	w := &watched{queries: queries, compare: -1}
	q, err := parseQuestions(queries, time.Unix(0, 0), time.Unix(60, 0))
	if err != nil {
		return nil, err
	}
	for i := range q.asked {
		w.period = max(w.period, q.asked[i].period)
		if !q.asked[i].shown {
			continue
		}
		if w.compare >= 0 {
			return nil, validation("Exactly one element of the metrics list should return data: %s and %s both do.", q.asked[w.compare].id, q.asked[i].id)
		}
		w.compare = i
	}
	switch {
	case w.compare < 0:
		return nil, validation("Exactly one element of the metrics list should return data.")
	case w.period == 0:
		return nil, validation("Period must not be null.")
	}
	return w, nil
}

// judgeFor is how long one look at one alarm may take: the others wait for it.
const judgeFor = 5 * time.Second

// judgeAlone judges an alarm so that it cannot keep the others from being looked at: not by a fault of the program either.
func (s *Service) judgeAlone(ctx context.Context, a *Alarm) (state, reason, data string, err error) {
	ctx, cancel := context.WithTimeout(ctx, judgeFor)
	defer cancel()
	err = rescue.Run(func() (err error) {
		state, reason, data, err = s.judge(ctx, a)
		return err
	})
	if p := rescue.In(err); p != nil {
		s.quiet.Trouble(ctx, s.Log, slog.LevelError, s.Now(), faultOf(a), "a fault while an alarm was evaluated", "alarm", deref(a.AlarmName), "error", err, "stack", string(p.Stack))
	}
	return state, reason, data, err
}

// line reads what is compared, from one moment to another.
func (s *Service) line(ctx context.Context, w *watched, from, to time.Time) (*line, error) {
	q, err := s.questions(w.queries, from, to)
	if err != nil {
		return nil, err
	}
	q.budget = budget{linesOfAlarm, pointsOfAlarm}
	lines, err := q.answer(ctx, w.compare)
	if err != nil {
		return nil, err
	}
	if len(lines) != 1 {
		return nil, validation("An alarm compares one line of values; its expression comes to %d.", len(lines))
	}
	return &lines[0], nil
}
