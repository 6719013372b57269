package chaos_test

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilledWhileReloading has tables loaded anew while the bank does business, and kills the program at random instants of
// it. What was asked for is done by the next one, and in the end both sides are the same.
func TestKilledWhileReloading(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {pg, maria}, {maria, pg}, {maria, maria}, {sqlite, pg}, {maria, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			random := dice(t)
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeBank(t, source)
			source.fill(t, "entry (id, account, delta)", 20_000, func(n int) string { return "(" + strconv.Itoa(-n-1) + ", 1, 0" + ")" })
			closeBank := bankers(t, source, 2, time.Millisecond)
			p := follow(t, source, target)
			p.awaitText(t, "following the source")
			for range kills(t, followKills) {
				table := []string{"account", "entry", "visit"}[random.IntN(3)]
				askReload(t, source, target, table)
				select {
				case <-p.ended:
					require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
				case <-time.After(time.Duration(random.Int64N(int64(3 * time.Second)))):
					_ = p.cmd.Process.Kill()
					<-p.ended
				}
				p = follow(t, source, target)
				p.awaitText(t, "following the source")
			}
			p.awaitReloads(t, target)
			require.Positive(t, closeBank())
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			cutOver(t, source, target)
			requireSameBank(t, source, target)
			released(t, source, target)
		})
	}
}

// askReload asks for a table to be loaded anew.
func askReload(t testing.TB, source, target *end, table string) {
	t.Helper()
	schema := "public"
	switch source.kind {
	case maria:
		schema = source.texts(t, "SELECT database()")[0]
	case sqlite:
		schema = "main"
	}
	p := command(t, source, target, "reload", "--migration-type", "full-load-and-cdc", "--table", schema+"."+table)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
	require.Contains(t, p.out.String(), "Asked for")
}

// awaitReloads waits until nothing that was asked for is left to be done. The process that did the last of it may have been
// killed since, so that the log of this one need not tell of any.
func (p *process) awaitReloads(t testing.TB, target *end) {
	t.Helper()
	left := "SELECT count(*) FROM " + target.pick("awsdms_task_notes", "awsdms_control.awsdms_task_notes", "awsdms_task_notes") + " WHERE note LIKE 'reload %'"
	for deadline := time.Now().Add(runs); target.number(left) != 0; <-time.After(poll) {
		if time.Now().After(deadline) {
			require.Fail(t, "what was asked for is not done", "%d requests are left\n%s", target.number(left), p.errors.String())
		}
	}
	select {
	case <-p.ended:
		require.Fail(t, "the program ended too early", "%s\n%s", p.out.String(), p.errors.String())
	default:
	}
}
