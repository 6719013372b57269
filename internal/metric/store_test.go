package metric

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string, now *time.Time) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return *now }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func sample(name string, at time.Duration, fine bool, p Point) Sample {
	return Sample{Name: Of("shop", name, Dimension{"b", "2"}, Dimension{"a", "1"}), Unit: "Count", At: start.Add(at), Fine: fine, Point: p}
}

// TestPointsAddUp puts values in three forms and reads them in several periods.
func TestPointsAddUp(t *testing.T) {
	now := start
	dir := t.TempDir()
	s := open(t, dir, &now)
	require.NoError(t, s.Put(t.Context(), []Sample{
		sample("m", 0, true, One(4, 1)), sample("m", 10*time.Second, true, One(8, 1)), sample("m", 70*time.Second, false, Many([]Weighted{{3, 2}, {1, 1}})),
	}))
	require.NoError(t, s.Put(t.Context(), []Sample{sample("m", 10*time.Second, true, One(6, 1))}))
	again := open(t, dir, &now) // as after a kill: the first was not closed
	name := Of("shop", "m", Dimension{"a", "1"}, Dimension{"b", "2"})
	read := func(period time.Duration) []Bucket {
		got, err := again.Read(t.Context(), Reading{Name: name, Start: start, End: start.Add(time.Hour), Period: period})
		require.NoError(t, err)
		return got
	}
	fineOnes := read(10 * time.Second)
	require.Len(t, fineOnes, 2)
	require.Equal(t, Point{2, 14, 6, 8, []Weighted{{6, 1}, {8, 1}}}, fineOnes[1].Point)
	minutes := read(time.Minute)
	require.Equal(t, Point{3, 18, 4, 8, []Weighted{{4, 1}, {6, 1}, {8, 1}}}, minutes[0].Point)
	require.Equal(t, Point{3, 7, 1, 3, []Weighted{{1, 1}, {3, 2}}}, minutes[1].Point)
	whole := read(5 * time.Minute)
	require.Len(t, whole, 1)
	require.Equal(t, Point{6, 25, 1, 8, []Weighted{{1, 1}, {3, 2}, {4, 1}, {6, 1}, {8, 1}}}, whole[0].Point)
	require.Equal(t, "Count", whole[0].Unit)
	require.NoError(t, again.Put(t.Context(), []Sample{sample("m", time.Second, false, Point{Count: 5, Sum: 10, Min: 0, Max: 9})}))
	whole = read(5 * time.Minute)
	require.Nil(t, whole[0].Spread, "of a sum alone nobody knows the values")
	require.InDelta(t, 11, whole[0].Count, 0)
	known := again.Known(func(*Known) bool { return true })
	require.Len(t, known, 1)
	require.Equal(t, name, known[0].Name)
}

func TestOldPointsGo(t *testing.T) {
	now := start
	s := open(t, t.TempDir(), &now)
	require.NoError(t, s.Put(t.Context(), []Sample{sample("old", 0, true, One(1, 1)), sample("new", 0, true, One(1, 1))}))
	now = start.Add(4 * time.Hour)
	require.NoError(t, s.Trim(t.Context()))
	get := func(name string, period time.Duration) int {
		got, err := s.Read(t.Context(), Reading{Name: sample(name, 0, false, Point{}).Name, Start: start, End: now.Add(time.Hour), Period: period})
		require.NoError(t, err)
		return len(got)
	}
	require.Zero(t, get("old", 10*time.Second), "fine points stay for three hours")
	require.Equal(t, 1, get("old", time.Minute))
	now = start.Add(MinutesKept + time.Hour)
	require.NoError(t, s.Put(t.Context(), []Sample{sample("new", MinutesKept, true, One(1, 1))}))
	require.NoError(t, s.Trim(t.Context()))
	require.Zero(t, get("old", time.Minute))
	require.Len(t, s.Known(func(*Known) bool { return true }), 1)
	require.Equal(t, 1, get("new", time.Minute))
}

