package cdc

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Errands lets others do something while the following stands still between two transactions of the source, with
// everything up to there committed. It may be used by any goroutine.
type Errands struct{ jobs chan *errand }

// NewErrands makes what Config.Errands takes.
func NewErrands() *Errands { return &Errands{jobs: make(chan *errand)} }

type errand struct {
	do   func(context.Context, *Halt) error
	done chan error
}

// errNotNow answers an errand that could not be done because an end was lost before.
var errNotNow = errors.New("the following was interrupted")

// Do has f done and waits until what it did is durable. While an end is lost it waits for it to come back. f may be called
// again when an end was lost before its work was durable.
func (e *Errands) Do(ctx context.Context, f func(context.Context, *Halt) error) error {
	for {
		j := &errand{do: f, done: make(chan error, 1)}
		select {
		case e.jobs <- j:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		// What has been begun may be done and durable when the context ends: so its answer is waited for, which always comes.
		if err := <-j.done; !errors.Is(err, errNotNow) {
			return err
		}
	}
}

// next returns an errand that waits to be done, or nil.
func (e *Errands) next() *errand {
	if e == nil {
		return nil
	}
	select {
	case j := <-e.jobs:
		return j
	default:
		return nil
	}
}

// Halt is the following while it stands still.
type Halt struct{ p *pipe }

// Away has a table followed no more; false says that it was not. Its changes from here on are somebody else's.
func (h *Halt) Away(name catalog.Name) bool {
	p := h.p
	for number, t := range p.tables {
		if t.Source.Name == name {
			delete(p.tables, number)
			p.anew(number)
			p.reshaped = true
			p.stream.Drop(number)
			if p.Watcher != nil {
				p.Watcher.Left(t, "")
			}
			return true
		}
	}
	return false
}

// Follow takes up a table as it is at a position, which is not before that of the halt. A suspended one is only remembered.
func (h *Halt) Follow(ctx context.Context, t *Table, since string) error {
	p := h.p
	name := t.Source.Name
	h.Away(name)
	delete(p.outside, name)
	t = t.as(p.next, since)
	p.next++
	if err := p.follow(ctx, t); err != nil {
		return err
	}
	if why := t.Suspended(); why != "" {
		return p.setAside(ctx, t, why)
	}
	t.Resume()
	return p.forgive(ctx, name)
}

// Forget has a table not only followed no more, but not remembered either.
func (h *Halt) Forget(ctx context.Context, name catalog.Name) error {
	h.Away(name)
	if h.p.outside[name] {
		delete(h.p.outside, name)
		h.p.Stats.table(name, catalog.Name{}).Suspend("")
	}
	if err := h.p.note(ctx, TableNote(name), ""); err != nil {
		return err
	}
	return h.p.forgive(ctx, name)
}

// Suspend remembers why a table that is away is followed no more.
func (h *Halt) Suspend(ctx context.Context, source catalog.Name, why string) error {
	return h.p.remember(ctx, source, why)
}

// Note keeps a text with the run; an empty one removes it.
func (h *Halt) Note(ctx context.Context, key, text string) error { return h.p.note(ctx, key, text) }

// halt does an errand. Whatever goes wrong, both ends are opened anew: the tables are then as they were before it, or behind it when
// the target has committed it all the same.
func (p *pipe) halt(ctx context.Context, e *errand) error {
	answer := errNotNow
	defer func() { // also of work that panics
		if last := len(p.trials) - 1; last < 0 || p.trials[last].errand != e {
			e.done <- answer
		}
	}()
	err := p.stand(ctx, e)
	if answer = err; err == nil {
		return nil
	}
	return &connector.Error{Class: connector.Lost, Err: fmt.Errorf("stand still for another's work: %w", err)}
}

func (p *pipe) stand(ctx context.Context, e *errand) error {
	if err := p.rest(ctx); err != nil {
		return fmt.Errorf("%w: %w", errNotNow, err)
	}
	if err := e.do(ctx, &Halt{p}); err != nil {
		return err
	}
	if p.reshaped {
		if err := p.applier.Begin(ctx); err != nil {
			return err
		}
	}
	p.standing = e
	defer func() { p.standing = nil }()
	if err := p.rest(ctx); err != nil {
		return err
	}
	if err := p.acknowledge(ctx); err != nil {
		return err
	}
	for _, t := range p.trials { // the commit is durable
		t.errand = nil
	}
	return nil
}

// rest commits what is open.
func (p *pipe) rest(ctx context.Context) error {
	if open, _, _ := p.applier.Open(); open || p.committed != p.reached {
		return p.commit(ctx)
	}
	return nil
}
