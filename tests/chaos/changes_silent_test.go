package chaos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSilentLinkWhileFollowing lets a link fall silent without closing it, in the midst of the changes, and speak again once
// the program has noticed: it goes on by itself.
func TestSilentLinkWhileFollowing(t *testing.T) {
	for _, c := range []struct {
		from, to string
		source   bool
	}{{pg, pg, true}, {pg, pg, false}, {maria, pg, true}, {pg, maria, false}} {
		name := c.from + " to " + c.to + ", silent target"
		if c.source {
			name = c.from + " to " + c.to + ", silent source"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, c.from), newEnd(t, c.to)
			from, to := source, target
			var l *link
			if c.source {
				from, l = through(t, source)
			} else {
				to, l = through(t, target)
			}
			whileFollowing(t, source, from, target, to, func(p *process) {
				<-time.After(300 * time.Millisecond)
				l.spoil(t, "timeout", `{"timeout":0}`)
				p.awaitText(t, "trying again")
				require.NoError(t, l.Toxics.RemoveToxic(t.Context(), "timeout_upstream"))
				require.NoError(t, l.Toxics.RemoveToxic(t.Context(), "timeout_downstream"))
			}, "--stall-timeout", "2s")
		})
	}
}