// TestUnitsOfAMetricAreToldApart reads a metric that came in two units; one of them grows old, and comes again.
func TestUnitsOfAMetricAreToldApart(t *testing.T) {
	now := start
	dir := t.TempDir()
	s := open(t, dir, &now)
	put := func(unit string, at time.Duration) {
		one := sample("m", at, false, One(1, 1))
		one.Unit = unit
		require.NoError(t, s.Put(t.Context(), []Sample{one, sample("other", at, false, One(9, 1))}))
	}
	units := func(s *Store, unit string) (all []string) {
		got, err := s.Read(t.Context(), Reading{Name: sample("m", 0, false, Point{}).Name, Unit: unit, Start: start, End: now.Add(time.Hour), Period: 100 * 24 * time.Hour})
		require.NoError(t, err)
		for _, b := range got {
			all = append(all, b.Unit)
		}
		return all
	}
	put("Seconds", 0)
	put("Bytes", 0)
	for _, s := range []*Store{s, open(t, dir, &now)} {
		require.Equal(t, []string{"Seconds", "Bytes"}, units(s, ""))
		require.Equal(t, []string{"Bytes"}, units(s, "Bytes"))
		require.Empty(t, units(s, "Count"))
		known := s.Known(func(k *Known) bool { return k.Name.Metric == "m" })
		require.Equal(t, []string{"Bytes", "Seconds"}, []string{known[0].Unit, known[1].Unit})
	}
	now = start.Add(MinutesKept + time.Hour)
	put("Bytes", MinutesKept)
	require.NoError(t, s.Trim(t.Context()))
	require.Equal(t, []string{"Bytes"}, units(s, ""))
	put("Seconds", MinutesKept)
	require.Equal(t, []string{"Bytes", "Seconds"}, units(s, ""))
}

func TestRoomIsBounded(t *testing.T) {
	now := start.Add(10 * 24 * time.Hour)
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), MaxBytes: 300 << 10, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	var all []Sample
	for i := range 10 * 24 * 60 {
		all = append(all, sample("m", time.Duration(i)*time.Minute, false, One(float64(i)*1.1, 1)))
	}
	require.NoError(t, s.Put(t.Context(), all))
	require.NoError(t, s.Trim(t.Context()))
	used, err := s.db.Used(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, used, int64(300<<10))
	got, err := s.Read(t.Context(), Reading{Name: all[0].Name, Start: start, End: now, Period: time.Minute})
	require.NoError(t, err)
	require.NotEmpty(t, got)
	require.Equal(t, all[len(all)-1].At, got[len(got)-1].At, "the oldest go")
}

// TestRoomIsHeldWhileMetricsAreWritten puts much more than may be kept, and nobody trims: first with times that pass, then all
// at one moment, which is refused in the end, but for the server's own, until it has grown old.
func TestRoomIsHeldWhileMetricsAreWritten(t *testing.T) {
	now := start
	const bound = 600 << 10
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), MaxBytes: bound, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	put := func(i int, namespace string) error {
		var all []Sample
		for j := range 50 {
			one := sample("m", now.Sub(start), false, Many([]Weighted{{1, 1}, {float64(i), 1}, {float64(i + j), 2}}))
			one.Name.Namespace, one.Name.Metric = namespace, fmt.Sprint("m", i%20, j)
			all = append(all, one)
		}
		return s.Put(t.Context(), all)
	}
	held := func() {
		t.Helper()
		used, err := s.db.Used(t.Context())
		require.NoError(t, err)
		require.Less(t, used, int64(bound)*5/4)
	}
	for i := range 300 {
		now = now.Add(time.Minute)
		require.NoError(t, put(i, "shop"))
		held()
	}
	var refused error
	for i := 0; refused == nil; i++ {
		require.Less(t, i, 1000)
		refused = put(1000+i, fmt.Sprint("shop", i))
		held()
	}
	require.ErrorIs(t, refused, ErrFull)
	require.NoError(t, put(1, Own+"DMS"))
	now = now.Add(time.Hour)
	require.NoError(t, s.Trim(t.Context()))
	require.NoError(t, put(1, "shop"))
}

// TestNamesAreBounded puts one metric too many, and names that are too long; those of the server itself are kept.
func TestNamesAreBounded(t *testing.T) {
	now := start
	s := open(t, t.TempDir(), &now)
	s.mostSeries = 3
	for _, name := range []string{"a", "b", "c"} {
		require.NoError(t, s.Put(t.Context(), []Sample{sample(name, 0, false, One(1, 1))}))
	}
	more := sample("d", 0, false, One(1, 1))
	require.ErrorIs(t, s.Put(t.Context(), []Sample{sample("a", 0, false, One(1, 1)), more}), ErrFull)
	require.NoError(t, s.Put(t.Context(), []Sample{sample("a", 0, false, One(1, 1))}))
	more.Name.Namespace = Own + "DMS"
	require.NoError(t, s.Put(t.Context(), []Sample{more}))
	s.mostSeries, s.mostNames = 100, 150
	err := s.Put(t.Context(), []Sample{sample("e", 0, false, One(1, 1)), sample("f", 0, false, One(1, 1)), sample("g", 0, false, One(1, 1))})
	require.ErrorIs(t, err, ErrFull)
	require.ErrorContains(t, err, "150 bytes")
	require.Len(t, s.Known(func(*Known) bool { return true }), 4, "all of a call are kept or none")
	now = start.Add(MinutesKept + time.Hour)
	require.NoError(t, s.Trim(t.Context()))
	require.Zero(t, s.ids.bytes)
	require.NoError(t, s.Put(t.Context(), []Sample{sample("e", MinutesKept, false, One(1, 1))}))
}

