package task_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// locked holds a row of the target until release is called.
func locked(t *testing.T, e *end, id string) (release func()) {
	t.Helper()
	tx, err := e.db.BeginTx(context.Background(), &sql.TxOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	_, err = tx.ExecContext(context.Background(), "SELECT id FROM item WHERE id = "+id+" FOR UPDATE")
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }
}

// TestLatencyOfWhatWaitsBehindACommit: changes that were read before a commit and hang behind it are late, also when nothing comes
// after them.
func TestLatencyOfWhatWaitsBehindACommit(t *testing.T) {
	source, target := newEnd(t, "postgresql-15"), newEnd(t, "postgresql-18")
	source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY, n int)", "INSERT INTO item VALUES (1, 0), (2, 0), (3, 0)")
	settled := settingsDocument(t, `{"ChangeProcessingTuning":{"CommitTimeout":1}}`)
	load(t, source, target, settled)
	c := changesConfig(source, target)
	settled(&c)
	r := start(t, c)
	now := c.ChangeStats.Counts
	r.await(t, "the changes", func() bool { return now().State == cdc.Following })
	first, second := locked(t, target, "1"), locked(t, target, "2")
	for i, id := range []string{"1", "2", "3"} { // one hangs, one is handed over, one is prepared
		source.exec(t, "UPDATE item SET n = 1 WHERE id = "+id)
		r.await(t, "the change to be read", func() bool { return now().Read == int64(i+1) })
	}
	began := time.Now()
	<-time.After(1200 * time.Millisecond) // longer than CommitTimeout, so that the first is committed alone
	first()
	r.await(t, "the first", func() bool { return target.column(t, "SELECT n FROM item WHERE id = 1")[0] == "1" })
	for range 3 {
		<-time.After(200 * time.Millisecond)
		require.EqualValues(t, 2, now().Waiting)
		since := time.Since(began)
		require.GreaterOrEqual(t, now().TargetLatency, since)
	}
	second()
	r.await(t, "the rest", func() bool { return now().Waiting == 0 && now().TargetLatency == 0 })
	r.stop()
	require.NoError(t, r.err)
}

// TestLatencyWhileAnEndIsAway: nobody can say that nothing waits while an end is gone, be it that nothing had to be applied.
func TestLatencyWhileAnEndIsAway(t *testing.T) {
	for _, gone := range []string{"source", "target"} {
		t.Run(gone, func(t *testing.T) {
			t.Parallel()
			servers := map[string]*servertest.Database{"source": servertest.PrivateMariaDB(t), "target": servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15)}
			source, target := mariadbEnd(t, servers["source"]), postgresEnd(t, servers["target"])
			source.exec(t, "CREATE TABLE item (id int NOT NULL PRIMARY KEY)")
			load(t, source, target)
			c := changesConfig(source, target)
			c.Settings.ErrorBehavior.RecoverableErrorInterval = 1
			c.Settings.ErrorBehavior.RecoverableErrorThrottling = false
			r := start(t, c)
			now := c.ChangeStats.Counts
			r.await(t, "a quiet source", func() bool {
				n := now()
				return n.State == cdc.Following && n.SourceLatency == 0 && n.TargetLatency == 0
			})
			servers[gone].Server.Kill()
			if gone == "target" {
				source.exec(t, "INSERT INTO item VALUES (1)")
			}
			r.await(t, "the loss", func() bool { return now().State == cdc.Waiting })
			for began := time.Now(); time.Since(began) < 3*time.Second; { // through several attempts
				since := time.Since(began)
				n := now()
				require.GreaterOrEqual(t, n.SourceLatency, since, n.State)
				require.GreaterOrEqual(t, n.TargetLatency, since, n.State)
				<-time.After(50 * time.Millisecond)
			}
			require.NoError(t, servers[gone].Server.Start())
			r.await(t, "a quiet source", func() bool {
				n := now()
				return n.State == cdc.Following && n.SourceLatency == 0 && n.TargetLatency == 0
			})
			r.stop()
			require.NoError(t, r.err)
		})
	}
}
