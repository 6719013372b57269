package validate

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// WatchConfig describes the comparison of rows while a task follows changes.
type WatchConfig struct {
	// Config says how tables are compared; its snapshots and tables are not looked at.
	Config
	SourceFamily, TargetFamily catalog.Family
	// OpenSource and OpenTarget take a snapshot for so many readers of the tables, and say how to let go of it.
	OpenSource, OpenTarget func(ctx context.Context, readers int, tables ...catalog.Name) (s connector.Snapshot, release func(), err error)
	// Describe looks at a table of the target as it is now; nil is no table.
	Describe func(ctx context.Context, name catalog.Name) (*catalog.Table, error)
	// End is the position of the last transaction of the source; Reached is up to where all changes are in the target; Compare orders
	// positions. They make a comparison exact: once the target has reached the end that was read after the source's row, whatever
	// differs has changed since, which is known, or differs for good.
	End     func(ctx context.Context) (string, error)
	Reached func() string
	Compare func(a, b string) (int, error)
	// Delay is how long after a change its row is compared (ValidationQueryCdcDelaySeconds), FailAfter how long a row must differ before
	// that is reported (RecordFailureDelayInMinutes, or the latency if that is longer), SuspendAfter how long it may keep changing
	// (RecordSuspendDelayInMinutes).
	Delay        time.Duration
	FailAfter    func() time.Duration
	SuspendAfter time.Duration
	// Every is how often rows are looked at; 0 means every second.
	Every time.Duration
	// Report is told of a table whose failures have changed.
	Report func(ctx context.Context, r *Result) error
	Log    *slog.Logger
}

// Watch compares the rows that change while a task follows them. Touch is called before a change is applied.
type Watch struct {
	WatchConfig
	// busy is held for reading while rows are looked up: a resync, which holds it for writing, has comparisons rest.
	busy sync.RWMutex
	// wholes lets one table at a time be compared whole, by as many threads as there are; reporting has one told of at a time.
	wholes, reporting sync.Mutex

	mu     sync.Mutex
	tables map[catalog.Name]*watched
	order  []catalog.Name
	over   bool // FailureMaxCount
}

// watched is a table.
type watched struct {
	table *Table
	// known is the table as the target has it, and pair has its rules and layouts; nil until it was looked at, and after its structure has
	// changed.
	known   *Table
	pair    *pair
	picked  change.Batch // of touchRow
	pending map[[16]byte]*pendingRow
	// whole says that all of the table is to be compared, but not before due.
	whole bool
	due   time.Time
	// suspects are rows that differ and cannot be asked for by themselves, with the time since when; they are listed once that is certain.
	suspects map[[16]byte]time.Time
	// stirred is when rows may last have changed that are not known, moved when a known one did that cannot be asked for by itself.
	stirred time.Time
	moved   map[[16]byte]time.Time
	failed  map[[16]byte]Failure
	// stood are failures of before Again: they stay listed, and are a resync's, until the comparison has come to their rows.
	stood map[[16]byte]Failure
	// suspended are rows that kept changing.
	suspended map[[16]byte]bool
	troubles  int    // of the goroutine that checks
	left      bool   // see Leave
	given     string // why the table is not compared any more
	state     State
	retry     time.Time     // of the whole
	again     time.Time     // when rows that differ are looked at again
	took      time.Duration // of the last comparison of the whole
	bounded   bool          // given because of TableFailureMaxCount
	// blind counts what may have changed rows that are not known.
	blind uint64
	// mended are failures that a resync has put right.
	mended []Failure
}

// pendingRow is a key whose row is to be compared.
type pendingRow struct {
	*keyed
	generation uint64
	due        time.Time
	first      time.Time // since when it has been looked at and not found equal; one that waits its turn is not suspended for that
	mismatch   time.Time // since when it has been found different
}

// maxPending bounds the rows of a table that wait; beyond, all of the table is compared.
const maxPending = 1 << 16

// NewWatch prepares a watch of tables. whole asks for all of them to be compared first; failed are what an earlier comparison has found.
func NewWatch(c WatchConfig, tables []*Table, whole func(catalog.Name) bool, failed []*Result) *Watch {
	w := &Watch{WatchConfig: c, tables: map[catalog.Name]*watched{}}
	w.Meter = c.Stats.Meter()
	for _, t := range tables {
		w.add(t).whole = whole(t.Plan.Source.Name)
	}
	for _, r := range failed {
		x := w.tables[r.Source]
		if x == nil {
			continue
		}
		for _, f := range r.Failures {
			x.failed[f.id] = f
		}
		if r.State == NoPrimaryKey || r.State == TableError {
			x.given = r.Reason
		}
	}
	return w
}

