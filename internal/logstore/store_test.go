package logstore

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func stream(t testing.TB, s *Store, group, name string) Stream {
	t.Helper()
	if err := s.CreateGroup(t.Context(), Group{Name: group}); err != nil {
		require.ErrorIs(t, err, ErrExists)
	}
	require.NoError(t, s.CreateStream(t.Context(), group, name))
	x, err := s.Stream(t.Context(), group, name)
	require.NoError(t, err)
	return *x
}

func read(t rapid.TB, s *Store, c Scan) []string {
	var out []string
	if c.Till == (Place{}) {
		c.Till = Place{At: math.MaxInt64}
	}
	c.See = func(n int, e *Event) bool {
		out = append(out, fmt.Sprintf("%d %s %.9s", e.At, c.Streams[n].Name, e.Message))
		return true
	}
	_, done, err := s.Scan(context.Background(), &c)
	if err != nil || !done {
		t.Fatalf("scan: %v, done %v", err, done)
	}
	return out
}

// TestEventsComeInTheirOrder appends batches in any order of times to several streams, and compares what is read with a plain
// sort, forwards, backwards and from every place.
func TestEventsComeInTheirOrder(t *testing.T) {
	s := open(t, t.TempDir())
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		type kept struct {
			at   int64
			n    int
			text string
		}
		var all []kept
		streams := []Stream{stream(t, s, fmt.Sprint("g", n), "a"), stream(t, s, fmt.Sprint("g", n), "b")}
		number := 0
		for range rapid.IntRange(1, 12).Draw(r, "batches") {
			of := rapid.IntRange(0, 1).Draw(r, "stream")
			var lines []Line
			for range rapid.IntRange(1, 30).Draw(r, "lines") {
				number++
				at := rapid.Int64Range(1, 50).Draw(r, "at")
				text := fmt.Sprintf("line %04d %s", number, string(make([]byte, rapid.SampledFrom([]int{0, 0, 9000}).Draw(r, "long"))))
				lines = append(lines, Line{at, text})
			}
			require.NoError(r, s.Append(t.Context(), fmt.Sprint("g", n), streams[of].Name, lines, nil))
			slices.SortStableFunc(lines, func(x, y Line) int { return int(x.At - y.At) })
			for i, l := range lines {
				all = append(all, kept{l.At, number*1000 + i, fmt.Sprintf("%d %s %.9s", l.At, streams[of].Name, l.Message)})
			}
		}
		requireNoOverlap(r, s, &streams[0], &streams[1])
		slices.SortStableFunc(all, func(a, b kept) int {
			if a.at != b.at {
				return int(a.at - b.at)
			}
			return a.n - b.n
		})
		from := rapid.Int64Range(0, 51).Draw(r, "from")
		till := rapid.Int64Range(1, 52).Draw(r, "till")
		var want, wantA []string
		for _, k := range all {
			if k.at >= from && k.at < till {
				want = append(want, k.text)
				if k.text[len(fmt.Sprint(k.at))+1] == 'a' {
					wantA = append(wantA, k.text)
				}
			}
		}
		require.Equal(r, want, read(r, s, Scan{Streams: streams, From: Place{At: from}, Till: Place{At: till}}))
		back, err := s.Last(t.Context(), &streams[0], Place{At: from}, Place{At: till}, 7, math.MaxInt64)
		require.NoError(r, err)
		var got []string
		for i := range back {
			got = append(got, fmt.Sprintf("%d a %.9s", back[i].At, back[i].Message))
		}
		require.Equal(r, wantA[max(len(wantA)-7, 0):], append([]string(nil), got...)[:len(got):len(got)])
		// With little room, so that blocks are let go of and read again.
		narrow := Scan{Streams: streams, From: Place{At: from}, Till: Place{At: till}, MostHeld: 1}
		require.Equal(r, want, read(r, s, narrow))
		// In pages of three, each from where the one before has ended.
		var paged []string
		for c := (Scan{Streams: streams, From: Place{At: from}, Till: Place{At: till}}); ; {
			page := 0
			c.See = func(n int, e *Event) bool {
				paged = append(paged, fmt.Sprintf("%d %s %.9s", e.At, streams[n].Name, e.Message))
				page++
				return page < 3
			}
			next, done, err := s.Scan(t.Context(), &c)
			require.NoError(r, err)
			if done {
				break
			}
			c.From = next
		}
		require.Equal(r, want, paged)
	})
}

