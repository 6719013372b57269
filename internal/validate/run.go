package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// Run compares all tables. The results are in the order of the tables; a table that could not be compared has the state
// TableError. The error says why the run ended early.
func Run(ctx context.Context, c Config) ([]*Result, error) {
	out := make([]*Result, len(c.Tables))
	if c.Meter == nil {
		c.Meter = c.Stats.Meter()
	}
	slots := make(chan struct{}, c.threads())
	b := &budget{left: int64(c.Failures), bounded: c.Failures > 0}
	for _, t := range c.Tables {
		c.Stats.Update(t.Plan.Source.Name, func(n *Counts) {
			n.Target, n.State, n.Expected = t.Target.Name, Pending, t.Plan.Source.EstimatedRows()
		})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.threads())
	for i, t := range c.Tables {
		g.Go(rescue.Func(func() error {
			r, err := compareTable(ctx, &c, t, slots, b)
			out[i] = r
			return err
		}))
	}
	return out, g.Wait()
}

// budget is how many failures may still be found (FailureMaxCount).
type budget struct {
	mu      sync.Mutex
	left    int64
	bounded bool
}

func (b *budget) spend(n int64) (ok bool) {
	if !b.bounded {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left -= n
	return b.left >= 0
}

func (b *budget) spent() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bounded && b.left < 0
}

func compareTable(ctx context.Context, c *Config, t *Table, slots chan struct{}, b *budget) (*Result, error) {
	started := time.Now()
	r := &Result{Source: t.Plan.Source.Name, Target: t.Target.Name, State: Validated}
	update := func() {
		c.Stats.Update(r.Source, func(n *Counts) {
			n.State, n.Failed, n.Suspended, n.Reason = r.State, r.Failed, r.Suspended, r.Reason
			if r.SourceRows > 0 {
				n.Compared = r.SourceRows
			}
		})
	}
	if b.spent() {
		r.State, r.Given = Pending, "FailureMaxCount was reached before"
		update()
		return r, nil
	}
	c.Stats.Update(r.Source, func(n *Counts) { n.State = Preparing })
	err := compareInto(ctx, c, t, slots, r)
	r.Took = time.Since(started)
	switch {
	case ctx.Err() != nil:
		return r, context.Cause(ctx)
	case err != nil && !fatal(err):
		r.State, r.Reason = TableError, err.Error()
	case err != nil:
		return r, fmt.Errorf("table %s: %w", r.Source, err)
	}
	if !b.spend(r.Failed) && r.Given == "" {
		r.Given = "FailureMaxCount was reached"
	}
	update()
	return r, nil
}

func compareInto(ctx context.Context, c *Config, t *Table, slots chan struct{}, r *Result) error {
	may := anyDigest
	if c.Rows {
		may = noneByQuery
	}
	for {
		p, err := newPair(c, t, may)
		if err != nil {
			return err
		}
		r.Skipped = p.skipped
		if p.compared == 0 {
			r.State, r.Reason = SuspendedRecords, "no column of the table can be compared"
			return nil
		}
		r.Key, r.Method = p.keyNames(), p.method()
		if len(p.keys) == 0 && c.NoBags {
			r.State, r.Reason = NoPrimaryKey, "the table has no primary key and no unique key without nulls"
			return nil
		}
		s := &search{pair: p, slots: slots}
		if err := s.checkKeys(); err != nil {
			return err
		}
		c.Stats.Update(r.Source, func(n *Counts) { n.State, n.Compared = PendingRecords, 0 })
		err = s.run(ctx)
		if p.joins && (errors.Is(err, errTooMany) || errors.Is(err, errManyDiffer) || errors.Is(err, connector.ErrNotJoined)) {
			may = noneJoined // the rows may lie in another order, or be too large
			continue
		}
		if p.pushed && (errors.Is(err, errTooMany) || errors.Is(err, errManyDiffer)) {
			may = noneByQuery // what two engines write may not be alike: values alone decide
			continue
		}
		if errors.Is(err, errTooMany) {
			r.State, r.Given = Mismatched, fmt.Sprintf("more than %d rows differ", openRows)
			r.SourceRows, r.TargetRows, r.Failed = s.mu.sourceRows, s.mu.targetRows, int64(len(s.found.open))
			err = nil
		}
		if err != nil {
			return err
		}
		return s.report(ctx, r)
	}
}

