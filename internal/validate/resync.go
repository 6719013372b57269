package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// Mending is what a resync needs while changes are followed.
type Mending struct {
	// Halt calls f while no change is applied and everything up to Reached is in the target. It may call it again when an end was
	// lost meanwhile.
	Halt func(ctx context.Context, f func(context.Context) error) error
	// Session opens a session that writes to the target.
	Session func(ctx context.Context) (connector.ApplySession, error)
	// Until is when the window closes.
	Until time.Time
	// Told hears how far a table has come.
	Told func(source catalog.Name, r Resync)
	// Done hears what became of a table's rows, those left over included.
	Done func(ctx context.Context, o Outcome) error
}

// Outcome is what a resync has done to a table.
type Outcome struct {
	Source, Target catalog.Name
	Mended, Failed []Failure
}

// errClosed says that a window is over.
var errClosed = errors.New("MaxResyncTime is over")

const (
	// mendRounds is how often rows are tried that change while they are mended.
	mendRounds = 4
	// mendTries is how often an error is tried again, after mendPause each time.
	mendTries = 5
	mendPause = time.Second
	// mendedRows is how many mended rows of a table are remembered.
	mendedRows = 1000
	// keepsChanging is why a row is left for the next window.
	keepsChanging = "the row changed whenever it was about to be written; the next resync tries again"
	// takenUp is why rows are left of a table that is not the one any more that they were found in.
	takenUp = "the table was loaded or made anew meanwhile; the next resync tries again"
)

// Resync makes the rows that differ what the source holds. No row is compared meanwhile, and changes rest only while rows are written.
//
// A repair never undoes a newer change: the source's row is read at one moment, then the target must reach a later one, and then, while
// nothing is applied, the row is written only if no change has touched it since before it was read. So it is at that moment what
// the changes would have made of it, and later changes find what they expect. What was written is read again and compared.
func (w *Watch) Resync(ctx context.Context, m Mending) error {
	w.busy.Lock()
	defer w.busy.Unlock()
	var all []error
	for _, name := range w.names() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := w.resyncTable(ctx, name, &m); err != nil {
			all = append(all, fmt.Errorf("table %s: %w", name, err))
		}
	}
	return errors.Join(all...)
}

// mending is the resync of one table.
type mending struct {
	*Mending
	w     *Watch
	x     *watched
	table *Table
	counts
	mended, failed []Failure
}

type counts = Resync

func (w *Watch) resyncTable(ctx context.Context, name catalog.Name, m *Mending) error {
	t := &mending{Mending: m, w: w}
	w.mu.Lock()
	t.x = w.tables[name]
	ids, left, known := failedIDs(t.x), t.x.left, t.x.pair != nil
	t.table = t.x.table
	w.mu.Unlock()
	t.State, t.Attempted = ResyncRuns, int64(len(ids))
	if left || len(ids) == 0 {
		return t.end(ctx, nil)
	}
	t.Told(name, t.counts)
	if !known {
		if err := t.patiently(ctx, func() error { return w.learn(ctx, t.x, t.table) }); err != nil {
			return t.end(ctx, err)
		}
	}
	if len(t.x.pair.keys) == 0 {
		t.State = ResyncNoKey
		t.Told(name, t.counts)
		return nil
	}
	t.x.recall(w)
	err := t.rows(ctx, ids)
	if errors.Is(err, errClosed) {
		w.Log.Warn("the resync ends before all rows are mended: MaxResyncTime has passed", "table", name.String())
		err = nil
	}
	return t.end(ctx, err)
}

func failedIDs(x *watched) (ids [][16]byte) {
	for id := range x.listed() {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b [16]byte) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// recall makes failures of before Again those of the table as it is. Its key may be another one by now, whose rows they cannot ask for.
func (x *watched) recall(w *Watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, f := range x.stood {
		if f.keyed != nil && len(f.keyed.source) != len(x.pair.keys) {
			f.keyed = nil
		}
		x.failed[id] = f
	}
	clear(x.stood)
}

// rows tries rows again and again while they change under its hands; those that memory has no room for together go one by one.
func (t *mending) rows(ctx context.Context, ids [][16]byte) error {
	for range mendRounds {
		var again [][16]byte
		parts := slices.Collect(slices.Chunk(ids, lookUpRows))
		for i := 0; i < len(parts); i++ {
			if time.Now().After(t.Until) {
				return errClosed
			}
			var moved, cramped [][16]byte
			err := t.patiently(ctx, func() (err error) {
				moved, cramped, err = t.mend(ctx, parts[i])
				return err
			})
			if err != nil {
				return err
			}
			if again = append(again, moved...); len(parts[i]) == 1 {
				again = append(again, cramped...)
			} else {
				parts = append(parts, slices.Collect(slices.Chunk(cramped, 1))...)
			}
			t.Told(t.table.Plan.Source.Name, t.counts)
		}
		if ids = again; len(ids) == 0 {
			return nil
		}
	}
	for _, id := range ids {
		t.leave(id, keepsChanging)
	}
	return nil
}

// patiently tries again what an end would not do: a window is too rare to be given up for that.
func (t *mending) patiently(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == mendTries || ctx.Err() != nil || errors.Is(err, errClosed) {
			return err
		}
		t.w.Log.Warn("rows could not be resynced, trying again", "table", t.table.Plan.Source.Name.String(), "error", err)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(mendPause):
		}
	}
}

