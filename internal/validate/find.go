package validate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/whimbreldb/whimbrel/internal/change"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/rescue"
)

// search is one comparison of a pair.
type search struct {
	*pair
	slots chan struct{} // of Config.Threads
	found entries
	mu    struct {
		sync.Mutex
		units                  []part
		sourceRows, targetRows int64
		equal                  int64 // of the source's rows, those of buckets that are equal
		looked                 int64
		buckets, differing     int
	}
}

// errManyDiffer says that digests tell nothing: nearly everything has to be read.
var errManyDiffer = errors.New("most digests differ")

// run finds the units of rows that differ, and matches their rows.
func (s *search) run(ctx context.Context) error {
	chunks, err := s.chunks(ctx)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.threads())
	for _, q := range chunks {
		g.Go(rescue.Func(func() error { return s.chunk(ctx, q) }))
	}
	return g.Wait()
}

// chunks cuts the table into parts that one query digests.
func (s *search) chunks(ctx context.Context) ([]part, error) {
	rows := max(s.source.table.Rows, s.target.table.Rows)
	low, high, ok, err := s.extent(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return []part{{modulus: s.modulus(rows)}}, nil
	}
	if high < low {
		return []part{{ranged: true, low: low, high: low, width: 1}}, nil
	}
	span := uint64(high) - uint64(low)
	width := uint64(s.partitionRows())
	if rows > 0 {
		width = span / max(uint64(rows/s.partitionRows()), 1)
	}
	width = max(width, span/maxBuckets, 1)
	if width >= 1<<62 {
		return []part{{modulus: s.modulus(rows)}}, nil
	}
	buckets := s.bucketsOfQuery(span/width + 1)
	return cut(low, high, int64(width), min(width, 1<<62/buckets)*buckets), nil
}

// bucketsOfQuery shares the buckets of a table out to the queries that may run at once, but not so few that asking costs more than digesting. A
// database that computes a query on one processor, as MySQL does, is then not waited for by one that does not.
func (s *search) bucketsOfQuery(all uint64) uint64 {
	return min(max(all/uint64(s.threads()), fewBuckets), chunkBuckets)
}

// cut divides a range into parts of so many integers.
func cut(low, high, width int64, step uint64) (out []part) {
	for ; uint64(high)-uint64(low) >= step; low += int64(step) {
		out = append(out, part{ranged: true, low: low, high: low + int64(step-1), width: width})
	}
	return append(out, part{ranged: true, low: low, high: high, width: width})
}

// modulus is the number of buckets by hash.
func (s *search) modulus(rows int64) int64 {
	if rows < 0 {
		return 4096
	}
	return min(max(rows/max(s.partitionRows()/cutInto, 1), 1), maxBuckets)
}

// extent finds the integers that the first column of the key reaches on both sides.
func (s *search) extent(ctx context.Context) (low, high int64, ok bool, err error) {
	if len(s.keys) == 0 {
		return 0, 0, false, nil
	}
	c := &s.columns[s.keys[0]]
	source, ok1 := s.source.snapshot.(connector.Extent)
	target, ok2 := s.target.snapshot.(connector.Extent)
	if !ok1 || !ok2 || !s.plan.Columns[s.keys[0]].Untouched() || c.how != byForm || c.form != connector.Number || !countable(s.source, s.keys[0]) || !countable(s.target, s.keys[0]) {
		return 0, 0, false, nil
	}
	low, high, ok, err = source.Extent(ctx, s.source.table, c.source)
	if err != nil || !ok {
		return 0, 0, false, s.source.fail(err)
	}
	a, b, ok, err := target.Extent(ctx, s.target.table, c.target)
	if err != nil || !ok {
		return 0, 0, false, s.target.fail(err)
	}
	switch {
	case b < a:
	case high < low:
		low, high = a, b
	default:
		low, high = min(low, a), max(high, b)
	}
	s.source.ranged, s.target.ranged = c.source, c.target
	return low, high, true, nil
}

func countable(s *side, i int) bool {
	switch s.layouts[i] {
	case change.Int64, change.Uint64, change.Decimal:
		return true
	}
	return false
}

