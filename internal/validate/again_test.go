package validate

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// again has the bench's table compared once more.
func (b *delayBench) again(t *testing.T) (before *watched) {
	t.Helper()
	before = b.x
	require.True(t, b.Again(b.x.table.Plan.Source.Name))
	b.x = b.tables[b.x.table.Plan.Source.Name]
	b.x.pair = b.pair
	return before
}

// refusedRow is a failure that a resync could not mend.
func refusedRow() Failure {
	return Failure{Kind: RecordDiff, id: oneRow, keyed: &keyed{source: []string{"7"}}, Resynced: &Resynced{Why: "refused"}}
}

// TestComparisonsOfBeforeAgainTellNothing has a comparison that was running when the table was to be compared once more come to its end.
func TestComparisonsOfBeforeAgainTellNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, time.Hour)
		b.x.failed[oneRow] = refusedRow()
		before := b.again(t)
		b.tell(before, "")
		require.NoError(t, b.report(t.Context(), before, true))
		require.Empty(t, b.reports)
		require.Equal(t, PendingAgain, b.Stats.Tables()[0].State)
		require.Zero(t, b.Stats.Tables()[0].Failed)
	})
}

// TestFailuresStandUntilTheyAreComparedAgain keeps failures listed, with what a resync has made of them, until their rows are compared.
func TestFailuresStandUntilTheyAreComparedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, time.Hour)
		b.x.failed[oneRow] = refusedRow()
		b.x.mended = []Failure{{Kind: MissingTarget, Resynced: &Resynced{}}}
		b.again(t)
		b.again(t)
		r := b.x.result()
		require.Equal(t, []Failure{refusedRow()}, r.Failures)
		require.Len(t, r.Mended, 1)

		require.True(t, b.x.take(oneRow, Failure{Kind: RecordDiff, id: oneRow}, refusedRow().keyed))
		require.Equal(t, []Failure{refusedRow()}, b.x.result().Failures)
		require.Empty(t, b.x.stood)

		b.again(t)
		require.True(t, b.x.forgetBut(nil), "it is right again")
		require.Empty(t, b.x.result().Failures)
	})
}

// TestResyncBeforeTheComparisonIsThrough opens a window after Again and before the table was compared.
func TestResyncBeforeTheComparisonIsThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, time.Hour)
		b.Watch.Log = slog.New(slog.DiscardHandler)
		b.x.failed[oneRow] = refusedRow()
		b.again(t)
		var told Resync
		require.NoError(t, b.Resync(t.Context(), Mending{
			Until: time.Now().Add(-time.Second),
			Told:  func(_ catalog.Name, r Resync) { told = r },
			Done:  func(context.Context, Outcome) error { return nil },
		}))
		require.EqualValues(t, 1, told.Attempted)
		require.Contains(t, b.x.failed, oneRow)
	})
}

// TestResyncOfATableTakenUpMeanwhile keeps what has become of its rows.
func TestResyncOfATableTakenUpMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, time.Hour)
		other := [16]byte{9}
		b.x.failed[oneRow], b.x.failed[other] = Failure{id: oneRow}, Failure{id: other}
		m := &mending{w: b.Watch, x: b.again(t), table: b.x.table, mended: []Failure{{id: other}}, failed: []Failure{refusedRow()}}
		m.remember(b.x)
		require.Equal(t, map[[16]byte]Failure{oneRow: refusedRow()}, b.x.stood)
		require.Len(t, b.x.mended, 1)
	})
}
