package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/metric/formula"
)

// question is one query of a request: a metric or an expression.
type question struct {
	id, label  string
	shown      bool
	name       metric.Name
	unit, stat string
	of         metric.Statistic
	period     time.Duration // of an expression: what it was given, or 0
	expression *formula.Expression
	text       string
}

// questions are the queries of a request, with what has been worked out so far.
type questions struct {
	service  *Service // whose metrics and names answers are made of; nil while queries are only checked
	from, to time.Time
	asked    []question
	place    map[string]int
	answers  map[string]formula.Value
	budget   budget
	zone     *time.Location  // of times in labels
	open     map[string]bool // being worked out: whoever asks for one of them asks in a circle
}

type line = formula.Line

var idForm = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,254}$`)

// questions reads queries, whose answers are then of this service's metrics.
func (s *Service) questions(queries []cloudwatchapi.MetricDataQuery, start, end time.Time) (*questions, error) {
	q, err := parseQuestions(queries, start, end)
	if err == nil {
		q.service = s
	}
	return q, err
}

func parseQuestions(queries []cloudwatchapi.MetricDataQuery, start, end time.Time) (*questions, error) {
	if len(queries) == 0 {
		return nil, missing("The parameter MetricDataQueries is required.")
	}
	if len(queries) > mostQueries {
		return nil, invalid("The collection MetricDataQueries must not have a size greater than %d.", mostQueries)
	}
	q := &questions{place: map[string]int{}, answers: map[string]formula.Value{}, zone: time.UTC, open: map[string]bool{}, budget: budget{linesOfRequest, pointsOfRequest}}
	least := time.Minute
	for i := range queries {
		one, err := questionOf(&queries[i])
		if err != nil {
			return nil, err
		}
		if _, twice := q.place[one.id]; twice {
			return nil, invalid("The values for parameter id in MetricDataQueries are not unique: %s is given twice.", one.id)
		}
		q.place[one.id] = i
		q.asked = append(q.asked, one)
		if one.period > 0 {
			least = min(least, one.period)
		}
	}
	q.from, q.to = window(start, end, least)
	for i := range q.asked {
		if x := q.asked[i].expression; x != nil {
			for _, name := range x.Names {
				if _, ok := q.place[name]; !ok {
					return nil, invalid("Error in expression '%s': there is no query with the id %s.", q.asked[i].id, name)
				}
			}
		}
	}
	return q, nil
}

func questionOf(in *cloudwatchapi.MetricDataQuery) (question, error) {
	q := question{id: deref(in.Id), label: deref(in.Label), shown: in.ReturnData == nil || *in.ReturnData}
	if in.AccountId != nil {
		return q, invalid("The query %q names an AccountId: metrics of other accounts are not monitored here; leave it out.", cut(q.id))
	}
	if len(q.label) > longestLabel {
		return q, invalid("The Label of query %q is %d bytes long, of at most %d.", cut(q.id), len(q.label), longestLabel)
	}
	if n := len(dynamic.FindAllString(q.label, -1)); n > mostDynamic {
		return q, invalid("The Label of query %q has %d dynamic parts, of at most %d.", cut(q.id), n, mostDynamic)
	}
	if !idForm.MatchString(q.id) {
		return q, invalid("The value %q for parameter Id is not valid: it begins with a small letter, and letters, digits and underscores follow.", q.id)
	}
	var err error
	switch {
	case in.MetricStat == nil && in.Expression == nil:
		return q, missing("The query %s must have MetricStat or Expression.", q.id)
	case in.MetricStat != nil && in.Expression != nil:
		return q, invalidCombination("The parameters MetricStat and Expression of query %s are mutually exclusive and you have specified both.", q.id)
	case in.Expression != nil:
		q.text = *in.Expression
		if q.expression, err = formula.Parse(q.text); err != nil {
			return q, invalid("Error in expression '%s': %v.", q.id, err)
		}
		if in.Period != nil {
			q.period, err = checkPeriod(*in.Period)
		}
		return q, err
	}
	return q, q.ofMetric(in.MetricStat)
}

func (q *question) ofMetric(in *cloudwatchapi.MetricStat) (err error) {
	if in.Metric == nil || deref(in.Metric.Namespace) == "" || deref(in.Metric.MetricName) == "" {
		return missing("The metric of query %s must have a Namespace and a MetricName.", q.id)
	}
	if q.name, err = nameOf(in.Metric.Namespace, in.Metric.MetricName, in.Metric.Dimensions); err != nil {
		return err
	}
	if q.period, err = checkPeriod(deref(in.Period)); err != nil {
		return err
	}
	q.stat, q.unit = deref(in.Stat), deref(in.Unit)
	if q.of, err = metric.ParseStatistic(q.stat); err != nil {
		return invalid("The value of Stat of query %s is not valid: %v.", q.id, err)
	}
	return nil
}

// answer works a query out.
func (q *questions) answer(ctx context.Context, i int) ([]line, error) {
	v, err := q.Value(ctx, q.asked[i].id)
	if err != nil {
		var told *formula.Error
		if errors.As(err, &told) {
			return nil, invalid("Error in expression '%s': %v.", q.asked[i].id, told)
		}
		return nil, err
	}
	if v.Kind != formula.Lines {
		return nil, invalid("Error in expression '%s': it comes to a single value, and a line of values is wanted.", q.asked[i].id)
	}
	return v.Lines, q.Spend(ctx, len(v.Lines), 0) // each is shown, with a label of its own
}

// Spend implements formula.Source.
func (q *questions) Spend(ctx context.Context, lines, points int) error {
	return q.budget.spend(ctx, lines, points)
}

// Value implements formula.Source.
func (q *questions) Value(ctx context.Context, id string) (formula.Value, error) {
	if v, ok := q.answers[id]; ok {
		return v, nil
	}
	if q.open[id] {
		return formula.Value{}, invalid("Error in expression '%s': it depends on itself.", id)
	}
	q.open[id] = true
	defer delete(q.open, id)
	v, err := q.work(ctx, &q.asked[q.place[id]])
	if err == nil {
		q.answers[id] = v
	}
	return v, err
}

func (q *questions) work(ctx context.Context, of *question) (formula.Value, error) {
	if of.expression != nil {
		v, err := of.expression.Eval(ctx, q)
		if told, ok := errors.AsType[*formula.Error](err); ok {
			return v, invalid("Error in expression '%s': %v.", of.id, told)
		}
		return v, err
	}
	l, err := q.read(ctx, of.name, of.unit, of.stat, of.of, of.period)
	return formula.Value{Kind: formula.Lines, Lines: []line{l}}, err
}

// read reads a metric's line. Values in several units are one line.
func (q *questions) read(ctx context.Context, name metric.Name, unit, stat string, of metric.Statistic, period time.Duration) (line, error) {
	if err := q.Spend(ctx, 1, 0); err != nil {
		return line{}, err
	}
	from, to := window(q.from, q.to, period)
	buckets, err := q.service.Metrics.Read(ctx, metric.Reading{Name: name, Unit: unit, Start: from, End: to, Period: period})
	if err != nil {
		return line{}, err
	}
	if err := q.Spend(ctx, 0, len(buckets)); err != nil {
		return line{}, err
	}
	l := line{Metric: &name, Stat: stat, Period: period}
	for i := 0; i < len(buckets); {
		b := buckets[i]
		for i++; i < len(buckets) && buckets[i].At.Equal(b.At); i++ {
			b.Add(buckets[i].Point)
		}
		if v, ok := of(&b.Point); ok {
			l.At, l.Values = append(l.At, b.At), append(l.Values, v)
		}
	}
	return l, nil
}

// Metrics implements formula.Source.
func (q *questions) Metrics() []string {
	var ids []string
	for i := range q.asked {
		if q.asked[i].expression == nil {
			ids = append(ids, q.asked[i].id)
		}
	}
	return ids
}

// Window implements formula.Source.
func (q *questions) Window() (from, to time.Time) { return q.from, q.to }

// mostFound is how many metrics one search may find.
const mostFound = 500

// Search implements formula.Source.
func (q *questions) Search(ctx context.Context, s *formula.Search, stat string, period time.Duration) ([]line, error) {
	of, err := metric.ParseStatistic(stat)
	if err != nil {
		return nil, invalid("The statistic of a SEARCH is not valid: %v.", err)
	}
	if _, err := checkPeriod(int64(period / time.Second)); err != nil {
		return nil, err
	}
	var lines []line
	before := metric.Name{}
	for _, k := range q.service.Metrics.Known(func(k *metric.Known) bool { return s.Matches(&k.Name) && !k.Last.Before(q.from) }) {
		if same(k.Name, before) && len(lines) > 0 {
			continue
		}
		before = k.Name
		if len(lines) == mostFound {
			return nil, invalid("A SEARCH finds more than %d metrics: make it narrower.", mostFound)
		}
		l, err := q.read(ctx, k.Name, "", stat, of, period)
		if err != nil {
			return nil, fmt.Errorf("search metrics: %w", err)
		}
		if len(l.At) == 0 {
			continue
		}
		l.Label = searchLabel(&k.Name)
		lines = append(lines, l)
	}
	return lines, nil
}

// searchLabel tells the lines of a search apart.
func searchLabel(n *metric.Name) string {
	text := ""
	for _, d := range n.Dimensions {
		text += d.Value + " "
	}
	return cut(text + n.Metric)
}
