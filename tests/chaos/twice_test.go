package chaos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTwoAtOnce runs the same command while it is running already.
func TestTwoAtOnce(t *testing.T) {
	for _, kind := range []string{pg, maria, sqlite} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, sqlite), newEnd(t, kind)
			makeShop(t, source)
			first := start(t, source, target, "--rate-limit", "1000rows/s")
			first.awaitRows(t, target)
			second := start(t, source, target)
			require.Equal(t, 1, second.code(t, 30*time.Second), second.errors.String())
			require.Contains(t, second.errors.String(), "the same migration is running already")
			require.Zero(t, first.code(t, runs), first.errors.String())
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}

// TestSeveralFromTheStart starts several at the same instant: one does the work, the others refuse or find it done.
func TestSeveralFromTheStart(t *testing.T) {
	for _, kind := range []string{pg, maria, sqlite} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, sqlite), newEnd(t, kind)
			makeShop(t, source)
			var all []*process
			for range 4 {
				all = append(all, start(t, source, target))
			}
			moved := 0
			for _, p := range all {
				if p.code(t, runs) == 0 {
					moved++
					continue
				}
				require.Regexp(t, "running already|holds rows", p.errors.String())
			}
			require.Equal(t, 1, moved)
			requireSame(t, source, target)
			require.False(t, target.journalLeft(t))
		})
	}
}
