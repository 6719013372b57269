package validate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// lookUpRows is how many keys one query asks for, batchValues how many values the rows of one batch may have, reachWait how long the target may take to reach a position before its rows are left for
// later, wholeEvery how often all of a table without a key is tried, failedEvery how often rows that differ are looked at again, if that takes
// no more than one part in wholeShare of the time.
const (
	lookUpRows  = 200
	batchValues = 200_000
	reachWait   = 30 * time.Second
	wholeEvery  = 5 * time.Second
	retryFirst  = 2 * time.Second
	failedEvery = time.Minute
	wholeShare  = 10
)

// checkTable compares what is due of a table, and reports whether more of it may be.
func (w *Watch) checkTable(ctx context.Context, name catalog.Name) (more bool, err error) {
	w.mu.Lock()
	x := w.tables[name]
	if x.given != "" || w.over {
		w.mu.Unlock()
		return false, nil
	}
	table, known, now := x.table, x.pair != nil, time.Now()
	if !known && now.Before(x.retry) {
		w.mu.Unlock()
		return false, nil
	}
	w.lookAgain(x, now)
	whole := known && x.whole && now.After(x.retry) && !now.Before(x.due) && w.wholes.TryLock()
	due := w.dueRows(x, now)
	w.mu.Unlock()
	switch {
	case !known:
		if err = w.learn(ctx, x, table); err == nil {
			return w.checkTable(ctx, name)
		}
		if ctx.Err() == nil && !fatal(err) {
			w.trouble(ctx, x, err.Error())
			return false, nil
		}
	case whole:
		err = w.aloneWhole(ctx, x)
		more = len(due) > 0
	case len(due) > 0:
		more = true
		err = w.checkRows(ctx, x, x.known, due)
	}
	if errors.Is(err, errLater) {
		more, err = false, nil
	}
	w.tell(x, "")
	return more, err
}

// aloneWhole is checkWhole by the one whose turn it is.
func (w *Watch) aloneWhole(ctx context.Context, x *watched) error {
	defer w.wholes.Unlock()
	return w.checkWhole(ctx, x, x.known)
}

// dueRows are the rows of a batch whose time has come: as many as PartitionSize says, fewer where rows are wide.
func (w *Watch) dueRows(x *watched, now time.Time) map[[16]byte]uint64 {
	most := lookUpRows
	if x.pair != nil {
		most = max(lookUpRows, min(int(w.partitionRows()), batchValues/max(len(x.pair.columns), 1)))
	}
	due := map[[16]byte]uint64{}
	for id, r := range x.pending {
		if len(due) == most {
			break
		}
		if !r.due.After(now) {
			due[id] = r.generation
		}
	}
	return due
}

// lookAgain has rows that differ looked at once more: they may have been put right in the target, which nobody tells.
func (w *Watch) lookAgain(x *watched, now time.Time) {
	if len(x.failed) == 0 || now.Before(x.again) {
		return
	}
	if x.again.IsZero() { // they have only just been found
		x.again = now.Add(failedEvery)
		return
	}
	x.again = now.Add(max(failedEvery, wholeShare*x.took))
	for id, f := range x.failed {
		switch {
		case f.keyed == nil:
			x.whole = true
		case x.pending[id] == nil:
			w.wait(x, id, f.keyed, 0)
		}
	}
}

var errLater = errors.New("the target has not come so far yet")