// requireNoOverlap holds the blocks of streams to what neighbour builds on: each ends before the next begins. And neighbour
// finds, for every moment, the first block that reaches beyond it.
func requireNoOverlap(t rapid.TB, s *Store, streams ...*Stream) {
	ctx := context.Background()
	for _, of := range streams {
		blocks := blocksOf(t, s, of)
		tx, err := s.db.BeginTx(ctx, nil)
		require.NoError(t, err)
		for at := int64(0); at < 53; at += 4 {
			got, till, err := neighbour(ctx, tx, of.id, at)
			require.NoError(t, err)
			want := slices.IndexFunc(blocks, func(b block) bool { return b.last.At > at })
			if want < 0 && len(blocks) > 0 && blocks[len(blocks)-1].size < fullBlock {
				want = len(blocks) - 1
			}
			if want < 0 {
				require.Nil(t, got)
				continue
			}
			require.Equal(t, blocks[want].first, got.first)
			require.Equal(t, want+1 < len(blocks), till != nil)
			require.True(t, till == nil || *till == blocks[want+1].first.At)
		}
		require.NoError(t, tx.Rollback())
	}
}

func blocksOf(t rapid.TB, s *Store, of *Stream) (blocks []block) {
	rows, err := s.db.QueryContext(context.Background(), "SELECT first_at, first_seq, last_at, last_seq, length(content) FROM block WHERE stream = ? ORDER BY first_at, first_seq", of.id)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var b block
		require.NoError(t, rows.Scan(&b.first.At, &b.first.Seq, &b.last.At, &b.last.Seq, &b.size))
		if n := len(blocks); n > 0 {
			require.True(t, blocks[n-1].last.Before(b.first))
		}
		blocks = append(blocks, b)
	}
	require.NoError(t, rows.Err())
	return blocks
}

// TestWhatWasAppendedIsThereAfterAnEnd opens the file anew without closing it, as after a kill.
func TestWhatWasAppendedIsThereAfterAnEnd(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	of := stream(t, s, "g", "s")
	require.NoError(t, s.Append(t.Context(), "g", "s", []Line{{1, "one"}, {2, "two"}}, &Source{"file", "7:42"}))
	again := open(t, dir)
	require.Equal(t, []string{"1 s one", "2 s two"}, read(t, again, Scan{Streams: []Stream{of}}))
	place, err := again.Place(t.Context(), "file")
	require.NoError(t, err)
	require.Equal(t, "7:42", place)
	require.NoError(t, again.Append(t.Context(), "g", "s", []Line{{2, "three"}}, nil))
	require.Equal(t, []string{"1 s one", "2 s two", "2 s three"}, read(t, again, Scan{Streams: []Stream{of}}))
}

func TestRetentionAndRoom(t *testing.T) {
	now := time.UnixMilli(100 * 86400_000)
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), MaxBytes: 3 << 20, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	old := stream(t, s, "short", "s")
	require.NoError(t, s.ChangeGroup(t.Context(), "short", func(g *Group) { g.Days = 3 }))
	require.NoError(t, s.Append(t.Context(), "short", "s", []Line{{now.AddDate(0, 0, -4).UnixMilli(), "gone"}}, nil))
	require.NoError(t, s.Trim(t.Context()))
	require.Empty(t, read(t, s, Scan{Streams: []Stream{old}}))
	big := stream(t, s, "big", "s")
	at := now.UnixMilli()
	for i := range 40 {
		var lines []Line
		for j := range 200 {
			lines = append(lines, Line{at + int64(i*200+j), fmt.Sprintf("%06d %s", i*200+j, string(make([]byte, 1000)))})
		}
		require.NoError(t, s.Append(t.Context(), "big", "s", lines, nil))
	}
	require.NoError(t, s.Trim(t.Context()))
	left := read(t, s, Scan{Streams: []Stream{big}})
	require.Less(t, len(left), 8000)
	require.NotEmpty(t, left)
	require.Contains(t, left[len(left)-1], " s 007999", "the oldest go")
	used, err := s.db.Used(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, used, int64(3<<20))
	require.NoError(t, s.DeleteGroup(t.Context(), "big"))
	_, err = s.Stream(t.Context(), "big", "s")
	require.ErrorIs(t, err, ErrNoGroup)
}

