package chaos_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// whileFollowing runs a bank and follows it, does something to the run, and requires that the target is right in the end.
func whileFollowing(t *testing.T, source, from, target, to *end, harm func(p *process), flags ...string) {
	t.Helper()
	makeBank(t, source)
	closeBank := bankers(t, source, 2, 2*time.Millisecond)
	p := follow(t, from, to, append(flags, "--task-settings", retrying(t, 60))...)
	p.awaitText(t, "following the source")
	audit := auditor(t, target)
	harm(p)
	p.awaitSame(t, source, target)
	require.Positive(t, closeBank())
	p.awaitSame(t, source, target)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	cutOver(t, from, to)
	audit()
	requireSameBank(t, source, target)
	released(t, from, to)
}

// awaitSame waits until the target has the last entry that the source has now.
func (p *process) awaitSame(t testing.TB, source, target *end) {
	t.Helper()
	var last int64
	require.Eventually(t, func() bool {
		last = source.number("SELECT max(abs(id)) FROM entry")
		return last > 0
	}, runs, poll)
	require.Eventually(t, func() bool {
		select {
		case <-p.ended:
			t.Errorf("the program ended too early\n%s\n%s", p.out.String(), p.errors.String())
			return true
		default:
		}
		return target.number("SELECT max(abs(id)) FROM entry") >= last
	}, runs, 20*time.Millisecond, "the target does not catch up")
}

// TestLinksWhileFollowing cuts the links of a run that follows changes, again and again, and slows them down.
func TestLinksWhileFollowing(t *testing.T) {
	for _, pair := range [][2]string{{pg, maria}, {maria, pg}, {pg, pg}, {maria, maria}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			from, near := through(t, source)
			to, far := through(t, target)
			whileFollowing(t, source, from, target, to, func(p *process) {
				near.spoil(t, "latency", `{"latency":5,"jitter":5}`)
				for range 2 {
					<-time.After(300 * time.Millisecond)
					near.cut(t)
					<-time.After(300 * time.Millisecond)
					far.cut(t)
				}
				p.awaitText(t, "trying again")
			})
		})
	}
}

// TestServersComeBackWhileFollowing kills the servers of a run that follows changes and starts them again.
func TestServersComeBackWhileFollowing(t *testing.T) {
	for _, pair := range [][2]string{{pg, maria}, {maria, pg}, {pg, pg}, {maria, maria}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := privateEnd(t, pair[0]), privateEnd(t, pair[1])
			whileFollowing(t, source, source, target, target, func(p *process) {
				for _, e := range []*end{source, target} {
					<-time.After(500 * time.Millisecond)
					e.server.Kill()
					require.NoError(t, e.server.Start())
				}
				p.awaitText(t, "trying again")
			})
		})
	}
}