// report looks closely at what was found.
func (s *search) report(ctx context.Context, r *Result) error {
	if r.Given == "" {
		r.SourceRows, r.TargetRows = s.mu.sourceRows, s.mu.targetRows
		r.Failed = int64(len(s.found.open) + len(s.lost.failures))
	}
	r.Looked = s.mu.looked
	limit := openRows
	switch {
	case s.Keep && len(s.Keys) == 0:
		limit = repairedRows
	case !s.Keep && s.TableFailures > 0:
		limit = s.TableFailures
	}
	var fix *repair
	if s.Keep {
		fix = newRepair(s.pair)
	}
	rows, err := s.details(ctx, limit, fix)
	if err != nil {
		return err
	}
	var all []Failure
	for id, b := range rows {
		all = append(all, s.failures(id, b)...)
		fix.settle(id, b)
	}
	if fix, err = s.fewer(ctx, fix, limit); err != nil {
		return err
	}
	all = s.joined(all)
	fix.heed(all)
	if r.Given == "" && len(s.Keys) == 0 {
		r.Failed = int64(len(all)) + s.countUnlisted(r, rows)
	}
	if s.look != nil {
		s.look(rows)
	}
	slices.SortFunc(all, func(a, b Failure) int { return slices.CompareFunc(a.WholeKey(), b.WholeKey(), compareKeys) })
	if len(s.Keys) > 0 {
		all, r.Same = s.named(all)
	}
	s.classify(r, all)
	r.repair = fix
	rest := r.SourceRows - s.mu.equal
	s.Meter.rows(rest, rest-(r.Failed+r.Suspended-r.MissingSource))
	switch {
	case r.Failed > 0:
		r.State = Mismatched
	case r.Suspended > 0:
		r.State, r.Reason = SuspendedRecords, fmt.Sprintf("%d rows have a key longer than MaxKeyColumnSize, %d bytes", r.Suspended, s.MaxKey)
	}
	if !s.Keep {
		r.ListFirst(s.TableFailures)
	}
	return nil
}

// fewer looks at fewer keys, until there is room for all rows of one: their rows may differ in size so much that there was for none.
func (s *search) fewer(ctx context.Context, fix *repair, limit int) (*repair, error) {
	for limit = min(limit, len(s.found.open)); fix.stuck() && limit > 1; {
		limit = max(limit/cutInto, 1)
		fix = newRepair(s.pair)
		rows, err := s.details(ctx, limit, fix)
		if err != nil {
			return nil, err
		}
		for id, b := range rows {
			s.failures(id, b)
			fix.settle(id, b)
		}
	}
	return fix, nil
}

// countUnlisted counts, by kind, the failures that were not looked at closely: on which sides an open row was seen tells its
// kind. Of keys that stand in several rows of a side, which none should, it counts what is certain.
func (s *search) countUnlisted(r *Result, listed map[[16]byte]*both) (n int64) {
	for id, e := range s.found.open {
		if listed[id] != nil {
			continue
		}
		inSource, inTarget := int64(max(0, e.source-e.target)), int64(max(0, e.target-e.source))
		r.MissingTarget, r.MissingSource = r.MissingTarget+inSource, r.MissingSource+inTarget
		n += inSource + inTarget
		if e.source != e.target {
			continue
		}
		n++
		if e.source == 1 {
			r.Different++
		}
	}
	return n
}

// classify counts failures by kind, and puts those with too long a key aside.
func (s *search) classify(r *Result, all []Failure) {
	for _, f := range all {
		if s.tooLong(f.keySize) {
			r.Suspended++
			r.suspended = append(r.suspended, f)
			r.Failed--
			continue
		}
		switch f.Kind {
		case RecordDiff:
			r.Different++
		case MissingSource:
			r.MissingSource++
		case MissingTarget:
			r.MissingTarget++
		}
		r.Failures = append(r.Failures, f)
	}
}

// compareKeys orders keys for people: numbers by size, else by text.
func compareKeys(a, b string) int {
	if len(a) != len(b) && digitsOnly(a) && digitsOnly(b) {
		return len(a) - len(b)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func digitsOnly(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// method says where digests are computed.
func (p *pair) method() string {
	switch {
	case p.own:
		return "digests of the engine's own in both databases"
	case p.source.digester != nil && p.target.digester != nil:
		return "digests in both databases"
	case p.source.digester != nil:
		return "digests in the source, rows read from the target"
	case p.target.digester != nil:
		return "rows read from the source, digests in the target"
	}
	return "rows read from both"
}
