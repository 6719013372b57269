package task_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// TestTablesThatNobodySeesYet: a transaction is read as soon as it is in the log, and with synchronous replication that is before anybody
// sees the table that it has made, which joins all the same, with its rows.
func TestTablesThatNobodySeesYet(t *testing.T) {
	for _, plugin := range []string{"pgoutput", "test_decoding"} { // pglogical itself waits for locks of such a transaction
		t.Run(plugin, func(t *testing.T) {
			t.Parallel()
			source, target := postgresEnd(t, servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15)), newEnd(t, "sqlite")
			source.exec(t, "CREATE TABLE item (id int PRIMARY KEY)", "ALTER ROLE postgres SET synchronous_commit = local")
			set := func(c *taskConfig) { c.Source.Settings = map[string]string{"PluginName": plugin} }
			load(t, source, target, set)
			c := changesConfig(source, target)
			set(&c)
			r := start(t, c)
			r.await(t, "the source", func() bool { return c.ChangeStats.Counts().State == cdc.Following })

			source.exec(t, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
			committed := make(chan error, 1)
			go func() {
				_, err := source.db.ExecContext(context.Background(), "SET synchronous_commit = on; BEGIN; CREATE TYPE mood AS ENUM ('glad'); CREATE TABLE late (id int PRIMARY KEY, m mood); INSERT INTO late VALUES (1, 'glad'); ALTER TABLE late ADD COLUMN v text; INSERT INTO late VALUES (2, 'glad', 'two'); COMMIT")
				committed <- err
			}()
			r.await(t, "the transaction to be sent", func() bool {
				return source.column(t, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")[0] == "1" &&
					source.column(t, "SELECT sent_lsn >= pg_current_wal_flush_lsn() FROM pg_stat_replication")[0] == "true"
			})
			<-time.After(500 * time.Millisecond) // it is read, and what it has made is looked up
			require.Empty(t, committed)
			source.exec(t, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
			require.NoError(t, <-committed)
			source.exec(t, "INSERT INTO late VALUES (3, 'glad', 'three')")
			r.await(t, "its rows", func() bool {
				for _, counts := range c.ChangeStats.Counts().Tables {
					require.Empty(t, counts.Suspended, counts.Source)
				}
				return c.ChangeStats.Counts().Applied >= 3
			})
			r.stop()
			require.ElementsMatch(t, source.text(t, "late", "id"), target.text(t, "late", "id"))
		})
	}
}