// TestRoomIsHeldWhileEventsAreWritten appends four times what may be kept, and nobody trims.
func TestRoomIsHeldWhileEventsAreWritten(t *testing.T) {
	const bound = 4 << 20
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), MaxBytes: bound, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	of := stream(t, s, "g", "s")
	for i := range 160 {
		lines := make([]Line, 100)
		for j := range lines {
			lines[j] = Line{int64(i*100 + j), fmt.Sprintf("%06d %s", i*100+j, string(make([]byte, 1000)))}
		}
		require.NoError(t, s.Append(t.Context(), "g", "s", lines, nil))
		used, err := s.db.Used(t.Context())
		require.NoError(t, err)
		require.Less(t, used, int64(bound)*5/4)
	}
	left := read(t, s, Scan{Streams: []Stream{of}})
	require.Greater(t, len(left), 2000)
	require.Contains(t, left[len(left)-1], " s 015999", "the oldest go")
}

// TestAScanHoldsLittle reads many streams of tiny events that are interleaved, with little room and with enough.
func TestAScanHoldsLittle(t *testing.T) {
	s := open(t, t.TempDir())
	const count, each = 100, 2000
	var streams []Stream
	for i := range count {
		name := fmt.Sprintf("s%03d", i)
		streams = append(streams, stream(t, s, "g", name))
		lines := make([]Line, each)
		for j := range lines {
			lines[j] = Line{int64(j*count + i), "x"}
		}
		require.NoError(t, s.Append(t.Context(), "g", name, lines, nil))
	}
	for _, c := range []struct{ most, peak int64 }{{0, mostHeld}, {4 << 20, 5 << 20}} {
		seen := int64(0)
		scan := &Scan{Streams: streams, Till: Place{At: count * each / 10}, MostHeld: c.most, See: func(n int, e *Event) bool {
			require.Equal(t, seen, e.At)
			require.Equal(t, int(seen%count), n)
			seen++
			return true
		}}
		_, done, err := s.Scan(t.Context(), scan)
		require.NoError(t, err)
		require.True(t, done)
		require.Equal(t, int64(count*each/10), seen)
		require.Less(t, scan.peak, c.peak)
		require.Zero(t, scan.held)
	}
}

// TestSizesAreThoseOfTheEvents measures two streams of a group, and one of another.
func TestSizesAreThoseOfTheEvents(t *testing.T) {
	s := open(t, t.TempDir())
	for _, of := range [][2]string{{"g", "a"}, {"g", "b"}, {"h", "c"}, {"h", "empty"}} {
		stream(t, s, of[0], of[1])
	}
	long := string(make([]byte, fullBlock))
	require.NoError(t, s.Append(t.Context(), "g", "a", []Line{{1000, "abc"}, {3000, long}, {4000, "d"}}, nil)) // two blocks
	require.NoError(t, s.Append(t.Context(), "g", "b", []Line{{2000, "ab"}}, nil))
	require.NoError(t, s.Append(t.Context(), "h", "c", []Line{{5000, "x"}}, nil))
	of, err := s.Measured(t.Context(), "g")
	require.NoError(t, err)
	require.Len(t, of, 2)
	require.Equal(t, []any{"a", int64(4 + fullBlock + 3*overhead), int64(1), int64(4)}, []any{of[0].Name, of[0].Bytes, of[0].First.Unix(), of[0].Last.Unix()})
	require.Equal(t, []any{"b", int64(2 + overhead), int64(2), int64(2)}, []any{of[1].Name, of[1].Bytes, of[1].First.Unix(), of[1].Last.Unix()})
	of, err = s.Measured(t.Context(), "h")
	require.NoError(t, err)
	require.True(t, of[1].Last.IsZero() && of[1].Bytes == 0)
	all, more, err := s.Groups(t.Context(), "", 1, func(*Group) bool { return true })
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, int64(6+fullBlock+4*overhead), all[0].Bytes)
	all, _, err = s.Groups(t.Context(), "g", 1, func(*Group) bool { return true })
	require.NoError(t, err)
	require.Equal(t, int64(1+overhead), all[0].Bytes)
}

