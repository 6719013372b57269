package validate

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// TestResyncEndsWithItsWindow holds MaxResyncTime: once it has passed no row is written any more, and what is left stays a failure.
func TestResyncEndsWithItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newDelayBench(time.Minute, time.Hour)
		b.Watch.Log = slog.New(slog.DiscardHandler)
		b.x.failed[oneRow] = Failure{Kind: RecordDiff}
		var told Resync
		var done []Outcome
		require.NoError(t, b.Resync(t.Context(), Mending{
			Until: time.Now().Add(-time.Second),
			Halt: func(context.Context, func(context.Context) error) error {
				t.Error("changes rest although the window is closed")
				return nil
			},
			Session: func(context.Context) (connector.ApplySession, error) {
				t.Error("the target is opened although the window is closed")
				return nil, context.Canceled
			},
			Told: func(_ catalog.Name, r Resync) { told = r },
			Done: func(_ context.Context, o Outcome) error {
				done = append(done, o)
				return nil
			},
		}))
		require.Equal(t, ResyncDone, told.State)
		require.EqualValues(t, 1, told.Attempted)
		require.EqualValues(t, 1, told.Failed)
		require.Len(t, done, 1)
		require.Empty(t, done[0].Mended)
		require.Contains(t, b.x.failed, oneRow, "the failure stays for the next window")
	})
}
