package validate

import (
	"context"
	"crypto/md5" //nolint:gosec // a name, not a secret
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// checkWhole compares all of a table. What differs is looked at row by row afterwards, where rows can be asked for by themselves.
func (w *Watch) checkWhole(ctx context.Context, x *watched, table *Table) error {
	began := time.Now()
	w.mu.Lock()
	x.whole, x.retry = false, began.Add(wholeEvery)
	w.mu.Unlock()
	again := func(err error) error {
		w.mu.Lock()
		x.whole = true
		w.mu.Unlock()
		return err
	}
	if err := w.reach(ctx); err != nil { // so that the source's snapshot is not open for long: it may keep writers out (SQLite)
		return again(err)
	}
	source, let, err := w.OpenSource(ctx, w.threads(), table.Plan.Source.Name)
	if err != nil {
		return again(err)
	}
	defer let()
	if err := w.reach(ctx); err != nil {
		return again(err)
	}
	target, release, err := w.OpenTarget(ctx, w.threads(), table.Target.Name)
	if err != nil {
		return again(err)
	}
	defer release()
	c := w.Config
	c.Source, c.Target, c.Keep, c.Tables = source, target, false, []*Table{table}
	c.TableFailures, c.Failures = maxPending, 0
	var rows map[[16]byte]*both
	c.look = func(found map[[16]byte]*both) { rows = found }
	c.families = [2]catalog.Family{w.SourceFamily, w.TargetFamily}
	c.Stats = nil
	results, err := Run(ctx, c)
	if err != nil {
		return again(err)
	}
	r := results[0]
	if r.State == TableError || r.State == SuspendedRecords && r.Suspended == 0 {
		w.trouble(ctx, x, r.Reason)
		return nil
	}
	x.troubles = 0
	return w.takeWhole(ctx, x, r, rows, began)
}

// takeWhole takes up what a comparison of a whole table has found, which began then.
func (w *Watch) takeWhole(ctx context.Context, x *watched, r *Result, rows map[[16]byte]*both, began time.Time) error {
	failAfter := w.failAfter()
	w.mu.Lock()
	if w.Stats != nil {
		w.Stats.Update(r.Source, func(c *Counts) { c.Compared = r.SourceRows })
	}
	now := time.Now()
	x.took = now.Sub(began)
	s := &suspicion{w: w, x: x, since: x.suspects, settled: began.Add(-w.Delay), now: now, failAfter: failAfter}
	x.suspects = map[[16]byte]time.Time{}
	seen := map[[16]byte]bool{}
	changed := false
	for _, f := range told(r) {
		seen[f.id] = true
		k := rows[f.id].asked()
		switch {
		case f.Why != "" && rows[f.id] == nil: // a row that cannot be read, and has none of its key on the other side
			changed = x.take(f.id, f, nil) || changed
		case x.pending[f.id] != nil: // it is looked at by itself
		case k != nil:
			w.wait(x, f.id, k, w.Delay)
		case x.differs(f.id), x.suspended[f.id], s.certain(f.id):
			changed = w.list(x, f.id, f, nil) || changed
		}
	}
	if r.Given == "" {
		changed = x.forgetBut(seen) || changed
	}
	s.lookAgain()
	calm := len(x.suspects) == 0
	w.mu.Unlock()
	return w.report(ctx, x, changed || calm)
}

// told are the rows that a comparison has found to differ, those with too long a key included, each by a name that the next comparison
// gives it too: rows of a bag are alike, and a row that cannot be read has no key unless the other side has it.
func told(r *Result) []Failure {
	all := slices.Concat(r.Failures, r.suspended)
	times := map[[16]byte]uint32{}
	for i := range all {
		f := &all[i]
		if f.Why != "" && f.id == [16]byte{} {
			f.id = md5.Sum(fmt.Append(nil, f.Kind, f.Key, f.Why)) //nolint:gosec // a name, not a secret
		}
		if len(r.Key) > 0 {
			continue
		}
		n := times[f.id]
		times[f.id]++
		binary.LittleEndian.PutUint32(f.id[:], binary.LittleEndian.Uint32(f.id[:])^n)
	}
	return all
}

// asked is how the rows are asked for by themselves; nil when they cannot be.
func (b *both) asked() *keyed {
	if b == nil {
		return nil
	}
	for _, k := range slices.Concat(b.source, b.target) {
		return k.keyed
	}
	return nil
}

// forgetBut drops rows that do not differ any more.
func (x *watched) forgetBut(seen map[[16]byte]bool) (changed bool) {
	for id := range x.listed() {
		if !seen[id] {
			changed = x.forget(id) || changed
		}
	}
	for id := range x.suspended {
		if !seen[id] && x.pending[id] == nil {
			delete(x.suspended, id)
			changed = true
		}
	}
	return changed
}

// suspicion decides about rows that only a comparison of the whole table sees. A row that changed while that ran, or so shortly before
// that who applies the change may not have come to it, says nothing; another must differ for as long as one that is looked at by itself.
type suspicion struct {
	w         *Watch
	x         *watched
	since     map[[16]byte]time.Time
	settled   time.Time // what has changed before that was to be the same
	now       time.Time
	failAfter time.Duration
	// oldest is since when the first of those that stay suspects differs, latest when one of them has changed.
	oldest, latest time.Time
}

// certain reports whether a row differs for good, and keeps it as a suspect if that is not known yet.
func (s *suspicion) certain(id [16]byte) bool {
	since := s.since[id]
	if since.IsZero() {
		since = s.now
	}
	moved := later(s.x.stirred, s.x.moved[id])
	rested := moved.Before(s.settled)
	if rested && s.now.Sub(since) >= s.failAfter {
		return true
	}
	s.x.suspects[id] = since
	if s.oldest.IsZero() || since.Before(s.oldest) {
		s.oldest = since
	}
	if !rested {
		s.latest = later(s.latest, moved)
	}
	return false
}

// lookAgain has the table compared once more if suspects are left, and lets go of changes that are old.
func (s *suspicion) lookAgain() {
	for id, at := range s.x.moved {
		if at.Before(s.settled) {
			delete(s.x.moved, id)
		}
	}
	if len(s.x.suspects) == 0 {
		return
	}
	differs := s.now.Sub(s.oldest)
	s.x.whole = true
	s.x.due = s.now.Add(max(wholeEvery, min(differs, s.failAfter-differs)))
	if !s.latest.IsZero() {
		s.x.due = later(s.x.due, s.latest.Add(s.w.Delay))
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
