package cloudwatch

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
)

// watched is what an alarm looks at: queries, of which one makes the line that is compared.
type watched struct {
	queries []cloudwatchapi.MetricDataQuery
	compare int
	period  time.Duration // the longest of all
}

func watchedQueries(queries []cloudwatchapi.MetricDataQuery) (*watched, error) {
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

// line reads what is compared, from one moment to another.
func (s *Service) line(ctx context.Context, w *watched, from, to time.Time) (*line, error) {
	q, err := s.questions(w.queries, from, to)
	if err != nil {
		return nil, err
	}
	lines, err := q.answer(ctx, w.compare)
	if err != nil {
		return nil, err
	}
	if len(lines) != 1 {
		return nil, validation("An alarm compares one line of values; its expression comes to %d.", len(lines))
	}
	return &lines[0], nil
}
