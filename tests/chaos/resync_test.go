package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// opens is how long a window may take to open, which is once a minute, after all tables have been compared.
	opens = 3 * time.Minute

	oldEntries, strangers = 6000, 1000
)

// TestKilledWhileResyncing spoils a third of a table in the target, takes out a third, and puts in rows that nobody knows. While a window
// mends them, beside the bank's business, the program is killed, once, as windows open no more often than each minute. The next one mends the
// rest: nothing is doubled, no newer change is undone, and no failure stays listed.
func TestKilledWhileResyncing(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {maria, pg}, {sqlite, maria}, {pg, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeBank(t, source)
			source.fill(t, "entry (id, account, delta)", oldEntries, func(n int) string { return fmt.Sprintf("(%d, 1, 0)", -n) })
			settings := resyncing(t)
			p := follow(t, source, target, "--task-settings", settings)
			p.awaitText(t, "following the source")
			p.quit(t)
			spoilEntries(t, target)
			if pair == [2]string{maria, pg} { // nothing but the program itself keeps a row from being there twice
				target.exec(t, "ALTER TABLE entry DROP CONSTRAINT entry_pkey")
			}
			closeBank := bankers(t, source, 2, 20*time.Millisecond)
			p = follow(t, source, target, "--task-settings", settings)
			p.killMending(t, dice(t), target)
			p = follow(t, source, target, "--task-settings", settings)
			require.Eventually(t, func() bool { return wrongEntries(target) == 0 && openFailures(target) == 0 }, opens, 100*time.Millisecond, "%s", p)
			require.Empty(t, target.texts(t, target.pick(`SELECT "KEY" FROM awsdms_validation_failures_v2 GROUP BY "TABLE_NAME", "KEY" HAVING count(*) > 1`, "SELECT 1 WHERE false", "SELECT 1 WHERE false")))
			require.Positive(t, closeBank())
			p.quit(t)
			cutOver(t, source, target)
			requireSameBank(t, source, target)
			released(t, source, target)
		})
	}
}

// String tells what a process has said.
func (p *process) String() string { return p.out.String() + "\n" + p.errors.String() }

// quit ends a process as a user would.
func (p *process) quit(t testing.TB) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Zero(t, p.code(t, runs), "%s", p)
}

// resyncing are settings with a window every minute.
func resyncing(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0,"TableFailureMaxCount":10000},
		"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"* * * * *","MaxResyncTime":5}}`), 0o600))
	return path
}

// spoilEntries has the old entries of a target, which the bank leaves alone, differ in each of the ways there are.
func spoilEntries(t testing.TB, target *end) {
	t.Helper()
	target.exec(t, fmt.Sprintf("UPDATE entry SET delta = -77 WHERE id BETWEEN %d AND -1 AND id %% 3 = 0", -oldEntries),
		fmt.Sprintf("DELETE FROM entry WHERE id BETWEEN %d AND -1 AND id %% 3 = -1", -oldEntries))
	target.fill(t, "entry (id, account, delta)", strangers, func(n int) string { return fmt.Sprintf("(%d, 1, 0)", -oldEntries-n) })
	require.EqualValues(t, spoiled, wrongEntries(target))
}

const spoiled = oldEntries/3*2 + strangers

// wrongEntries counts the entries that are still spoiled, gone or too many.
func wrongEntries(target *end) int64 {
	return target.number(fmt.Sprintf("SELECT %d - count(*) + 2 * count(CASE WHEN id < %d THEN 1 END) + count(CASE WHEN delta = -77 THEN 1 END) FROM entry WHERE id BETWEEN %d AND -1",
		oldEntries, -oldEntries, -oldEntries-strangers))
}

// openFailures counts the failures that are listed and not mended.
func openFailures(target *end) int64 {
	return target.number("SELECT count(*) FROM " + target.pick(`awsdms_validation_failures_v2 WHERE "RESYNC_RESULT" IS DISTINCT FROM 'SUCCESS'`,
		"awsdms_control.awsdms_validation_failures_v1 WHERE TABLE_OWNER = database()", "awsdms_validation_failures_v1"))
}

// killMending kills the program when a window has mended some of the rows that are wrong, and some are left.
func (p *process) killMending(t testing.TB, random *rand.Rand, target *end) {
	t.Helper()
	before := wrongEntries(target)
	enough := before - 1 - random.Int64N(before/2)
	for deadline := time.Now().Add(opens); ; <-time.After(poll) {
		if left := wrongEntries(target); left >= 0 && left <= enough {
			break
		}
		select {
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s", p)
		default:
		}
		require.True(t, time.Now().Before(deadline), "no window has opened\n%s", p)
	}
	require.NoError(t, p.cmd.Process.Kill())
	<-p.ended
	left := wrongEntries(target)
	t.Logf("killed with %d of %d rows left", left, before)
	require.Positive(t, left, "the window was over already")
}
