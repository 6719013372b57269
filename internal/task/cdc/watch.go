package cdc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// errSilent is in the chain when the target has gone without a word.
var errSilent = errors.New("the target is silent")

// watch looks out for a target that takes what it is sent and never answers. A long statement is no proof of that: only
// when a new connection finds no answer either is the session given up.
func (p *pipe) watch(ctx context.Context, release context.CancelCauseFunc) (stop func()) {
	if p.Silence <= 0 || p.Probe == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(rescue.Else(func() {
		tick := time.NewTicker(max(p.Silence/4, 100*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			since := p.busy.Load()
			if since == 0 || time.Since(time.Unix(0, since)) < p.Silence {
				continue
			}
			if err := p.probe(ctx); err != nil && p.busy.Load() == since {
				release(&connector.Error{Class: connector.Lost, Err: fmt.Errorf("%w: nothing was answered for %s, nor over a new connection: %w", errSilent, p.Silence, err)})
				return
			}
		}
	}, func(err error) { release(err) }))
	return func() {
		cancel()
		watching.Wait()
	}
}

// probe returns why the target does not answer.
func (p *pipe) probe(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, max(p.Silence/4, time.Second))
	defer cancel()
	err := p.Probe(limited)
	if ctx.Err() != nil || err != nil && limited.Err() == nil && connector.ClassOf(err) != connector.Lost {
		return nil
	}
	return err
}

// soon runs a small question to the target, which is lost when it does not answer in time.
func (f *follower) soon(ctx context.Context, ask func(context.Context) error) error {
	if f.Silence <= 0 {
		return ask(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, max(f.Silence, leastPatience))
	defer cancel()
	err := ask(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("%w: %w", errSilent, err)}
	}
	return err
}

// leastPatience is what a small question may take on a machine that is hard at work.
const leastPatience = 5 * time.Second