// slot waits until one more query may run.
func (s *search) slot(ctx context.Context) (release func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// digests asks both sides at once.
func (s *search) digests(ctx context.Context, q part) (a, b map[int64]connector.Digest, err error) {
	release, err := s.slot(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(rescue.Func(func() (err error) {
		a, err = s.source.digest(ctx, q)
		return err
	}))
	g.Go(rescue.Func(func() (err error) {
		b, err = s.target.digest(ctx, q)
		return err
	}))
	return a, b, g.Wait()
}

// differs lists the buckets that are not equal, in order, with the number of rows that reading each would take.
func differs(a, b map[int64]connector.Digest) (buckets []int64, rows map[int64]int64) {
	rows = map[int64]int64{}
	for _, n := range slices.Sorted(maps.Keys(a)) {
		x, y := a[n], b[n]
		if x.Rows != y.Rows || x.Sum != y.Sum {
			rows[n] = x.Rows + y.Rows
		}
	}
	for n, y := range b {
		if _, both := a[n]; !both {
			rows[n] = y.Rows
		}
	}
	return slices.Sorted(maps.Keys(rows)), rows
}

// chunk compares a part whose digests one query computes.
func (s *search) chunk(ctx context.Context, q part) error {
	a, b, err := s.digests(ctx, q)
	if err != nil {
		return err
	}
	buckets, rows := differs(a, b)
	if err := s.count(a, b, buckets); err != nil {
		return err
	}
	if len(buckets) == 0 {
		return nil
	}
	if !q.ranged {
		return s.hashed(ctx, q, buckets, rows)
	}
	return s.ranges(ctx, q, buckets, rows)
}

// count counts rows once, and gives up on digests that hardly ever agree.
func (s *search) count(a, b map[int64]connector.Digest, differing []int64) error {
	var source, target int64
	for _, d := range a {
		source += d.Rows
	}
	for _, d := range b {
		target += d.Rows
	}
	equal := source
	for _, n := range differing {
		equal -= a[n].Rows
	}
	s.Stats.Update(s.plan.Source.Name, func(c *Counts) { c.Compared += source })
	s.Meter.rows(equal, equal)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.sourceRows += source
	s.mu.equal += equal
	s.mu.targetRows += target
	s.mu.buckets += max(len(a), len(b))
	s.mu.differing += len(differing)
	if s.joins && s.mu.buckets >= fewBuckets && s.mu.differing == s.mu.buckets {
		return errManyDiffer
	}
	if s.pushed && s.mu.buckets > 64 && s.mu.differing > s.mu.buckets/2 {
		return errManyDiffer
	}
	return nil
}

// hashed matches the rows of buckets by hash, as many at a time as memory bears.
func (s *search) hashed(ctx context.Context, q part, buckets []int64, rows map[int64]int64) error {
	for len(buckets) > 0 {
		n, sum := 0, int64(0)
		for n < len(buckets) && (n == 0 || sum+rows[buckets[n]] <= unitRows) {
			sum += rows[buckets[n]]
			n++
		}
		u := q
		u.buckets = buckets[:n:n]
		if err := s.match(ctx, u); err != nil {
			return err
		}
		buckets = buckets[n:]
	}
	return nil
}

// ranges looks closer at buckets of a range: a few are cut smaller, many are read side by side.
func (s *search) ranges(ctx context.Context, q part, buckets []int64, rows map[int64]int64) error {
	few := len(buckets) <= cutInto && s.pushed
	for i := 0; i < len(buckets); {
		n := buckets[i]
		u := within(q, n)
		sum := rows[n]
		i++
		if few && sum > smallBucket && u.high > u.low {
			u.width = max(q.width/cutInto, 1)
			if u.width < q.width {
				if err := s.closer(ctx, u); err != nil {
					return err
				}
				continue
			}
		}
		for !few && i < len(buckets) && buckets[i] == buckets[i-1]+1 && sum+rows[buckets[i]] <= unitRows {
			sum += rows[buckets[i]]
			u.high = within(q, buckets[i]).high
			i++
		}
		if err := s.matchAll(ctx, u, sum); err != nil {
			return err
		}
	}
	return nil
}

// matchAll matches the rows of a range, in several goes when one key's are too many for memory.
func (s *search) matchAll(ctx context.Context, q part, rows int64) error {
	if rows <= 4*unitRows {
		return s.match(ctx, q)
	}
	q.modulus = rows/unitRows + 1
	for i := range q.modulus {
		q.buckets = []int64{i}
		if err := s.match(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// closer digests a bucket in smaller ones.
func (s *search) closer(ctx context.Context, q part) error {
	a, b, err := s.digests(ctx, q)
	if err != nil {
		return err
	}
	buckets, rows := differs(a, b)
	return s.ranges(ctx, q, buckets, rows)
}

// within is the part of q that is its bucket n.
func within(q part, n int64) part {
	u := q
	low, high := n*q.width, n*q.width
	switch {
	case n > 0:
		high = low + (q.width - 1)
	case n < 0:
		low = high - (q.width - 1)
	default:
		low, high = -(q.width - 1), q.width-1
	}
	if n > 0 && high < low {
		high = q.high // beyond what 64 bits hold
	}
	if n < 0 && low > high {
		low = q.low
	}
	u.low, u.high = max(q.low, low), min(q.high, high)
	return u
}

// match reads the rows of a part on both sides and keeps those that have no like.
func (s *search) match(ctx context.Context, q part) error {
	s.mu.Lock()
	s.mu.units = append(s.mu.units, q)
	u := unit{number: int32(len(s.mu.units) - 1), rows: map[[16]byte]*entry{}}
	s.mu.Unlock()
	release, err := s.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	looked := int64(0)
	for _, side := range []*side{s.source, s.target} {
		if err := side.scan(ctx, q, func(r *row) error {
			u.take(r, side == s.source)
			looked++
			return nil
		}); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.mu.looked += looked
	s.mu.Unlock()
	return s.found.settle(&u)
}
