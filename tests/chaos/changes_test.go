package chaos_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// followKills times nine pairs is how often a run that follows changes is killed; WHIMBREL_CHAOS_KILLS raises it.
const followKills = 3

// TestKilledWhileFollowing kills the program at random instants while the bank does business, from before the load to the
// midst of the changes, and runs it again. Nobody ever sees a transaction in part, and when the bank has closed, both
// sides are the same.
func TestKilledWhileFollowing(t *testing.T) {
	kinds := []string{pg, maria, sqlite}
	for _, from := range kinds {
		for _, to := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				killWhileFollowing(t, newEnd(t, from), newEnd(t, to))
			})
		}
	}
}

// TestKilledWhileFollowingPglogical does the same with the log read through pglogical.
func TestKilledWhileFollowingPglogical(t *testing.T) {
	source := serverEnd(t, pg, servertest.Pglogical(t))
	source.plugin = "pglogical"
	source.exec(t, "CREATE EXTENSION pglogical")
	killWhileFollowing(t, source, newEnd(t, pg))
	require.Empty(t, source.texts(t, "SELECT set_name FROM pglogical.replication_set"))
}

func killWhileFollowing(t *testing.T, source, target *end) {
	t.Helper()
	random := dice(t)
	makeBank(t, source)
	close := bankers(t, source, 2, time.Millisecond)
	var audit func() int
	for range kills(t, followKills) {
		p := follow(t, source, target)
		if audit == nil && random.IntN(3) > 0 {
			p.awaitText(t, "following the source")
			audit = auditor(t, target)
		}
		select {
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
		case <-time.After(time.Duration(random.Int64N(int64(1500 * time.Millisecond)))):
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	}
	p := follow(t, source, target)
	p.awaitText(t, "following the source")
	if audit == nil {
		audit = auditor(t, target)
	}
	<-time.After(time.Second)
	deals := close()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	cutOver(t, source, target)
	looks := audit()
	requireSameBank(t, source, target)
	t.Logf("%d transactions, looked at %d times", deals, looks)
	require.Positive(t, deals)
	require.Positive(t, looks)
	released(t, source, target)
}

// follow runs the program with changes.
func follow(t testing.TB, source, target *end, flags ...string) *process {
	t.Helper()
	return start(t, source, target, append([]string{"--migration-type", "full-load-and-cdc"}, flags...)...)
}

// cutOver lets the target catch up and take over.
func cutOver(t testing.TB, source, target *end) {
	t.Helper()
	p := follow(t, source, target, "--cutover")
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	require.Contains(t, p.out.String(), "It is safe to switch over")
}

// released frees the source and finds nothing left there.
func released(t testing.TB, source, target *end) {
	t.Helper()
	p := command(t, source, target, "release", "--migration-type", "full-load-and-cdc")
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	switch source.kind {
	case pg:
		require.Empty(t, source.texts(t, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"))
		require.Empty(t, source.texts(t, "SELECT pubname FROM pg_publication"))
	case sqlite:
		require.Empty(t, source.texts(t, "SELECT name FROM sqlite_schema WHERE name LIKE 'awsdms%'"))
	}
}

// awaitText waits for a line of the log.
func (p *process) awaitText(t testing.TB, text string) {
	t.Helper()
	p.awaitTextFor(t, text, runs)
}

// awaitTextFor waits so long for it.
func (p *process) awaitTextFor(t testing.TB, text string, within time.Duration) {
	t.Helper()
	deadline := time.After(within)
	for {
		if strings.Contains(p.errors.String(), text) {
			return
		}
		select {
		case <-p.ended:
			require.Fail(t, "the program ended too early", "%s\n%s", p.out.String(), p.errors.String())
		case <-deadline:
			require.Fail(t, "the program does not say "+text, "%s", p.errors.String())
		case <-time.After(poll):
		}
	}
}