func (w *Watch) add(t *Table) *watched {
	name := t.Plan.Source.Name
	x := &watched{
		table: t, pending: map[[16]byte]*pendingRow{}, failed: map[[16]byte]Failure{}, suspended: map[[16]byte]bool{},
		suspects: map[[16]byte]time.Time{}, moved: map[[16]byte]time.Time{}, stood: map[[16]byte]Failure{},
	}
	if w.Delay > 0 { // the last changes before now have had no time yet
		x.stirred = time.Now()
	}
	if w.tables[name] == nil {
		w.order = append(w.order, name)
	}
	w.tables[name] = x
	return x
}

// Touch takes note of changes of a table whose rows are in the target's form; nil says that all its rows may have changed. A table that is
// new, or another than before, is taken up.
func (w *Watch) Touch(t *Table, layouts []change.Layout, c *change.Changes) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := t.Plan.Source.Name
	x := w.tables[name]
	if x == nil || x.left || x.table.Plan != t.Plan || x.table.Target != t.Target {
		x = w.add(t)
		x.whole = true
	}
	if c == nil || x.pair == nil || len(x.pair.keys) == 0 || !x.pair.fits(layouts) {
		w.stir(x)
		return
	}
	for i := range c.Ops {
		known := false
		if n := c.After[i]; n != change.None {
			known = w.touchRow(x, &c.New, int(n))
		}
		if n := c.Before[i]; n != change.None {
			known = w.touchRow(x, &c.Old, int(n)) || known
		}
		if !known {
			w.stir(x)
		}
	}
}

// stir takes note of changes of rows that are not known.
func (w *Watch) stir(x *watched) {
	w.wantWhole(x)
	x.stirred = time.Now()
	x.blind++
}

// wantWhole has all of a table compared once a change of now has had its Delay. Later changes do not put that off: else it would never
// be done.
func (w *Watch) wantWhole(x *watched) {
	if !x.whole {
		x.whole, x.due = true, time.Now().Add(w.Delay)
	}
}

// Leave ends the comparison of a table that is followed no more; without a reason it rests until the table is touched again.
func (w *Watch) Leave(source catalog.Name, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.tables[source]
	if x == nil {
		return
	}
	x.left, x.given, x.state = true, why, TableError
	if why == "" {
		x.given, x.state = "the table is loaded anew", PendingAgain
	}
	w.Stats.Update(source, func(c *Counts) { c.State, c.Reason, c.Pending = x.state, x.given, 0 })
}

// Again has all of a table compared once more, and counts anew; false says that it is not watched. What was listed stays so until its rows
// have been compared: a resync goes by the failures that are listed, and one may begin before that (AWS DMS user guide, "Data resync").
func (w *Watch) Again(source catalog.Name) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.tables[source]
	if x == nil || x.left {
		return false
	}
	before := x
	x = w.add(before.table)
	x.stood, x.mended = before.listed(), before.mended
	x.whole, x.state, w.over = true, PendingAgain, false
	w.Stats.Update(source, func(c *Counts) {
		state := c.Resync.State
		*c = Counts{Source: c.Source, Target: c.Target, State: PendingAgain, Expected: c.Expected}
		if state != "" {
			c.Resync.State = ResyncWaits
		}
	})
	return true
}

// fits reports whether rows in these layouts have keys as the pair has them.
func (p *pair) fits(layouts []change.Layout) bool {
	for _, k := range p.keys {
		if p.inPlan[k] >= len(layouts) || layouts[p.inPlan[k]] != p.source.layouts[k] {
			return false
		}
	}
	return true
}

// touchRow makes a row wait, and reports whether its key is known. Batches have the columns of the task's plan.
func (w *Watch) touchRow(x *watched, b *change.Batch, i int) bool {
	p := x.pair
	picked := &x.picked
	if len(picked.Columns) != len(p.columns) {
		picked.Columns = make([]change.Vector, len(p.columns))
	}
	for _, k := range p.keys {
		v := &b.Columns[p.inPlan[k]]
		if v.IsAbsent(i) {
			return false
		}
		picked.Columns[k] = *v
	}
	id := p.keyID(picked, i)
	k := p.keyLiterals(picked, i, w.SourceFamily, w.TargetFamily)
	if k != nil {
		w.wait(x, id, k, w.Delay)
		return true
	}
	return w.move(x, id)
}

