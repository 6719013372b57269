package metric

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Known is a metric that there are values of.
type Known struct {
	Name Name
	Unit string
	Last time.Time
}

// Known lists the metrics that keep says yes to, in the order of their names.
func (s *Store) Known(keep func(*Known) bool) []Known {
	s.ids.RLock()
	defer s.ids.RUnlock()
	type entry struct {
		Known
		key *seriesKey
	}
	var found []entry
	for _, of := range s.ids.series {
		e := entry{Known{of.name, of.key.unit, time.Unix(of.last, 0).UTC()}, &of.key}
		if keep(&e.Known) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b entry) int { return a.key.compare(b.key) })
	var out []Known
	for i := range found {
		out = append(out, found[i].Known)
	}
	return out
}

// A Reading asks for a metric's points from Start to before End, in steps of Period from Start on. Unit is empty for any.
type Reading struct {
	Name       Name
	Unit       string
	Start, End time.Time
	Period     time.Duration
}

// A Bucket is a step of a reading that has values.
type Bucket struct {
	At   time.Time
	Unit string
	Point
}

// Read answers a reading, in the order of time. With several units each has buckets of its own.
func (s *Store) Read(ctx context.Context, r Reading) ([]Bucket, error) {
	var out []Bucket
	s.ids.RLock()
	found := s.ids.named[r.Name.key()]
	s.ids.RUnlock()
	for _, of := range found {
		if r.Unit != "" && r.Unit != of.key.unit {
			continue
		}
		buckets, err := s.readSeries(ctx, of, r)
		if err != nil {
			return nil, fmt.Errorf("read metric %s: %w", r.Name.Metric, err)
		}
		out = append(out, buckets...)
	}
	slices.SortStableFunc(out, func(a, b Bucket) int { return a.At.Compare(b.At) })
	return out, nil
}

func (s *Store) readSeries(ctx context.Context, of *series, r Reading) ([]Bucket, error) {
	step := minute
	if r.Period < minute*time.Second {
		step = fine
	}
	rows, err := s.db.QueryContext(ctx, "SELECT at, n, sum, low, high, spread FROM point WHERE series = ? AND step = ? AND at >= ? AND at < ? ORDER BY at",
		of.id, step, r.Start.Unix(), r.End.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	start, period := r.Start.Unix(), max(int64(r.Period/time.Second), 1)
	var out []Bucket
	var parts [][]Weighted // of the bucket that is being filled, joined at its end
	known := true
	for rows.Next() {
		var at int64
		var p Point
		var spread []byte
		if err := rows.Scan(&at, &p.Count, &p.Sum, &p.Min, &p.Max, &spread); err != nil {
			return nil, err
		}
		p.Spread = spreadOf(spread)
		when := time.Unix(start+(at-start)/period*period, 0).UTC()
		last := len(out) - 1
		if last < 0 || !out[last].At.Equal(when) {
			closeBucket(out, parts, known)
			parts, known = parts[:0], true
			out = append(out, Bucket{At: when, Unit: of.key.unit, Point: Point{Min: p.Min, Max: p.Max}})
			last++
		}
		b := &out[last]
		b.Count += p.Count
		b.Sum += p.Sum
		b.Min, b.Max = min(b.Min, p.Min), max(b.Max, p.Max)
		values, ok := p.values()
		parts, known = append(parts, values), known && ok
	}
	closeBucket(out, parts, known)
	return out, rows.Err()
}

// closeBucket gives the last bucket its values.
func closeBucket(out []Bucket, parts [][]Weighted, known bool) {
	if len(out) == 0 || !known {
		return
	}
	b := &out[len(out)-1]
	if b.Min == b.Max {
		return
	}
	b.Spread = sorted(slices.Concat(parts...)).Spread
}