// learn finds out how the rows of a table are compared.
func (w *Watch) learn(ctx context.Context, x *watched, table *Table) error {
	there, err := w.Describe(ctx, table.Target.Name)
	switch {
	case err != nil:
		return err
	case there == nil:
		return errors.New("the target has no such table")
	}
	source, release, err := w.OpenSource(ctx, 1)
	if err != nil {
		return err
	}
	defer release()
	target, let, err := w.OpenTarget(ctx, 1)
	if err != nil {
		return err
	}
	defer let()
	known := &Table{Plan: table.Plan, Target: there, Options: table.Options}
	p, err := w.pairOf(known, source, target, false)
	switch {
	case err != nil:
		return err
	case p.compared == 0:
		return errors.New("no column of the table can be compared")
	case len(p.keys) == 0 && w.NoBags:
		return errors.New("the table has no primary key and no unique key without nulls")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	x.known, x.pair = known, p
	return nil
}

func (w *Watch) pairOf(table *Table, source, target connector.Snapshot, keep bool) (*pair, error) {
	c := w.Config
	c.Source, c.Target, c.Keep, c.Stats = source, target, keep, nil
	return newPair(&c, table, noneByQuery)
}

// reach waits until everything that the source held is in the target.
func (w *Watch) reach(ctx context.Context) error {
	end, err := w.End(ctx)
	if err != nil {
		return fmt.Errorf("ask where the source's changes end: %w", err)
	}
	for until := time.Now().Add(reachWait); ; {
		order, err := w.Compare(w.Reached(), end)
		switch {
		case err != nil:
			return err
		case order >= 0:
			return nil
		case time.Now().After(until):
			return errLater
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// checkRows compares single rows: the source's first, then, once the target has come as far, the target's.
func (w *Watch) checkRows(ctx context.Context, x *watched, table *Table, due map[[16]byte]uint64) error {
	var asked []asking
	w.mu.Lock()
	for id := range due {
		if r := x.pending[id]; r != nil {
			asked = append(asked, asking{id, r.keyed, &both{}})
		}
	}
	w.mu.Unlock()
	lost, err := w.lookUpSource(ctx, x, table, asked)
	if err != nil {
		return err
	}
	if err := w.reach(ctx); err != nil {
		return err
	}
	target, release, err := w.OpenTarget(ctx, 1)
	if err != nil {
		return err
	}
	defer release()
	q, err := w.pairOf(table, x.pair.Config.Source, target, false)
	if err != nil {
		return err
	}
	if err := q.lookUpAll(ctx, q.target, asked); err != nil {
		return err
	}
	found := map[[16]byte]*both{}
	for _, a := range asked {
		found[a.id] = a.both
	}
	return w.judge(ctx, x, q, due, found, append(lost, q.lost.failures...))
}

// asking is a row that is looked up, with what has been found of it.
type asking struct {
	id  [16]byte
	key *keyed
	*both
}

// lookUpSource reads the source's rows, and lets go of the source before the target is waited for. lost are those that could not be read.
func (w *Watch) lookUpSource(ctx context.Context, x *watched, table *Table, asked []asking) (lost []Failure, err error) {
	source, release, err := w.OpenSource(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer release()
	p, err := w.pairOf(table, source, x.pair.Config.Target, false)
	if err != nil {
		return nil, err
	}
	err = p.lookUpAll(ctx, p.source, asked)
	return p.lost.failures, err
}

// lookUpAll is lookUp for more keys than one query asks for. A query lets more rows through than it asks for (keys of several columns, those
// that a collation takes for one another): each row is taken from the query that asks for it. Neighbours are asked for together, since
// the fewer values there are of a key's first column, the fewer such rows there are.
func (p *pair) lookUpAll(ctx context.Context, s *side, asked []asking) error {
	slices.SortFunc(asked, func(a, b asking) int { return slices.Compare(a.key.source, b.key.source) })
	most := lookUpRows
	if s.isSequential() {
		most = max(len(asked), 1)
	}
	for some := range slices.Chunk(asked, most) {
		found, keys := map[[16]byte]*both{}, make([]*keyed, 0, len(some))
		for _, a := range some {
			found[a.id] = a.both
			keys = append(keys, a.key)
		}
		if err := p.lookUp(ctx, s, keys, found, nil); err != nil {
			return err
		}
	}
	return nil
}

// lookUp reads the rows of keys on one side, and keeps them for a repair if there is one.
func (p *pair) lookUp(ctx context.Context, s *side, keys []*keyed, found map[[16]byte]*both, fix *repair) error {
	if len(keys) == 0 {
		return nil
	}
	defer p.Meter.asked(false, s == p.source, time.Now())
	look := *s
	if !s.isSequential() { // else all rows come by, and are told apart by their ids
		look.where = slices.Concat(s.where, p.keyPredicates(keys, s))
	}
	reader := &search{pair: p}
	return look.scan(ctx, part{}, func(r *row) error {
		b := found[r.id]
		if b == nil {
			return nil
		}
		k := reader.keep(s, r)
		k.row = fix.take(s == p.source, r, b)
		if s == p.source {
			b.source = append(b.source, k)
		} else {
			b.target = append(b.target, k)
		}
		return nil
	})
}

// isSequential reports whether the side reads all of a table whatever is asked for.
func (s *side) isSequential() bool {
	_, ok := s.snapshot.(connector.Sequential)
	return ok
}

// keyPredicates are predicates that let the rows of keys through, and of a key of several columns perhaps more.
func (p *pair) keyPredicates(keys []*keyed, s *side) (out []catalog.Predicate) {
	for i, k := range p.keys {
		column, at := p.columns[k].source, func(x *keyed) string { return x.source[i] }
		if s == p.target {
			column, at = p.columns[k].target, func(x *keyed) string { return x.target[i] }
		}
		one := catalog.Predicate{Column: column.Name}
		seen := map[string]bool{}
		for _, x := range keys {
			if text := at(x); !seen[text] {
				seen[text] = true
				one.Any = append(one.Any, catalog.Comparison{Operator: catalog.Equal, Value: text})
			}
		}
		out = append(out, one)
	}
	return out
}

// confirmAfter is the least time for which a row must differ. A server writes a commit to its log, from where it may be in the target
// already, an instant before its own readers see it: one look alone could come between.
const confirmAfter = time.Second

// failAfter is FailAfter, but no less than confirmAfter.
func (w *Watch) failAfter() time.Duration { return max(w.FailAfter(), confirmAfter) }

// judge decides what has become of rows that were looked up; lost are those of either side that could not be read.
func (w *Watch) judge(ctx context.Context, x *watched, p *pair, due map[[16]byte]uint64, found map[[16]byte]*both, lost []Failure) error {
	s := &search{pair: p}
	now, changed := time.Now(), false
	equal := int64(0)
	failAfter := w.failAfter()
	w.mu.Lock()
	for id, b := range found {
		r := x.pending[id]
		if r == nil {
			continue
		}
		failures := s.failures(id, b)
		p.explain(failures, lost)
		moved := r.generation != due[id]
		if r.first.IsZero() {
			r.first = now
		}
		switch {
		case len(failures) == 0:
			equal++
			changed = x.forget(id) || changed
			r.first, r.mismatch = now, time.Time{}
			if !moved {
				delete(x.pending, id)
				delete(x.suspended, id)
			}
		case moved && w.SuspendAfter > 0 && now.Sub(r.first) >= w.SuspendAfter:
			x.suspended[id] = true
			delete(x.pending, id)
			changed = true
		case moved:
		case x.differs(id):
			changed = w.list(x, id, failures[0], r.keyed) || changed
			delete(x.pending, id)
		case r.mismatch.IsZero():
			r.mismatch, r.due = now, now.Add(min(retryFirst, failAfter))
		case now.Sub(r.mismatch) < failAfter:
			r.due = now.Add(min(max(now.Sub(r.mismatch), retryFirst), failAfter-now.Sub(r.mismatch)))
		default:
			changed = w.list(x, id, failures[0], r.keyed) || changed
			delete(x.pending, id)
		}
	}
	w.mu.Unlock()
	w.Meter.rows(int64(len(found)), equal)
	return w.report(ctx, x, changed)
}

func (x *watched) differs(id [16]byte) bool {
	_, ok := x.failed[id]
	return ok
}

// forget drops a row that does not differ any more, and reports whether it was listed.
func (x *watched) forget(id [16]byte) bool {
	_, stood := x.stood[id]
	was := x.differs(id) || stood
	delete(x.failed, id)
	delete(x.stood, id)
	return was
}

// list takes up a row that differs, as suspended if its key is too long to be listed, and reports whether that is news.
func (w *Watch) list(x *watched, id [16]byte, f Failure, k *keyed) bool {
	if !w.tooLong(f.keySize) {
		return x.take(id, f, k)
	}
	was, known := x.forget(id), x.suspended[id]
	x.suspended[id] = true
	return was || !known
}

// take lists a failure, and reports whether that is news.
func (x *watched) take(id [16]byte, f Failure, k *keyed) bool {
	old, was := x.failed[id]
	f.keyed = k
	if !was { // whatever it was before Again, it is news that it still differs
		f.Resynced = x.stood[id].Resynced
		delete(x.stood, id)
	} else {
		f.Resynced = old.Resynced
	}
	x.failed[id] = f
	return !was || old.Kind != f.Kind || old.Why != f.Why || !slices.Equal(old.Columns, f.Columns)
}

// manyTroubles is how often a table may not be comparable: its structure may be another one on one side for a while.
const manyTroubles = 6

// trouble has a table tried again for some time, then gives it up.
func (w *Watch) trouble(ctx context.Context, x *watched, why string) {
	x.troubles++
	if x.troubles >= manyTroubles || x.pair == nil && w.NoBags {
		w.giveUp(ctx, x, why)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	x.whole, x.retry = true, time.Now().Add(wholeEvery)
}

// giveUp ends the comparison of a table.
func (w *Watch) giveUp(ctx context.Context, x *watched, why string) {
	w.mu.Lock()
	x.given = why
	w.mu.Unlock()
	w.Log.Warn("a table is not compared any more", "table", x.table.Plan.Source.Name.String(), "reason", why)
	w.tell(x, why)
	_ = w.report(ctx, x, true)
}

// report tells of failures, and keeps their bounds.
func (w *Watch) report(ctx context.Context, x *watched, changed bool) error {
	if !changed {
		return nil
	}
	w.mu.Lock()
	if w.replaced(x) {
		w.mu.Unlock()
		return nil
	}
	sum := 0
	for _, t := range w.tables {
		sum += len(t.failed) + len(t.suspended)
	}
	switch {
	case w.TableFailures > 0 && len(x.failed) > w.TableFailures && x.given == "":
		x.given, x.bounded = fmt.Sprintf("more than TableFailureMaxCount, %d, rows differ", w.TableFailures), true
	case w.Failures > 0 && sum > w.Failures && !w.over:
		w.over = true
		w.Log.Warn("rows are not compared any more: FailureMaxCount is reached", "failures", sum)
	}
	r := x.result()
	w.mu.Unlock()
	w.tell(x, r.Given)
	if w.Report == nil {
		return nil
	}
	w.reporting.Lock()
	defer w.reporting.Unlock()
	return w.Report(ctx, r)
}

// tell writes the counts of a table.
func (w *Watch) tell(x *watched, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.replaced(x):
		return
	case x.given != "" && x.pair == nil && w.NoBags:
		x.state = NoPrimaryKey
	case x.bounded:
		x.state = Mismatched
	case x.given != "":
		x.state = TableError
	case len(x.failed) > 0:
		x.state = Mismatched
	case len(x.suspended) > 0:
		x.state = SuspendedRecords
	case x.whole || len(x.pending) > 0:
		x.state = PendingRecords
	default:
		x.state = Validated
	}
	w.Stats.Update(x.table.Plan.Source.Name, func(c *Counts) {
		c.Target, c.State = x.table.Target.Name, x.state
		c.Pending, c.Failed, c.Suspended = int64(len(x.pending)+len(x.suspects)), int64(len(x.failed)), int64(len(x.suspended))
		c.Reason = cmp.Or(reason, x.given)
	})
}