// end tells what has come of it.
func (t *mending) end(ctx context.Context, err error) error {
	t.Failed = t.Attempted - t.Succeeded
	t.State, t.At = ResyncDone, time.Now().UTC()
	source := t.table.Plan.Source.Name
	defer func() { t.Told(source, t.counts) }() // once everything is written down
	if t.Attempted == 0 {
		return err
	}
	w, x := t.w, t.x
	w.mu.Lock()
	watched := w.tables[source]
	t.remember(watched)
	if x.bounded && len(x.failed) <= w.TableFailures { // comparisons go on
		x.bounded, x.given, x.whole = false, "", true
	}
	sum := 0
	for _, other := range w.tables {
		sum += len(other.failed) + len(other.suspended)
	}
	w.over = w.over && sum > w.Failures
	w.mu.Unlock()
	done := t.Done(ctx, Outcome{Source: source, Target: t.table.Target.Name, Mended: t.mended, Failed: t.failed})
	return errors.Join(err, done, w.report(ctx, watched, true))
}

// remember keeps what has become of rows in the table as it is watched now, which may have been taken up anew meanwhile.
func (t *mending) remember(x *watched) {
	if x.mended = slices.Concat(x.mended, t.mended); len(x.mended) > mendedRows {
		x.mended = slices.Clone(x.mended[len(x.mended)-mendedRows:])
	}
	if x == t.x {
		return
	}
	for _, f := range t.mended {
		delete(x.stood, f.id)
	}
	for _, f := range t.failed {
		if x.table != t.x.table { // its key may be another one
			f.keyed = nil
		}
		x.stood[f.id] = f
	}
}

// leave notes why a row is not mended.
func (t *mending) leave(id [16]byte, why string) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	f, ok := t.x.failed[id]
	if !ok {
		return
	}
	f.Resynced = &Resynced{At: time.Now().UTC(), Deleted: f.Kind == MissingSource, Why: why}
	t.x.failed[id] = f
	t.failed = append(t.failed, f)
}

// mark makes changes of rows known from here on.
type mark struct {
	generations map[[16]byte]uint64
	keys        []*keyed
	blind       uint64
}

// mend puts rows right, and returns those that have changed meanwhile, and those that there was no room for.
func (t *mending) mend(ctx context.Context, ids [][16]byte) (moved, cramped [][16]byte, err error) {
	marked, moved, ok := t.mark(ids)
	if !ok {
		for _, id := range ids {
			t.leave(id, takenUp)
		}
	}
	if len(marked.generations) == 0 {
		return moved, nil, nil
	}
	p, fix, found, err := t.readSource(ctx, &marked)
	if err != nil {
		return nil, nil, err
	}
	for id := range marked.generations {
		if len(p.lost.failures) > 0 && len(found[id].source) == 0 { // it may be there and not be readable
			t.leave(id, "a row of the source cannot be read: "+p.lost.failures[0].Why)
			delete(found, id)
		}
	}
	if err := t.reach(ctx); err != nil {
		return nil, nil, err
	}
	var done settled
	limited, cancel := context.WithDeadline(ctx, t.Until)
	defer cancel()
	err = t.Halt(limited, func(ctx context.Context) error {
		done = t.write(ctx, &marked, p, fix, found)
		return nil
	})
	if err = errors.Join(err, done.err); err != nil {
		if limited.Err() != nil && ctx.Err() == nil {
			return nil, nil, errClosed
		}
		return nil, nil, err
	}
	t.settle(&done, &marked, found)
	return append(moved, done.moved...), done.cramped, nil
}

func (t *mending) mark(ids [][16]byte) (m mark, moved [][16]byte, ok bool) {
	w, x := t.w, t.x
	m.generations = map[[16]byte]uint64{}
	var unasked [][16]byte
	w.mu.Lock()
	if w.tables[t.table.Plan.Source.Name] != x || x.left {
		w.mu.Unlock()
		return m, nil, false
	}
	for _, id := range ids {
		f, there := x.failed[id]
		switch {
		case !there:
		case f.keyed == nil:
			unasked = append(unasked, id)
		default:
			w.wait(x, id, f.keyed, 0)
			if r := x.pending[id]; r != nil {
				m.generations[id] = r.generation
				m.keys = append(m.keys, f.keyed)
			} else {
				moved = append(moved, id)
			}
		}
	}
	m.blind = x.blind
	w.mu.Unlock()
	for _, id := range unasked {
		t.leave(id, "its key cannot be asked for by itself")
	}
	return m, moved, true
}

// readSource reads the source's rows, and lets go of the source.
func (t *mending) readSource(ctx context.Context, m *mark) (*pair, *repair, map[[16]byte]*both, error) {
	source, release, err := t.w.OpenSource(ctx, 1)
	if err != nil {
		return nil, nil, nil, err
	}
	defer release()
	p, err := t.w.pairOf(t.x.known, source, t.x.pair.Config.Target, true)
	if err != nil {
		return nil, nil, nil, err
	}
	fix, found := newRepair(p), map[[16]byte]*both{}
	for id := range m.generations {
		found[id] = &both{}
	}
	return p, fix, found, p.lookUp(ctx, p.source, m.keys, found, fix)
}

// reach waits for the target for as long as the window is open.
func (t *mending) reach(ctx context.Context) error {
	for {
		err := t.w.reach(ctx)
		switch {
		case !errors.Is(err, errLater):
			return err
		case time.Now().After(t.Until):
			return errClosed
		}
	}
}
