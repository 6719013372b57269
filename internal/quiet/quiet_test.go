package quiet

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestATroubleThatLastsIsToldEverLessOften: of a day of troubles every ten seconds some thirty lines stay, and another trouble
// has lines of its own.
func TestATroubleThatLastsIsToldEverLessOften(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var l Log
	now := time.Unix(1700000000, 0)
	l.Over(t.Context(), log, "a", "it is over")
	require.Empty(t, out.String(), "what was not is not over")
	l.Trouble(t.Context(), log, slog.LevelWarn, now, "a", "it hurts")
	require.Equal(t, 1, strings.Count(out.String(), "it hurts"), "told at once")
	for at := now; at.Before(now.Add(24 * time.Hour)); at = at.Add(10 * time.Second) {
		l.Trouble(t.Context(), log, slog.LevelWarn, at, "a", "it hurts")
	}
	told := strings.Count(out.String(), "it hurts")
	require.Greater(t, told, 24)
	require.Less(t, told, 35)
	l.Trouble(t.Context(), log, slog.LevelError, now, "b", "another hurts")
	require.Contains(t, out.String(), "level=ERROR msg=\"another hurts\"")
	l.Over(t.Context(), log, "a", "it is over")
	require.Contains(t, out.String(), "times=8641")
	l.Over(t.Context(), log, "a", "it is over")
	require.Equal(t, 1, strings.Count(out.String(), "it is over"))
	l.Trouble(t.Context(), log, slog.LevelWarn, now, "a", "it hurts")
	require.Equal(t, told+1, strings.Count(out.String(), "it hurts"), "a new one is told at once")
	l.Keep(func(key string) bool { return key == "a" })
	l.Over(t.Context(), log, "b", "another is over")
	require.NotContains(t, out.String(), "another is over")
}
