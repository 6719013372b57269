package chaos_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFullTargetWhileFollowing lets the target run out of room in the midst of the changes and gives it more.
func TestFullTargetWhileFollowing(t *testing.T) {
	for kind, size := range map[string]string{sqlite: "5m", pg: "800k"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			source := newEnd(t, maria)
			makeBank(t, source)
			target, place := smallEnd(t, kind, size)
			if kind == pg {
				mount(t, fmt.Sprintf("remount,size=%d", used(t, place)+6<<20), place)
			}
			settings := retrying(t, 2)
			p := follow(t, source, target, "--task-settings", settings)
			p.awaitText(t, "following the source")
			source.fill(t, "visit (page, at)", 60_000, func(n int) string { return fmt.Sprintf("('/%d/%s', %d)", n, strings.Repeat("x", 100), n%20) })
			require.Equal(t, 1, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
			require.Contains(t, lastLine(p.errors.String()), "is full")
			mount(t, "remount,size=200m", place)
			again := follow(t, source, target, "--task-settings", settings, "--cutover")
			require.Zero(t, again.code(t, runs), "%s\n%s", again.out.String(), again.errors.String())
			requireSameBank(t, source, target)
			released(t, source, target)
		})
	}
}

// used is how many bytes lie on a file system.
func used(t *testing.T, dir string) int64 {
	t.Helper()
	var s syscall.Statfs_t
	require.NoError(t, syscall.Statfs(dir, &s))
	return int64(s.Blocks-s.Bfree) * s.Bsize
}

// TestKilledAmongDDL kills the program at random instants while columns come, change their names and go, and tables are
// made, between the transactions of a bank.
func TestKilledAmongDDL(t *testing.T) {
	for _, pair := range [][2]string{{pg, pg}, {maria, pg}, {sqlite, pg}, {maria, sqlite}, {pg, maria}, {maria, maria}, {sqlite, maria}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			t.Parallel()
			random := dice(t)
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			makeBank(t, source)
			closeBank := bankers(t, source, 1, 5*time.Millisecond)
			var stopAltering func() int
			for range kills(t, followKills) {
				p := follow(t, source, target)
				p.awaitText(t, "following the source")
				if stopAltering == nil {
					stopAltering = alter(t, source)
				}
				select {
				case <-p.ended:
					require.Fail(t, "the program ended by itself", "%s\n%s", p.out.String(), p.errors.String())
				case <-time.After(time.Duration(random.Int64N(int64(2 * time.Second)))):
					_ = p.cmd.Process.Kill()
					<-p.ended
				}
			}
			done := stopAltering()
			require.Positive(t, closeBank())
			cutOver(t, source, target)
			requireSameBank(t, source, target)
			columns := []string{"id"}
			for n := range done {
				columns = append(columns, fmt.Sprintf("d%d", n))
			}
			requireSameRows(t, "ledger", source.rows(t, "ledger", columns), target.rows(t, "ledger", columns))
			for n := range done {
				late := fmt.Sprintf("late%d", n)
				requireSameRows(t, late, source.rows(t, late, []string{"id", "what"}), target.rows(t, late, []string{"id", "what"}))
			}
			require.Positive(t, done)
			t.Logf("%d rounds of DDL", done)
			released(t, source, target)
		})
	}
}

// alter changes the structure of a table, with rows in between, until stop is called, which returns how many rounds it was:
// each leaves a column and a table.
func alter(t testing.TB, e *end) (stop func() int) {
	e.exec(t, "CREATE TABLE ledger (id int NOT NULL PRIMARY KEY)")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	t.Cleanup(func() { cancel(); <-ended })
	rounds := 0
	do := func(format string, args ...any) {
		s := fmt.Sprintf(format, args...)
		for deadline := time.Now().Add(time.Minute); ; {
			_, err := e.db.ExecContext(context.Background(), s)
			if err == nil {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%s: %v", s, err)
				return
			}
			<-time.After(5 * time.Millisecond) // locked
		}
	}
	go func() {
		defer close(ended)
		for ctx.Err() == nil && rounds < 25 {
			n := rounds
			do("INSERT INTO ledger (id) VALUES (%d)", 10*n)
			do("ALTER TABLE ledger ADD COLUMN c%d int", n)
			do("UPDATE ledger SET c%d = id + %d", n, n)
			do("INSERT INTO ledger (id, c%d) VALUES (%d, 7)", n, 10*n+1)
			do("ALTER TABLE ledger RENAME COLUMN c%d TO d%d", n, n)
			do("UPDATE ledger SET d%d = d%d + 1 WHERE id %% 3 = 0", n, n)
			do("CREATE TABLE late%d (id int NOT NULL PRIMARY KEY, what varchar(20))", n)
			do("INSERT INTO late%d VALUES (1, 'late')", n)
			rounds++
			<-time.After(100 * time.Millisecond)
		}
	}()
	return func() int {
		cancel()
		<-ended
		return rounds
	}
}
