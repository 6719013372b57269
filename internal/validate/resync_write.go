package validate

import (
	"context"
	"errors"
	"slices"
	"time"
)

// settled is what was done while changes stood still.
type settled struct {
	// right are rows that are now the same, written those of them that a repair has made so, wrong those that are not, with the reason.
	right, moved [][16]byte
	cramped      [][16]byte // that memory had no room for
	written      map[[16]byte]bool
	wrong        map[[16]byte]string
	err          error
}

// write makes rows of the target what the source's are, except those that have changed since they were marked. It may be called again.
func (t *mending) write(ctx context.Context, m *mark, p *pair, fix *repair, found map[[16]byte]*both) (done settled) {
	done.written, done.wrong = map[[16]byte]bool{}, map[[16]byte]string{}
	steady := map[[16]byte]*both{}
	var keys []*keyed
	t.w.mu.Lock()
	x := t.x
	stale := t.w.tables[t.table.Plan.Source.Name] != x || x.left || x.blind != m.blind
	for id, generation := range m.generations {
		r := x.pending[id]
		switch {
		case found[id] == nil: // left before
		case stale || r == nil || r.generation != generation:
			done.moved = append(done.moved, id)
		default:
			steady[id] = &both{source: found[id].source, left: found[id].left}
			keys = append(keys, r.keyed)
		}
	}
	t.w.mu.Unlock()
	if len(steady) == 0 {
		return done
	}
	// What an earlier call has kept of the target goes.
	again := *fix
	again.fixes, again.doubled = nil, false
	again.target.Reset(p.target.layouts)
	var lost []Failure
	if lost, done.err = t.readTarget(ctx, keys, steady, &again); done.err != nil {
		return done
	}
	r := &Result{Source: t.table.Plan.Source.Name, Target: t.table.Target.Name, repair: &again}
	judge := &search{pair: p}
	for id, b := range steady {
		failures := judge.failures(id, b)
		if len(failures) == 0 {
			done.right = append(done.right, id)
			delete(steady, id)
			continue
		}
		p.explain(failures, lost)
		r.Failures = append(r.Failures, failures[0])
		again.settle(id, b)
	}
	again.heed(r.Failures)
	if len(again.fixes) == 0 {
		return done.unsettled(steady)
	}
	if done.err = t.repair(ctx, r, &done); done.err != nil {
		return done
	}
	return t.verify(ctx, judge, keys, steady, &again, done)
}

// unsettled has rows tried again that there was no room for.
func (d settled) unsettled(left map[[16]byte]*both) settled {
	for id := range left {
		d.cramped = append(d.cramped, id)
	}
	return d
}

// readTarget reads the target's rows; lost are those that could not be read.
func (t *mending) readTarget(ctx context.Context, keys []*keyed, found map[[16]byte]*both, fix *repair) (lost []Failure, err error) {
	target, release, err := t.w.OpenTarget(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer release()
	q, err := t.w.pairOf(t.x.known, t.x.pair.Config.Source, target, true)
	if err != nil {
		return nil, err
	}
	err = q.lookUp(ctx, q.target, keys, found, fix)
	return q.lost.failures, err
}

func (t *mending) repair(ctx context.Context, r *Result, done *settled) error {
	session, err := t.Session(ctx)
	if err != nil {
		return err
	}
	repaired, err := r.Repair(ctx, session)
	if err = errors.Join(err, session.Close()); err != nil {
		return err
	}
	for _, refused := range repaired.Refused {
		for _, f := range r.Failures {
			if slices.Equal(f.Key, refused.Key) {
				done.wrong[f.id] = refused.Reason
			}
		}
	}
	return nil
}

// verify reads what was written.
func (t *mending) verify(ctx context.Context, judge *search, keys []*keyed, rows map[[16]byte]*both, fix *repair, done settled) settled {
	fixed := map[[16]byte]bool{}
	for _, one := range fix.fixes {
		fixed[one.id] = true
	}
	now := map[[16]byte]*both{}
	for id, b := range rows {
		if fixed[id] {
			now[id] = &both{source: b.source}
		} else {
			done.cramped = append(done.cramped, id)
		}
	}
	if _, done.err = t.readTarget(ctx, keys, now, nil); done.err != nil {
		return done
	}
	for id, b := range now {
		switch failures := judge.failures(id, b); {
		case len(failures) == 0:
			done.right = append(done.right, id)
			done.written[id] = true
			delete(done.wrong, id)
		case done.wrong[id] == "":
			done.wrong[id] = "it was written, and the target holds something else all the same"
		}
	}
	return done
}

// settle takes note of what was done. A row that has changed since waits to be compared.
func (t *mending) settle(done *settled, m *mark, found map[[16]byte]*both) {
	t.w.mu.Lock()
	for _, id := range done.right {
		f := t.x.failed[id]
		delete(t.x.failed, id)
		if r := t.x.pending[id]; r != nil && r.generation == m.generations[id] {
			delete(t.x.pending, id)
		}
		t.Succeeded++
		if done.written[id] {
			f.Resynced = &Resynced{At: time.Now().UTC(), Deleted: len(found[id].source) == 0}
			t.mended = append(t.mended, f)
		}
	}
	t.w.mu.Unlock()
	for id, why := range done.wrong {
		t.leave(id, why)
	}
	t.Failed = int64(len(t.failed))
}
