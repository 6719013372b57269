package validate

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/change"
)

// finds has the table compared whole, if that is due, by somebody who needs a second for it; meanwhile is called in the middle.
func (b *delayBench) finds(t *testing.T, r *Result, meanwhile func()) {
	t.Helper()
	now := time.Now()
	if !b.x.whole || now.Before(b.x.retry) || now.Before(b.x.due) {
		aSecondPasses()
		return
	}
	b.x.whole = false
	aSecondPasses()
	if meanwhile != nil {
		meanwhile()
	}
	rows := map[[16]byte]*both{}
	for _, f := range r.Failures {
		rows[f.id] = &both{source: []*kept{{}}}
	}
	require.NoError(t, b.takeWhole(t.Context(), b.x, r, rows, now))
}

// differing is what a comparison finds of so many rows that nobody can ask for; without a key they are a bag's.
func differing(key []string, rows ...byte) *Result {
	r := &Result{Source: catalog.Name{Schema: "s", Name: "t"}, Key: key, Failed: int64(len(rows))}
	for _, id := range rows {
		r.Failures = append(r.Failures, Failure{Kind: MissingTarget, Key: []string{"7"}, id: [16]byte{id}})
	}
	return r
}

func (b *delayBench) reported() int {
	if len(b.reports) == 0 {
		return 0
	}
	return len(b.reports[len(b.reports)-1].Failures)
}

// TestRowsOfAWholeAreReportedAfterTheDelay holds RecordFailureDelayInMinutes for rows that only a comparison of the whole table sees.
func TestRowsOfAWholeAreReportedAfterTheDelay(t *testing.T) {
	for _, key := range [][]string{nil, {"id"}} {
		for _, delay := range []time.Duration{0, time.Minute, 5 * time.Minute, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				b := newDelayBench(delay, 0)
				b.x.whole = true
				began := time.Now()
				for b.reported() == 0 {
					require.LessOrEqual(t, time.Since(began), delay+10*time.Second)
					b.finds(t, differing(key, 1, 1+1), nil)
					b.tell(b.x, "")
					if b.reported() == 0 {
						require.Equal(t, PendingRecords, b.x.state)
						require.EqualValues(t, 2, b.Stats.Tables()[0].Pending)
					}
				}
				require.GreaterOrEqual(t, time.Since(began), delay)
				require.Equal(t, 2, b.reported())
				require.Equal(t, Mismatched, b.x.state)
				require.True(t, b.Settled())
			})
		}
	}
}

// TestRowsOfAWholeThatComeRight are never reported, and one that has come right once waits all of the delay again.
func TestRowsOfAWholeThatComeRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, 0)
		for range 5 {
			b.x.whole = true
			for began := time.Now(); time.Since(began) < 50*time.Second; {
				b.finds(t, differing(nil, 1), nil)
			}
			for b.x.whole {
				b.finds(t, differing(nil), nil)
			}
		}
		require.Zero(t, b.reported())
		require.True(t, b.Settled())
	})
}

// TestRowsOfAWholeThatChange has changes come while the table is compared: what they may have touched says nothing.
func TestRowsOfAWholeThatChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // of rows that are not known
		b := newDelayBench(0, 0)
		b.x.whole = true
		for range 30 {
			b.finds(t, differing(nil, 1), func() { b.stir(b.x) })
		}
		require.Zero(t, b.reported())
		for range 10 {
			b.finds(t, differing(nil, 1), nil)
		}
		require.Equal(t, 1, b.reported())
	})
	synctest.Test(t, func(t *testing.T) { // of one row whose key is known
		b := newDelayBench(0, 0)
		b.x.whole = true
		for range 30 {
			b.finds(t, differing([]string{"id"}, 1, 2), func() { require.True(t, b.move(b.x, [16]byte{2})) })
		}
		require.Equal(t, 1, b.reported())
		require.Contains(t, b.x.failed, [16]byte{1})
		for range 10 {
			b.finds(t, differing([]string{"id"}, 1, 2), nil)
		}
		require.Equal(t, 2, b.reported())
		require.Empty(t, b.x.moved)
	})
}

