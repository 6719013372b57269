package cdc

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// gate keeps commits back until it is open, and counts how often it was tried.
type gate struct {
	open  atomic.Bool
	tried atomic.Int64
}

// holdingSession is one that keeps commits back.
type holdingSession struct{ *fakeSession }

var _ connector.Holder = (*holdingSession)(nil)

func (s *holdingSession) Release(ctx context.Context) (string, error) {
	s.target.holds.tried.Add(1)
	if s.target.holds.open.Load() {
		if err := s.Sync(ctx); err != nil {
			return "", err
		}
	}
	return s.Durable(), nil
}

func (s *holdingSession) Durable() string {
	s.target.mu.Lock()
	defer s.target.mu.Unlock()
	return s.target.durable.position
}

// TestWhatIsKeptBackIsLate: changes whose commit the target keeps back are in the backlog until it has them.
func TestWhatIsKeptBackIsLate(t *testing.T) {
	source, target := ends([]step{insert("a", 1)}, []step{insert("a", 2)})
	target.holds = &gate{}
	c := followConfig(source, target)
	c.Stop, c.asks = StopPoint{}, time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := Follow(ctx, c)
		ended <- err
	}()
	await := func(what string, so func() bool) {
		t.Helper()
		require.Eventually(t, so, time.Minute, time.Millisecond, what)
	}
	await("the changes", func() bool { return c.Stats.flow.Applied.Load() == 2 })
	before := target.holds.tried.Load()
	await("to be kept back", func() bool { return target.holds.tried.Load() > before+1 })
	require.Equal(t, time.Unix(1, 0).UnixNano(), c.Stats.backlog.oldest(), "the first commit waits, whatever comes behind it")
	require.Greater(t, c.Stats.Counts().TargetLatency, time.Hour)
	require.NotEqual(t, position(2), c.Stats.Reached(), "who compares would not find them yet")
	target.holds.open.Store(true)
	await("the target to have them", func() bool { return c.Stats.backlog.oldest() == 0 })
	await("that to be told", func() bool { return c.Stats.Reached() == position(2) })
	stop()
	require.NoError(t, <-ended)
}
