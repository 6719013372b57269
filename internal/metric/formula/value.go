package formula

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/metric"
)

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	Scalar Kind = iota
	Lines       // one line, or several where Many
	Text
)

// A Line is a series of values over time.
type Line struct {
	Label  string
	Metric *metric.Name // that it is of, if of one
	Stat   string
	Period time.Duration
	At     []time.Time
	Values []float64
}

// A Value is what an expression, or a part of it, comes to.
type Value struct {
	Kind   Kind
	Number float64
	Text   string
	Lines  []Line
	Many   bool // an array of lines, also when it has one or none
}

// A Source knows what an expression names.
type Source interface {
	// Value is that of another query of the request.
	Value(ctx context.Context, id string) (Value, error)
	// Metrics are the ids of the queries that are metrics and no expressions, in their order.
	Metrics() []string
	// Search finds metrics and reads their lines.
	Search(ctx context.Context, s *Search, stat string, period time.Duration) ([]Line, error)
	// Window is the time that is looked at.
	Window() (from, to time.Time)
	// Spend is told, before they are made, of lines and of the points in them. It refuses what is too much for a request,
	// and whatever comes when the request has ended.
	Spend(ctx context.Context, lines, points int) error
}

type evaluation struct {
	ctx    context.Context
	source Source
}

// Eval works an expression out.
func (x *Expression) Eval(ctx context.Context, s Source) (Value, error) {
	return x.root.eval(&evaluation{ctx, s})
}

// spend is told of lines that are as large as some others.
func (e *evaluation) spend(like []Line) error {
	points := 0
	for i := range like {
		points += len(like[i].At)
	}
	return e.source.Spend(e.ctx, len(like), points)
}

func (n *constant) eval(*evaluation) (Value, error) { return n.value, nil }

func (n *reference) eval(e *evaluation) (Value, error) { return e.source.Value(e.ctx, n.id) }

func (n *array) eval(e *evaluation) (Value, error) {
	out := Value{Kind: Lines, Many: true}
	for _, item := range n.items {
		v, err := item.eval(e)
		if err != nil {
			return Value{}, err
		}
		if v.Kind != Lines {
			return Value{}, wrong(n.at, "an array holds lines of values alone")
		}
		if err := e.spend(v.Lines); err != nil {
			return Value{}, err
		}
		out.Lines = append(out.Lines, v.Lines...)
	}
	return out, nil
}

func (n *call) eval(e *evaluation) (Value, error) {
	args := make([]Value, len(n.args))
	for i, a := range n.args {
		v, err := a.eval(e)
		if err != nil {
			return Value{}, err
		}
		args[i] = v
	}
	v, err := n.of.do(e, args)
	if complaint, ok := err.(complaint); ok { //nolint:errorlint // functions return it as it is
		return Value{}, wrong(n.at, "%s %s", n.name, string(complaint))
	}
	return v, err
}

// complaint is what a function says of its arguments.
type complaint string

func (c complaint) Error() string { return string(c) }
