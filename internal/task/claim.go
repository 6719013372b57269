package task

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// claim keeps a second process with the same migration out, and looks again at what an earlier one has left: it may
// have gone on since the plan was made.
func (t *Task) claim(ctx context.Context, p *Plan) (release func(), err error) {
	target, ok := t.target.(connector.Exclusive)
	if !ok {
		return func() {}, nil
	}
	if release, err = target.Claim(ctx, p.Run); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	if err := t.lookAgain(ctx, p); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func (t *Task) lookAgain(ctx context.Context, p *Plan) error {
	switch {
	case t.compares() && !t.follows():
		return nil
	case !t.follows():
		return t.prepareTables(ctx, p)
	}
	again, err := t.Plan(ctx)
	if err != nil {
		return err
	}
	*p = *again
	return nil
}
