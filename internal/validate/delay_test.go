package validate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// delayBench is a watch of one row whose clock is the test's.
type delayBench struct {
	*Watch
	x       *watched
	pair    *pair
	reports []*Result
}

var oneRow = [16]byte{1}

func newDelayBench(failAfter, suspendAfter time.Duration) *delayBench {
	b := &delayBench{}
	name := catalog.Name{Schema: "s", Name: "t"}
	t := &Table{Plan: &mapping.TablePlan{Source: &catalog.Table{Name: name}}, Target: &catalog.Table{Name: name}}
	b.Watch = NewWatch(WatchConfig{
		Config: Config{Stats: &Stats{}}, FailAfter: func() time.Duration { return failAfter }, SuspendAfter: suspendAfter,
		Report: func(_ context.Context, r *Result) error {
			b.reports = append(b.reports, r)
			return nil
		},
	}, []*Table{t}, func(catalog.Name) bool { return false }, nil)
	b.x = b.tables[name]
	b.pair = &pair{Config: &b.Config, Table: t, keys: []int{0}, columns: []column{{name: "id"}, {name: "v"}}}
	b.x.pair = b.pair
	return b
}

// changes notes that the row has changed.
func (b *delayBench) changes() {
	r := b.x.pending[oneRow]
	if r == nil {
		r = &pendingRow{keyed: &keyed{}, first: time.Now()}
		b.x.pending[oneRow] = r
	}
	r.generation++
}

// looks judges the row as it was found, unless it is not due; meanwhile says that it has changed again since.
func (b *delayBench) looks(t *testing.T, equal, meanwhile bool) {
	t.Helper()
	r := b.x.pending[oneRow]
	if r == nil || time.Now().Before(r.due) {
		return
	}
	generation := r.generation
	if meanwhile {
		b.changes()
	}
	row := func(sum byte, v string) []*kept {
		return []*kept{{sum: [16]byte{sum}, values: [][]byte{[]byte("7"), []byte(v)}, shown: []string{"7", v}}}
	}
	found := &both{source: row(1, "new"), target: row(2, "old")}
	if equal {
		found.target = row(1, "new")
	}
	require.NoError(t, b.judge(t.Context(), b.x, b.pair, map[[16]byte]uint64{oneRow: generation}, map[[16]byte]*both{oneRow: found}, nil))
}

// aSecondPasses by the clock of synctest, at once.
func aSecondPasses() { time.Sleep(time.Second) } //nolint:forbidigo // nothing is waited for

// TestRowsAreReportedAfterTheDelay holds RecordFailureDelayInMinutes and its Limit: not a second before, and soon after. Without a delay too
// one look is none.
func TestRowsAreReportedAfterTheDelay(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Minute, 5 * time.Minute, 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newDelayBench(delay, 30*time.Minute)
			b.changes()
			began := time.Now()
			for len(b.reports) == 0 {
				require.LessOrEqual(t, time.Since(began), delay+5*time.Second)
				b.looks(t, false, false)
				if len(b.reports) == 0 {
					require.Empty(t, b.x.failed)
					require.NotNil(t, b.x.pending[oneRow], "it is looked at again")
					aSecondPasses()
				}
			}
			require.GreaterOrEqual(t, time.Since(began), max(delay, confirmAfter))
			require.Equal(t, Mismatched, b.x.state)
			require.Equal(t, []Difference{{"v", "new", "old"}}, b.reports[0].Failures[0].Columns)
			require.Empty(t, b.x.pending)
		})
	}
}

// TestRowsThatComeRightAreNotReported has the target catch up a moment before the delay is over.
func TestRowsThatComeRightAreNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(5*time.Minute, 30*time.Minute)
		b.changes()
		for range 299 {
			b.looks(t, false, false)
			aSecondPasses()
		}
		for range 600 {
			b.looks(t, true, false)
			aSecondPasses()
		}
		require.Empty(t, b.reports)
		require.Empty(t, b.x.pending)
		require.Empty(t, b.x.suspended)
	})
}

// TestSourcesThatShowACommitLateRaiseNoAlarm: the target has had a change already when the source's readers do not see it yet.
func TestSourcesThatShowACommitLateRaiseNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(0, 30*time.Minute)
		b.changes()
		b.looks(t, false, false)
		for range 5 {
			aSecondPasses()
			b.looks(t, true, false)
		}
		require.Empty(t, b.reports)
		require.Empty(t, b.x.pending)
	})
}

// TestRowsThatKeepChangingAreSuspended holds RecordSuspendDelayInMinutes: a row that changes between any two looks is
// suspended then, not before, and never counted as different; one that rests at times is not.
func TestRowsThatKeepChangingAreSuspended(t *testing.T) {
	for _, delay := range []time.Duration{time.Minute, 30 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			b := newDelayBench(5*time.Minute, delay)
			b.changes()
			began := time.Now()
			for len(b.reports) == 0 {
				require.LessOrEqual(t, time.Since(began), delay+5*time.Second)
				b.looks(t, false, true)
				aSecondPasses()
			}
			require.GreaterOrEqual(t, time.Since(began), delay)
			require.Equal(t, SuspendedRecords, b.x.state)
			require.EqualValues(t, 1, b.reports[0].Suspended)
			require.Empty(t, b.x.failed)
			// A look that finds it equal and at rest takes that back.
			b.changes()
			b.looks(t, true, false)
			require.Empty(t, b.x.suspended)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(5*time.Minute, 30*time.Minute)
		for i := range 2 * 3600 {
			b.changes()
			b.looks(t, i%600 == 0, true)
			aSecondPasses()
		}
		require.Empty(t, b.x.suspended, "it was found equal every ten minutes")
		require.Empty(t, b.reports)
	})
}