func FuzzBlock(f *testing.F) {
	f.Add(appendEvent(nil, &Event{At: 1, Seq: 2, Ingested: 3, Message: []byte("x")}))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = eventsOf(raw) })
}

// fill gives a stream 2000 blocks, and answers the time of the last event.
func fill(b *testing.B, s *Store) (at int64) {
	b.Helper()
	long := string(make([]byte, fullBlock))
	for range 20 {
		lines := make([]Line, 100)
		for i := range lines {
			at++
			lines[i] = Line{at, long}
		}
		require.NoError(b, s.Append(b.Context(), "g", "s", lines, nil))
	}
	return at
}

// BenchmarkAppend appends one line at the end of a stream of 2000 blocks.
func BenchmarkAppend(b *testing.B) {
	s := open(b, b.TempDir())
	stream(b, s, "g", "s")
	at := fill(b, s)
	for b.Loop() {
		at++
		require.NoError(b, s.Append(b.Context(), "g", "s", []Line{{at, "a line"}}, nil))
	}
}

// BenchmarkFindStream finds a stream of 2000 blocks, as every call that writes or reads events does.
func BenchmarkFindStream(b *testing.B) {
	s := open(b, b.TempDir())
	stream(b, s, "g", "s")
	fill(b, s)
	for b.Loop() {
		_, err := s.Stream(b.Context(), "g", "s")
		require.NoError(b, err)
		_, err = s.Group(b.Context(), "g")
		require.NoError(b, err)
	}
}

// million gives a stream 1,000,000 events, one each millisecond.
func million(t testing.TB, s *Store) Stream {
	t.Helper()
	of := stream(t, s, "g", "s")
	for at := 0; at < 1_000_000; at += 10_000 {
		lines := make([]Line, 10_000)
		for i := range lines {
			lines[i] = Line{int64(at + i), fmt.Sprintf("2026-11-26T03:00:00:%06d [TARGET_LOAD     ]I:  segment loaded rows=%d table=orders number=%d  (segment.go:142)", i, rand.IntN(1e6), at+i)}
		}
		require.NoError(t, s.Append(t.Context(), "g", "s", lines, nil))
	}
	return of
}

// findNumber looks for a word in events of a range of times, and answers how many events it was looked for in.
func findNumber(t testing.TB, s *Store, of Stream, from, till int64) (looked int) {
	t.Helper()
	found := 0
	_, done, err := s.Scan(t.Context(), &Scan{
		Streams: []Stream{of}, From: Place{At: from}, Till: Place{At: till}, See: func(int, *Event) bool { found++; return true },
		Keep: func(m []byte) bool { looked++; return bytes.Contains(m, []byte("number=777777 ")) },
	})
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, 1, found)
	return looked
}

// processorTime is what the process has had of processors, which does not grow while others have them.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestAMillionEventsAreSearched: each is looked at once, in a few seconds of one processor at the very most, and those of a range of times
// without a look at the others. How long it takes is measured by BenchmarkFilterMillion, and over the network by tests/serve.
func TestAMillionEventsAreSearched(t *testing.T) {
	s := open(t, t.TempDir())
	of := million(t, s)
	began := processorTime(t)
	require.Equal(t, 1_000_000, findNumber(t, s, of, 0, math.MaxInt64))
	took := processorTime(t) - began
	t.Log("processor time:", took)
	require.Less(t, took, 5*time.Second)
	require.Less(t, findNumber(t, s, of, 777_000, 778_000), 5000)
}

// BenchmarkFilterMillion looks for a word in 1,000,000 events.
func BenchmarkFilterMillion(b *testing.B) {
	s := open(b, b.TempDir())
	of := million(b, s)
	for b.Loop() {
		findNumber(b, s, of, 0, math.MaxInt64)
	}
	b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
