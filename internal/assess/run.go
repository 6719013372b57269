package assess

import (
	"context"
	"errors"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// LongTransaction is how long a transaction may be open before it is reported, as in DMS.
const LongTransaction = 10 * time.Minute

// Options say what is checked and how.
type Options struct {
	Selection
	LongTransaction time.Duration // 0 means LongTransaction
	// Begins is called with the name of every check before it is made; it may be nil.
	Begins func(name string)
	// Told is called with every result as it comes; it may be nil.
	Told func(Result)
}

// subject is what a check looks at.
type subject struct {
	*task.Examination
	kind Kind
	long time.Duration
}

// KindOf is the kind of an examined migration.
func KindOf(x *task.Examination) Kind {
	return Kind{Source: x.SourceEngine.Name, Target: x.TargetEngine.Name, Type: x.Type}
}

// Run makes the checks one after another. A check that cannot be made is a result too; the error is of the selection alone.
func Run(ctx context.Context, x *task.Examination, o Options) (*Report, error) {
	s := &subject{Examination: x, kind: KindOf(x), long: o.LongTransaction}
	if s.long <= 0 {
		s.long = LongTransaction
	}
	if err := o.Check(s.kind); err != nil {
		return nil, err
	}
	r := &Report{Examination: x, Started: time.Now()}
	for _, c := range checks() {
		name, ok := c.named(s.kind)
		if !ok || !o.takes(name) {
			continue
		}
		if o.Begins != nil {
			o.Begins(name)
		}
		one := s.result(ctx, name, &c)
		r.Results = append(r.Results, one)
		if o.Told != nil {
			o.Told(one)
		}
	}
	r.Ended = time.Now()
	return r, nil
}

func (s *subject) result(ctx context.Context, name string, c *check) Result {
	r := Result{Name: name, About: c.about, Status: Passed}
	if ctx.Err() != nil {
		r.Status, r.Reason = Cancelled, context.Cause(ctx).Error()
		return r
	}
	err := rescue.Func(func() (err error) {
		r.Findings, err = c.run(ctx, s)
		return err
	})()
	var skip skipped
	switch {
	case errors.As(err, &skip):
		r.Status, r.Reason, r.Findings = Skipped, string(skip), nil
		return r
	case err != nil && ctx.Err() != nil:
		r.Status, r.Reason, r.Findings = Cancelled, context.Cause(ctx).Error(), nil
		return r
	case err != nil:
		r.Status, r.Reason, r.Findings = Errored, err.Error(), nil
		return r
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Status == "" {
			f.Status = Failed
		}
		if f.Status == Failed || r.Status == Passed {
			r.Status = f.Status
		}
	}
	return r
}

// ask puts a question to one end.
func ask(ctx context.Context, end connector.Asker, query string) ([][]string, error) {
	if end == nil {
		return nil, skipped("this engine has no such thing to ask for")
	}
	return end.Ask(ctx, query)
}
