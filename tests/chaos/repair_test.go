package chaos_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// repairRows is how many rows the tables have that are spoiled.
const repairRows = 600

// makeSpoilt makes a table with a key and one without in a source.
func makeSpoilt(t testing.TB, e *end) {
	t.Helper()
	e.exec(t, "CREATE TABLE a_keyed (id int NOT NULL PRIMARY KEY, v varchar(40))", "CREATE TABLE b_bag (id int, v varchar(40))")
	for _, table := range []string{"a_keyed", "b_bag"} {
		e.fill(t, table+" (id, v)", repairRows, func(n int) string { return fmt.Sprintf("(%d, 'value %d')", n, n) })
	}
}

// spoil has rows of a target's table differ, be gone and be too many, and returns how many deeds mend them: a row of a bag that differs is one that goes and
// one that comes.
func spoil(t testing.TB, target *end, table string) (deeds int64) {
	t.Helper()
	target.exec(t, "UPDATE "+table+" SET v = 'spoilt' WHERE id % 3 = 0", "DELETE FROM "+table+" WHERE id % 3 = 1")
	target.fill(t, table+" (id, v)", repairRows/3, func(n int) string { return fmt.Sprintf("(%d, 'stranger')", repairRows+n) })
	if deeds = repairRows / 3 * 3; table == "b_bag" {
		deeds += repairRows / 3
	}
	require.Equal(t, deeds, spoilt(target, table))
	return deeds
}

// spoilt is how many deeds are left to be done.
func spoilt(target *end, table string) int64 {
	deeds := fmt.Sprintf("%d - count(*) + 2 * count(CASE WHEN id > %d THEN 1 END) + count(CASE WHEN v = 'spoilt' THEN 1 END)", repairRows, repairRows)
	if table == "b_bag" {
		deeds += " + count(CASE WHEN v = 'spoilt' THEN 1 END)"
	}
	return target.number("SELECT " + deeds + " FROM " + table)
}

// hold keeps rows of a target from being written, as long as the test likes.
func hold(t testing.TB, target *end, statement string) (let func()) {
	t.Helper()
	tx, err := target.db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelReadCommitted}) // so that no gaps are locked
	require.NoError(t, err)
	_, err = tx.ExecContext(context.Background(), statement)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }
}

// killHeld kills a program once it waits for what is held in the target.
func (p *process) killHeld(t testing.TB, target *end) {
	t.Helper()
	waits := target.pick("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
		"SELECT count(*) FROM information_schema.innodb_trx x JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id WHERE x.trx_state = 'LOCK WAIT' AND p.db = database()", "")
	for deadline := time.Now().Add(runs); target.number(waits) < 1; <-time.After(200 * time.Millisecond) { // InnoDB tells nothing new to one who asks more than ten times a second
		select {
		case <-p.ended:
			require.Fail(t, "the program ended by itself", "%s", p)
		default:
		}
		require.True(t, time.Now().Before(deadline), "%s", p)
	}
	require.NoError(t, p.cmd.Process.Kill())
	<-p.ended
}

// killSometime kills a program at any instant of so long a time, and reports whether it had ended before.
func (p *process) killSometime(random *rand.Rand, longest time.Duration) (ended bool) {
	select {
	case <-p.ended:
		return true
	case <-time.After(time.Duration(random.Int64N(int64(longest)))):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return p.cmd.ProcessState.ExitCode() != -1
	}
}

// told is what a report of a comparison says of a table.
type told struct {
	Target   string
	State    string
	Failed   int64
	Repaired struct{ Written, Removed int64 }
}