// move takes note of a change of a row that cannot be asked for by itself, and reports whether there was room for that.
func (w *Watch) move(x *watched, id [16]byte) bool {
	if len(x.moved) >= maxPending {
		return false
	}
	w.wantWhole(x)
	x.moved[id] = time.Now()
	delete(x.suspects, id)
	if r := x.pending[id]; r != nil {
		r.generation++
	}
	return true
}

// wait makes a row wait for so long.
func (w *Watch) wait(x *watched, id [16]byte, k *keyed, delay time.Duration) {
	now := time.Now()
	r := x.pending[id]
	if r == nil {
		if len(x.pending) >= maxPending {
			w.stir(x)
			return
		}
		r = &pendingRow{keyed: k}
		x.pending[id] = r
	}
	r.generation++
	r.due, r.mismatch = now.Add(delay), time.Time{}
}

// Run compares what waits until the context ends: as many tables side by side as there are threads, so that none waits for one that is
// large or cannot be reached.
func (w *Watch) Run(ctx context.Context) {
	every := w.Every
	if every <= 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	r := &round{Watch: w, slots: make(chan struct{}, w.threads()), under: map[catalog.Name]bool{}}
	defer r.Wait()
	for {
		for _, name := range w.names() {
			r.begin(ctx, name)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round are the tables that are being looked at.
type round struct {
	*Watch
	sync.WaitGroup
	slots chan struct{}
	mu    sync.Mutex
	under map[catalog.Name]bool
}

// begin looks at a table, unless that is being done.
func (r *round) begin(ctx context.Context, name catalog.Name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.under[name] {
		return
	}
	r.under[name] = true
	tell := func(err error) {
		r.Log.Warn("rows could not be compared, trying again", "error", fmt.Errorf("table %s: %w", name, err))
	}
	r.Go(rescue.Else(func() {
		defer r.end(name)
		if err := r.all(ctx, name); err != nil && ctx.Err() == nil {
			tell(err)
		}
	}, tell))
}

func (r *round) end(name catalog.Name) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.under, name)
}

// all compares what is due of a table, batch by batch: other tables come in between.
func (r *round) all(ctx context.Context, name catalog.Name) error {
	for more := true; more; {
		var err error
		if more, err = r.batch(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) batch(ctx context.Context, name catalog.Name) (more bool, err error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	defer func() { <-r.slots }()
	r.busy.RLock()
	defer r.busy.RUnlock()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return r.checkTable(ctx, name)
}

func (w *Watch) names() []catalog.Name {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]catalog.Name{}, w.order...)
}

// Settled reports whether nothing waits.
func (w *Watch) Settled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.tables {
		if x.given == "" && (x.whole || len(x.pending) > 0) {
			return false
		}
	}
	return true
}

// Results are what is known of all tables.
func (w *Watch) Results() (out []*Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range w.order {
		out = append(out, w.tables[name].result())
	}
	return out
}

func (x *watched) result() *Result {
	r := &Result{Source: x.table.Plan.Source.Name, Target: x.table.Target.Name, State: x.state, Suspended: int64(len(x.suspended)), Given: x.given}
	r.Mended = append(r.Mended, x.mended...)
	for _, f := range x.listed() {
		r.Failures = append(r.Failures, f)
		r.Failed++
		switch f.Kind {
		case RecordDiff:
			r.Different++
		case MissingSource:
			r.MissingSource++
		case MissingTarget:
			r.MissingTarget++
		}
	}
	if x.pair != nil {
		for _, k := range x.pair.keys {
			r.Key = append(r.Key, x.pair.columns[k].name)
		}
		r.Skipped = x.pair.skipped
	}
	return r
}

// listed are the failures that stand, those included that are being compared again.
func (x *watched) listed() map[[16]byte]Failure {
	all := maps.Clone(x.stood)
	maps.Copy(all, x.failed)
	return all
}

// replaced reports whether a table was taken up anew since: what is found of it as it was is nobody's any more.
func (w *Watch) replaced(x *watched) bool { return w.tables[x.table.Plan.Source.Name] != x }

// Tables are the tables that are watched, by their names in the source.
func (w *Watch) Tables() []catalog.Name { return w.names() }
