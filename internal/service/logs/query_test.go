package logs

import (
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/logstore/insight"
)

func parsed(t *testing.T, text string) *insight.Query {
	t.Helper()
	q, err := insight.Parse(text)
	require.NoError(t, err)
	return q
}

// TestAFaultInAQueryFailsItAlone lets a query panic: it reads from a store that is none.
func TestAFaultInAQueryFailsItAlone(t *testing.T) {
	s := New(Config{Log: slog.New(slog.DiscardHandler)})
	x, err := s.begin("fields @message", parsed(t, "fields @message"), []string{"g"}, logstore.Place{}, logstore.Place{At: 1}, 0, time.Now())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return x.state() == queryFailed }, time.Minute, time.Millisecond)
	s.Stop()
}

// TestNoQueryRunsAfterStop stops the service while it looks through many events.
func TestNoQueryRunsAfterStop(t *testing.T) {
	store, err := logstore.Open(t.Context(), logstore.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, store.CreateGroup(t.Context(), logstore.Group{Name: "g"}))
	require.NoError(t, store.CreateStream(t.Context(), "g", "s"))
	lines := make([]logstore.Line, 50_000)
	for i := range lines {
		lines[i] = logstore.Line{At: int64(i), Message: fmt.Sprint("line ", i)}
	}
	require.NoError(t, store.Append(t.Context(), "g", "s", lines, nil))
	s := New(Config{Store: store, Log: slog.New(slog.DiscardHandler)})
	const text = "stats count(*) by @message | sort @message"
	begin := func() (*query, error) {
		return s.begin(text, parsed(t, text), []string{"g"}, logstore.Place{}, logstore.Place{At: math.MaxInt64}, 0, time.Now())
	}
	x, err := begin()
	require.NoError(t, err)
	s.Stop()
	require.NotEqual(t, queryRunning, x.state())
	require.NoError(t, store.Close())
	_, err = begin()
	require.ErrorContains(t, err, "about to stop")
}

// TestAnswersAreForgottenByTheirSize remembers the newest answers, as far as they have room together.
func TestAnswersAreForgottenByTheirSize(t *testing.T) {
	var q queries
	now := time.Now()
	for i := range 5 {
		x := &query{id: fmt.Sprint(i), began: now.Add(time.Duration(i) * time.Second)}
		x.mu.state, x.mu.size = queryComplete, mostAnswers/2
		require.True(t, q.add(x, x.began))
	}
	require.Nil(t, q.find("1"))
	require.NotNil(t, q.find("2"))
	require.NotNil(t, q.find("4"))
	require.Equal(t, 32+2, sizeOf([][]insight.Cell{{{Field: "a", Value: "b"}}}))
}