func TestStatistics(t *testing.T) {
	p := Many([]Weighted{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {100, 1}})
	for name, want := range map[string]float64{
		Average: 22, Sum: 110, Minimum: 1, Maximum: 100, SampleCount: 5, "p0": 1, "p50": 3, "p100": 100, "p62.5": 3.5, "tm80": 2.5, "TM(20%:80%)": 3, "tc80": 4,
		"ts80": 10, "PR(:3)": 60, "PR(1:4)": 60, "TC(2:)": 3, "wm80": 2.8, "IQM": 3,
	} {
		f, err := ParseStatistic(name)
		require.NoError(t, err, name)
		got, ok := f(&p)
		require.True(t, ok, name)
		require.InDelta(t, want, got, 0.3, name)
	}
	for _, name := range []string{"", "average", "p101", "p-1", "TM(a:b)", "TM(1%:200%)", "x"} {
		_, err := ParseStatistic(name)
		require.Error(t, err, name)
	}
	median, err := ParseStatistic("p50")
	require.NoError(t, err)
	_, ok := median(&Point{Count: 2, Sum: 3, Min: 1, Max: 2})
	require.False(t, ok, "a sum has no percentiles")
}

// TestAddIsOneSum adds points in two halves, and all at once.
func TestAddIsOneSum(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 60).Draw(r, "values")
		var all []Weighted
		var one, left, right Point
		for i, v := range values {
			all = append(all, Weighted{v, 1})
			one.Add(One(v, 1))
			if i%2 == 0 {
				left.Add(One(v, 1))
			} else {
				right.Add(One(v, 1))
			}
		}
		left.Add(right)
		whole := Many(all)
		for _, p := range []Point{one, left} {
			require.InDelta(r, whole.Count, p.Count, 0)
			require.InDelta(r, whole.Sum, p.Sum, 1e-3)
			require.InDelta(r, whole.Min, p.Min, 0)
			require.InDelta(r, whole.Max, p.Max, 0)
			require.Equal(r, whole.Spread, p.Spread)
		}
		thin := thinned(whole.Spread)
		require.LessOrEqual(r, len(thin), mostKept)
		require.Equal(r, whole.Spread, spreadOf(spreadText(whole.Spread)))
	})
	var many []Weighted
	for i := range 1000 {
		many = append(many, Weighted{float64(i), 1})
	}
	thin := thinned(many)
	require.LessOrEqual(t, len(thin), mostKept)
	total := 0.0
	for _, w := range thin {
		total += w.Value * w.Count
	}
	require.InDelta(t, 999*500, total, 1e-6)
	require.False(t, math.IsNaN(total))
}

// many is a store of 5000 metrics.
func many(b *testing.B) *Store {
	b.Helper()
	now := start
	s := open(b, b.TempDir(), &now)
	var all []Sample
	for i := range 5000 {
		one := sample("m", 0, false, One(1, 1))
		one.Name = Of("shop", "m", Dimension{"number", strconv.Itoa(i)}, Dimension{"place", "here"})
		all = append(all, one)
	}
	require.NoError(b, s.Put(b.Context(), all))
	return s
}

// BenchmarkRead reads one of 5000 metrics, as each alarm does.
func BenchmarkRead(b *testing.B) {
	s := many(b)
	r := Reading{Name: Of("shop", "m", Dimension{"number", "77"}, Dimension{"place", "here"}), Start: start, End: start.Add(time.Hour), Period: time.Minute}
	for b.Loop() {
		got, err := s.Read(b.Context(), r)
		require.NoError(b, err)
		require.Len(b, got, 1)
	}
}

// BenchmarkKnown lists 5000 metrics.
func BenchmarkKnown(b *testing.B) {
	s := many(b)
	for b.Loop() {
		require.Len(b, s.Known(func(*Known) bool { return true }), 5000)
	}
}
