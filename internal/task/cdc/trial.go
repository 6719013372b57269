package cdc

import (
	"context"
	"maps"
	"strconv"
	"time"
)

// trialNote is the key under which a commit that makes tables others, or ends an errand, says which one it was. When its answer is
// lost, or the target loses it because it was not on disk yet, the target tells by it which tables belong to its checkpoint.
const trialNote = "tables"

// trial is such a commit, and the tables as they are with it.
type trial struct {
	name   string
	tables map[int]*Table
	next   int
	errand *errand // not answered yet
}

// try is called before a commit.
func (p *pipe) try(ctx context.Context) error {
	if err := p.noteNumber(ctx); err != nil {
		return err
	}
	if !p.reshaped && p.standing == nil {
		return nil
	}
	t := &trial{strconv.FormatInt(time.Now().UnixNano(), 36), maps.Clone(p.tables), p.next, p.standing}
	if err := p.note(ctx, trialNote, t.name); err != nil {
		return err
	}
	p.trials = append(p.trials, t)
	return nil
}

// kept is told of a commit.
func (p *pipe) kept() {
	if p.reshaped {
		p.follower.tables, p.follower.next, p.reshaped = maps.Clone(p.tables), p.next, false
	}
}

// lasting is told that the commits of the first n trials are durable.
func (f *follower) lasting(n int) {
	if n > 1 {
		f.trials = f.trials[n-1:]
	}
}

// attempted finds out which commits the target has, and takes the tables as they are with the last of them.
func (f *follower) attempted(notes map[string]string) {
	if len(f.trials) == 0 { // the tables that the run was given
		f.trials = []*trial{{name: notes[trialNote], tables: maps.Clone(f.tables), next: f.next}}
	}
	at := 0
	for i, t := range f.trials {
		if t.name == notes[trialNote] {
			at = i
		}
	}
	for i, t := range f.trials {
		if t.errand == nil {
			continue
		}
		var answer error
		if i > at {
			answer = errNotNow
		}
		t.errand.done <- answer
		t.errand = nil
	}
	f.trials = f.trials[at : at+1]
	f.tables, f.next = maps.Clone(f.trials[0].tables), f.trials[0].next
}

// unanswered answers errands of which nobody knows what became.
func (f *follower) unanswered() {
	for _, t := range f.trials {
		if t.errand != nil {
			t.errand.done <- errNotNow
			t.errand = nil
		}
	}
}
