package chaos_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilledAmidATransactionInProgress kills the program while it keeps what a large transaction of PostgreSQL has done so far, of which parts are
// rolled back: whoever reads the log again is sent all of it again, and once it has committed its rows are there once.
func TestKilledAmidATransactionInProgress(t *testing.T) {
	for _, to := range []string{pg, sqlite} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			source, target := privateEnd(t, pg, "logical_decoding_work_mem = 64kB"), newEnd(t, to)
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v text)")
			tx, err := source.db.Begin()
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			for n := range kills(t, followKills) {
				p := follow(t, source, target)
				p.awaitText(t, "following the source")
				before := sentInProgress(t, source)
				_, err := tx.Exec(fmt.Sprintf("SAVEPOINT s; INSERT INTO item SELECT i, 'lost' FROM generate_series(%[1]d, %[1]d + 2999) i; ROLLBACK TO s;"+
					"INSERT INTO item SELECT i, repeat('kept', 20) FROM generate_series(%[1]d, %[1]d + 2999) i; UPDATE item SET v = v || %[1]d WHERE id %% 7 = 0", n*3000))
				require.NoError(t, err)
				source.exec(t, fmt.Sprintf("INSERT INTO item VALUES (%d, 'beside')", -1-n))
				require.Eventually(t, func() bool { return sentInProgress(t, source) > before }, runs, 20*time.Millisecond)
				_ = p.cmd.Process.Kill()
				<-p.ended
			}
			require.NoError(t, tx.Commit())
			cutOver(t, source, target)
			columns := []string{"id", "v"}
			rows := source.rows(t, "item", columns)
			require.Len(t, rows, kills(t, followKills)*3001)
			requireSameRows(t, "item", rows, target.rows(t, "item", columns))
			released(t, source, target)
		})
	}
}

// sentInProgress is how many bytes of transactions that had not committed the slots have sent.
func sentInProgress(t *testing.T, source *end) int {
	t.Helper()
	n, err := strconv.Atoi(source.texts(t, "SELECT coalesce(sum(stream_bytes), 0)::text FROM pg_stat_replication_slots")[0])
	require.NoError(t, err)
	return n
}
