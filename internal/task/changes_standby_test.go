package task_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// TestStandbyIsFollowed loads from a standby and follows it. The publication is its primary's; without one it is said what to run there.
func TestStandbyIsFollowed(t *testing.T) {
	on := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL18)
	primary := postgresEnd(t, on)
	primary.exec(t, "CREATE TABLE item (id int PRIMARY KEY, v text)", "INSERT INTO item SELECT g, 'a' FROM generate_series(1, 1000) g")
	standby := postgresEnd(t, servertest.PostgreSQLStandby(t, on))
	primary.db.SetMaxIdleConns(0)

	m, err := task.Open(t.Context(), changesConfig(standby, newEnd(t, "sqlite")))
	require.NoError(t, err)
	found, err := m.Examine(t.Context())
	require.NoError(t, err)
	require.NoError(t, m.Close())
	var fatal, other string
	for _, o := range found.Obstacles {
		if o.Fatal {
			fatal += o.Remedy
		} else {
			other += o.Remedy
		}
	}
	require.Equal(t, `on the primary: CREATE PUBLICATION to_be_moved FOR TABLE "public"."item"`, fatal)
	require.Contains(t, other, "pg_log_standby_snapshot()")
	require.NotContains(t, other, "hot_standby_feedback")

	primary.exec(t, "CREATE PUBLICATION to_be_moved FOR TABLE item")
	for _, plugin := range []string{"pgoutput", "test_decoding"} {
		t.Run(plugin, func(t *testing.T) {
			target := newEnd(t, "postgresql-15")
			edit := func(c *taskConfig) { c.Source.Settings = map[string]string{"PluginName": plugin} }
			awaitReplay(t, primary, standby)
			stop := logSnapshots(primary)
			load(t, standby, target, edit)
			stop()
			primary.exec(t, "UPDATE item SET v = repeat(md5(id::text), 300) WHERE id = 1", "UPDATE item SET id = 0 WHERE id = 1", "DELETE FROM item WHERE id = 2", "INSERT INTO item VALUES (1001, 'b')",
				"BEGIN; INSERT INTO item VALUES (1002, 'c'); ROLLBACK", "ALTER TABLE item ADD w int", "INSERT INTO item VALUES (1003, 'd', 3)")
			awaitReplay(t, primary, standby)
			report := catchUp(t, standby, target, edit)
			require.Empty(t, changesOf(t, report, "item").Suspended)
			const rows = "SELECT md5(string_agg(i::text, ',' ORDER BY id)) FROM item i"
			require.Equal(t, primary.column(t, rows), target.column(t, rows))
			primary.exec(t, "ALTER TABLE item DROP w", "DELETE FROM item WHERE id > 1000 OR id = 0")
		})
	}
}

// logSnapshots has the primary say now and then which transactions run, without which a standby makes no slot.
func logSnapshots(primary *end) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_, _ = primary.db.ExecContext(ctx, "SELECT pg_log_standby_snapshot()")
			<-time.After(100 * time.Millisecond)
		}
	}()
	return func() { cancel(); <-ended }
}

func awaitReplay(t *testing.T, primary, standby *end) {
	t.Helper()
	at := primary.column(t, "SELECT pg_current_wal_lsn()::text")[0]
	require.Eventually(t, func() bool {
		return standby.column(t, "SELECT (pg_last_wal_replay_lsn() >= '"+at+"')::text")[0] == "true"
	}, 30*time.Second, 50*time.Millisecond)
}
