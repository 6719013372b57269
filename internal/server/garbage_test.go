package server

import (
	"context"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGarbageIsBounded: what lies about is bounded in bytes where little is in use, and as in any Go program where much is.
func TestGarbageIsBounded(t *testing.T) {
	t.Parallel()
	for inUse, want := range map[uint64]int{0: 100, 1 << 20: 800, 16 << 20: 400, 32 << 20: 200, 64 << 20: 100, 4 << 30: 100} {
		require.Equal(t, want, percent(inUse), "%d bytes in use", inUse)
	}
}

// TestGOGCIsObeyed: whoever sets the collector has it so.
func TestGOGCIsObeyed(t *testing.T) {
	const set = 70
	before := debug.SetGCPercent(set)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	t.Setenv("GOGC", "70")
	tendGarbage(t.Context()) // returns at once
	require.Equal(t, set, debug.SetGCPercent(set))

	t.Setenv("GOGC", "")
	life, end := context.WithCancel(t.Context())
	end()
	tendGarbage(life)
	require.Equal(t, percent(inUse()), debug.SetGCPercent(set))
}
