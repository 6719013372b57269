package chaos_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestManyTablesIntoAWarehouse loads many small tables into Redshift, 1,000 or as many as WHIMBREL_CHAOS_TABLES says, then follows a change of each kind in each of
// them, and measures the program.
func TestManyTablesIntoAWarehouse(t *testing.T) {
	tables := asked(t, "WHIMBREL_CHAOS_TABLES", 1000)
	r := servertest.NewRedshift(t)
	source := newEnd(t, pg)
	target := &end{kind: pg, url: r.URL(), db: servertest.OpenDB(t, "pgx", r.Behind.URL+"&default_query_exec_mode=simple_protocol")}
	each := func(statement string) { // of every table, a few at a time: each takes a lock
		for from := 0; from < tables; from += 500 {
			source.exec(t, fmt.Sprintf("DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE replace('%s', '?', i::text); END LOOP; END $$", from, min(from+500, tables)-1, strings.ReplaceAll(statement, "'", "''")))
		}
	}
	each("CREATE TABLE small? (id int PRIMARY KEY, note varchar(40))")
	each("INSERT INTO small? VALUES (1, 'one'), (2, 'two ?')")
	patience := runs + time.Duration(tables)*200*time.Millisecond
	flags := []string{"--migration-type", "full-load-and-cdc", "--target-setting", "BucketName=" + r.Bucket.Name}
	ended := func(p *process, what string) {
		t.Helper()
		require.Zero(t, p.code(t, patience), "%s\n%s", p.out.String(), p.errors.String())
		used, took := p.peak.Load(), p.lasted()
		t.Logf("%d tables, %s: %s, %s a table, %s of processor time, RSS at most %d MB", tables, what, took.Round(time.Millisecond), (took / time.Duration(tables)).Round(10*time.Microsecond),
			p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime(), used>>10)
		require.Less(t, used, int64(max(memoryBound, 35*tables)), "KiB") // 35 KiB for a table where there are so many
	}
	rows := func(want ...string) { // that each table has
		t.Helper()
		var of []string
		for i := range tables {
			of = append(of, fmt.Sprintf("SELECT id, note FROM small%d", i))
		}
		for from := 0; from < tables; from += 500 {
			part := of[from:min(from+500, tables)]
			all := make([]string, len(want))
			for i, row := range want {
				all[i] = fmt.Sprint(row, " ", len(part))
			}
			require.Equal(t, all, target.texts(t, "SELECT concat(id, ' ', split_part(note, ' ', 1), ' ', count(*)) FROM ("+strings.Join(part, " UNION ALL ")+") a GROUP BY id, split_part(note, ' ', 1) ORDER BY id"))
		}
	}
	p := start(t, source, target, append(flags, "--tables-only")...)
	p.awaitTextFor(t, "following the source", patience)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	ended(p, "the load")
	rows("1 one", "2 two")

	each("INSERT INTO small? VALUES (3, 'three')")
	each("UPDATE small? SET note = 'changed' WHERE id = 1")
	each("DELETE FROM small? WHERE id = 2")
	p = start(t, source, target, append(flags, "--tables-only", "--cutover")...)
	ended(p, "a change of each kind")
	rows("1 changed", "3 three")
	p = command(t, source, target, "release", flags...)
	require.Zero(t, p.code(t, runs), "%s\n%s", p.out.String(), p.errors.String())
}