// TestKilledWhileRepairing kills `validate --repair` amid its work, where the target has locks amid the transaction of a table. What was not committed is
// undone, the next run does what is left and no more, and says so.
func TestKilledWhileRepairing(t *testing.T) {
	for _, pair := range [][2]string{{sqlite, pg}, {pg, maria}, {maria, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeSpoilt(t, source)
			complete(t, source, target)
			left := map[string]int64{"a_keyed": spoil(t, target, "a_keyed"), "b_bag": spoil(t, target, "b_bag")}
			if target.kind == sqlite {
				killRepairs(t, source, target)
			} else {
				for _, table := range []string{"a_keyed", "b_bag"} {
					let := hold(t, target, "UPDATE "+table+" SET v = v WHERE id = 3")
					p := command(t, source, target, "validate", "--repair")
					if table == "b_bag" { // what was killed before may have kept rows of the other table for a moment
						require.Eventually(t, func() bool { return spoilt(target, "a_keyed") == 0 }, runs, poll, "%s", p)
					}
					p.killHeld(t, target)
					let()
					require.Equal(t, left[table], spoilt(target, table), "nothing of a transaction is left")
				}
			}
			for table := range left {
				left[table] = spoilt(target, table)
			}
			p := command(t, source, target, "validate", "--repair", "--json")
			require.Zero(t, p.code(t, runs), "%s", p)
			var report struct {
				Equal  bool
				Tables []told
			}
			require.NoError(t, json.Unmarshal([]byte(p.out.String()), &report))
			require.True(t, report.Equal)
			require.Len(t, report.Tables, 2)
			done := []int64{}
			for _, r := range report.Tables {
				require.Equal(t, told{Target: r.Target, State: "Validated", Repaired: r.Repaired}, r)
				done = append(done, r.Repaired.Written+r.Repaired.Removed)
			}
			require.Equal(t, []int64{left["a_keyed"], left["b_bag"]}, done, "%s", p)
			requireUnspoilt(t, source, target)
		})
	}
}

// killRepairs kills repairs of a target that has no locks to be held, until little is left of the time that one takes.
func killRepairs(t *testing.T, source, target *end) {
	random, longest := dice(t), time.Second
	for range 4 {
		p := command(t, source, target, "validate", "--repair")
		if p.killSometime(random, longest) {
			require.Zero(t, p.cmd.ProcessState.ExitCode(), "%s", p)
			return
		}
		for _, table := range []string{"a_keyed", "b_bag"} {
			left := spoilt(target, table)
			require.True(t, left == 0 || left >= repairRows, "a table is mended whole or not at all, %d are left of %s", left, table)
		}
	}
}

func requireUnspoilt(t testing.TB, source, target *end) {
	t.Helper()
	for _, table := range []string{"a_keyed", "b_bag"} {
		requireSameRows(t, table, source.rows(t, table, []string{"id", "v"}), target.rows(t, table, []string{"id", "v"}))
	}
}

// TestKilledWhileResyncingALoad loads into tables that hold rows which the source does not know, and kills the task while it mends what its validation has
// found after the load. The next run goes on, and reports what is so.
func TestKilledWhileResyncingALoad(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "settings.json")
	require.NoError(t, os.WriteFile(settings, []byte(`{"ValidationSettings":{"EnableValidation":true},"ResyncSettings":{"EnableResync":true,"MaxResyncTime":60},
		"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`), 0o600))
	for _, pair := range [][2]string{{sqlite, pg}, {pg, maria}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeSpoilt(t, source)
			complete(t, source, target)
			for _, table := range []string{"a_keyed", "b_bag"} {
				target.exec(t, "DELETE FROM "+table)
				target.fill(t, table+" (id, v)", repairRows/3, func(n int) string { return fmt.Sprintf("(%d, 'stranger')", repairRows+n) })
			}
			for _, table := range []string{"a_keyed", "b_bag"} {
				let := hold(t, target, fmt.Sprintf("UPDATE %s SET v = v WHERE id = %d", table, repairRows+7))
				p := start(t, source, target, "--task-settings", settings)
				p.killHeld(t, target)
				let()
				require.EqualValues(t, repairRows/3, spoilt(target, table), "all rows are loaded, and the strangers are there")
			}
			p := start(t, source, target, "--task-settings", settings, "--json")
			require.Zero(t, p.code(t, runs), "%s", p)
			var report struct{ Validation []told }
			require.NoError(t, json.Unmarshal([]byte(p.out.String()), &report))
			require.Len(t, report.Validation, 2)
			for _, r := range report.Validation {
				require.Equal(t, told{Target: r.Target, State: "Validated"}, r)
			}
			requireUnspoilt(t, source, target)
			require.LessOrEqual(t, openFailures(target), int64(0), "the table is not made before there is one")
			require.False(t, target.journalLeft(t))
		})
	}
}
