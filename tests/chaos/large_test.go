package chaos_test

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLargeTransactionInBoundedMemory follows one transaction of many rows, 300,000 or as many as WHIMBREL_CHAOS_ROWS says, and
// measures the program.
func TestLargeTransactionInBoundedMemory(t *testing.T) {
	rows := 300_000
	if asked := os.Getenv("WHIMBREL_CHAOS_ROWS"); asked != "" {
		var err error
		rows, err = strconv.Atoi(asked)
		require.NoError(t, err, "WHIMBREL_CHAOS_ROWS")
	}
	for _, pair := range [][2]string{{pg, pg}, {maria, pg}, {sqlite, pg}, {pg, maria}, {pg, sqlite}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			source, target := newEnd(t, pair[0]), newEnd(t, pair[1])
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, n int, v varchar(100))")
			p := follow(t, source, target)
			p.awaitText(t, "following the source")
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			require.Zero(t, p.code(t, runs))
			source.exec(t, map[string]string{
				pg:     fmt.Sprintf("INSERT INTO item SELECT i, i %% 1000, 'row number ' || i FROM generate_series(1, %d) i", rows),
				maria:  fmt.Sprintf("INSERT INTO item SELECT seq, seq %% 1000, concat('row number ', seq) FROM seq_1_to_%d", rows),
				sqlite: fmt.Sprintf("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) INSERT INTO item SELECT i, i %% 1000, 'row number ' || i FROM s", rows),
			}[source.kind])
			p = follow(t, source, target, "--cutover")
			require.Zero(t, p.code(t, 10*runs), "%s\n%s", p.out.String(), p.errors.String())
			used := p.peak.Load()
			require.Contains(t, p.out.String(), "Followed the source", "%s", p.out.String())
			t.Logf("%d rows in one transaction: RSS at most %d MB, %s of processor time\n%s", rows, used>>10, p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime(), p.out.String())
			require.Less(t, used, int64(memoryBound), "KiB")
			sum := "SELECT concat(count(*), ' ', sum(n), ' ', max(v)) FROM item"
			lite := "SELECT count(*) || ' ' || sum(n) || ' ' || max(v) FROM item"
			require.Equal(t, source.texts(t, source.pick(sum, sum, lite)), target.texts(t, target.pick(sum, sum, lite)))
			released(t, source, target)
		})
	}
}