// TestWholeWaitsForTheDelay holds ValidationQueryCdcDelaySeconds: another task applies the change, and needs its time.
func TestWholeWaitsForTheDelay(t *testing.T) {
	const delay = 3 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(0, 0)
		b.Delay = delay
		b.x.whole = true
		b.stir(b.x)
		aSecondPasses()
		compared := 0
		for range int(delay/time.Second) - 5 {
			b.finds(t, differing(nil, 1), func() { compared++ })
		}
		require.Zero(t, b.reported())
		require.LessOrEqual(t, compared, 2, "it is not compared all the time")
		for range 30 {
			b.finds(t, differing(nil, 1), nil)
		}
		require.Equal(t, 1, b.reported())

		// The next change has the table compared once the delay is over, not before, and not later for others that follow.
		b.stir(b.x)
		began := time.Now()
		for compared = 0; compared == 0; {
			b.finds(t, differing(nil, 1, 2), func() { compared++ })
			b.stir(b.x)
		}
		require.GreaterOrEqual(t, time.Since(began), delay)
		require.LessOrEqual(t, time.Since(began), delay+5*time.Second)
		require.Equal(t, 1, b.reported())
	})
}

// TestRowsOfAWholeAreForgotten has what was listed looked at again and again: nobody tells that the target was put right.
func TestRowsOfAWholeAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(0, 0)
		b.x.whole = true
		for range 10 {
			b.finds(t, differing(nil, 1, 1), nil)
			aSecondPasses()
		}
		require.Equal(t, 2, b.reported(), "rows that are alike are counted each")
		for range 3 * int(failedEvery/time.Second) {
			b.lookAgain(b.x, time.Now())
			b.finds(t, differing(nil), nil)
		}
		require.Zero(t, b.reported())
	})
}

// TestRowsThatCannotBeReadAreListedEach has two rows whose keys nobody knows.
func TestRowsThatCannotBeReadAreListedEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Hour, 0)
		b.x.whole = true
		r := &Result{Key: []string{"id"}, Failures: []Failure{{Kind: MissingTarget, Key: []string{"id=1"}, Why: "no date"}, {Kind: MissingTarget, Key: []string{"id=2"}, Why: "no date"}}}
		b.finds(t, r, nil)
		require.Equal(t, 2, b.reported())
	})
}

// TestRowsThatWaitKeepTheirDelay has a comparison of the whole find a row that waits already.
func TestRowsThatWaitKeepTheirDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(0, 0)
		b.Delay = time.Minute
		b.wait(b.x, oneRow, &keyed{}, b.Delay)
		due := b.x.pending[oneRow].due
		r, k := differing([]string{"id"}, 1, 9), &keyed{}
		rows := map[[16]byte]*both{{1}: {source: []*kept{{keyed: k}}}, {9}: {target: []*kept{{keyed: k}}}}
		require.NoError(t, b.takeWhole(t.Context(), b.x, r, rows, time.Now()))
		require.Equal(t, due, b.x.pending[oneRow].due)
		require.Equal(t, time.Now().Add(b.Delay), b.x.pending[[16]byte{9}].due, "it may have changed a moment ago")
	})
}

// TestLongKeysAreSuspended holds MaxKeyColumnSize while changes are followed, for rows looked at by themselves and for those of a whole.
func TestLongKeysAreSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, 0)
		b.MaxKey = 8096
		b.x.whole = true
		r := &Result{Key: []string{"id"}, State: SuspendedRecords, Suspended: 1, suspended: []Failure{{Kind: MissingTarget, id: [16]byte{1}, keySize: 9000}}}
		for range 120 {
			b.finds(t, r, nil)
		}
		require.Len(t, b.x.suspended, 1)
		require.Zero(t, b.reported())
		require.Equal(t, SuspendedRecords, b.x.state)
		b.x.whole = true
		for range 10 {
			b.finds(t, differing([]string{"id"}), nil)
		}
		require.Empty(t, b.x.suspended)
	})
}

// TestKeysAreMeasured has keys with the same beginning.
func TestKeysAreMeasured(t *testing.T) {
	var b change.Batch
	b.Reset([]change.Layout{change.Text, change.Bytes})
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'k'
	}
	b.Columns[0].AppendString(string(long))
	b.Columns[1].AppendString("ab")
	b.EndRow()
	p := &pair{Config: &Config{MaxKey: 302}, keys: []int{0, 1}}
	s, from := &search{pair: p}, &side{pair: p}
	k := &kept{}
	s.measure(k, from, &row{batch: &b})
	require.Equal(t, 302, k.keySize)
	require.Equal(t, []string{string(long), `\x6162`}, k.whole)
	p.MaxKey = 301
	k = &kept{}
	s.measure(k, from, &row{batch: &b})
	require.True(t, p.tooLong(k.keySize))
	require.Empty(t, k.whole)
}
