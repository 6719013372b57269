package task_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// BenchmarkLargeTransaction measures how long after its COMMIT a transaction of a million rows is in the target, when its source is read as
// it comes and the server has sent what it can: read while it was in progress, and once it has committed.
func BenchmarkLargeTransaction(b *testing.B) {
	for _, inProgress := range []string{"true", "false"} {
		b.Run("StreamLargeTransactions="+inProgress, func(b *testing.B) {
			for range b.N {
				largeTransaction(b, inProgress)
			}
		})
	}
}

func largeTransaction(b *testing.B, inProgress string) {
	const rows = 1_000_000
	ctx, cancel := context.WithCancel(context.Background())
	source, target := newEnd(b, "postgresql-18"), newEnd(b, "postgresql-15")
	source.exec(b, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (0, 'first')")
	c := changesConfig(source, target)
	c.Source.Settings = map[string]string{"StreamLargeTransactions": inProgress}
	ended := make(chan error, 1)
	go func() {
		_, err := run(ctx, c)
		ended <- err
	}()
	wait := func(e *end, what, query string) {
		require.Eventually(b, func() bool {
			found, err := servertest.Column(e.db, query, "NULL")
			return err == nil && len(found) == 1 && found[0] == "yes"
		}, 10*time.Minute, 20*time.Millisecond, what)
	}
	wait(source, "the stream", "SELECT 'yes' FROM pg_stat_replication WHERE state = 'streaming' AND sent_lsn >= pg_current_wal_lsn() LIMIT 1")
	tx, err := source.db.BeginTx(ctx, nil)
	require.NoError(b, err)
	_, err = tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO item SELECT g, 'the name of row number ' || g FROM generate_series(1, %d) g", rows))
	require.NoError(b, err)
	wait(source, "the server to have read the transaction", "SELECT 'yes' FROM pg_stat_replication WHERE sent_lsn >= pg_current_wal_lsn() LIMIT 1")
	b.ResetTimer()
	require.NoError(b, tx.Commit())
	wait(target, "the last row", fmt.Sprintf("SELECT 'yes' FROM item WHERE id = %d", rows))
	b.StopTimer()
	<-time.After(time.Second) // the server counts when it has nothing else to do
	b.Log(source.column(b, "SELECT 'spill_bytes ' || sum(spill_bytes) || ', stream_bytes ' || sum(stream_bytes) FROM pg_stat_replication_slots JOIN pg_replication_slots USING (slot_name) WHERE database = current_database()"))
	cancel()
	require.NoError(b, <-ended)
	release(b, c)
}
