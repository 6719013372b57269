package serve_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const (
	startAnew   = types.StartReplicationTaskTypeValueStartReplication
	resume      = types.StartReplicationTaskTypeValueResumeProcessing
	reload      = types.StartReplicationTaskTypeValueReloadTarget
	changesOnly = types.MigrationTypeValueCdc
)

// another makes a task between the ends of m, and answers when it is ready. Its target tables stay as they are.
func (s *server) another(t testing.TB, api *dms.Client, m made, in *dms.CreateReplicationTaskInput) made {
	t.Helper()
	in.SourceEndpointArn, in.TargetEndpointArn, in.ReplicationInstanceArn = &m.source, &m.target, &m.instance
	in.ReplicationTaskSettings = aws.String(`{"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}`)
	out, err := api.CreateReplicationTask(t.Context(), in)
	require.NoError(t, err)
	m.task = *out.ReplicationTask.ReplicationTaskArn
	s.awaits(t, api, m, "ready")
	return m
}

// awaits waits until a task has a status; another end than that is a failure at once.
func (s *server) awaits(t testing.TB, api *dms.Client, m made, status string) taskState {
	t.Helper()
	var now taskState
	require.Eventually(t, func() bool {
		now = s.taskOf(t, api, m)
		return now.status() == status || status != "failed" && now.status() == "failed"
	}, patient, 100*time.Millisecond, "waits for %s", status)
	require.Equal(t, status, now.status(), "%s\n%s", aws.ToString(now.LastFailureMessage), s.log)
	return now
}

// starts starts a task that must be taken.
func starts(t testing.TB, api *dms.Client, m made, in dms.StartReplicationTaskInput) {
	t.Helper()
	in.ReplicationTaskArn = &m.task
	_, err := api.StartReplicationTask(t.Context(), &in)
	require.NoError(t, err)
}

// stops stops a running task and answers how it has ended.
func (s *server) stops(t testing.TB, api *dms.Client, m made) taskState {
	t.Helper()
	s.awaits(t, api, m, "running")
	_, err := api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	end := s.awaits(t, api, m, "stopped")
	require.Equal(t, "Stop Reason NORMAL", aws.ToString(end.StopReason))
	return end
}

// order writes orders of some numbers.
func (s *shop) order(t testing.TB, ids ...int) {
	t.Helper()
	for _, id := range ids {
		servertest.Exec(t, s.db, fmt.Sprintf("INSERT INTO orders VALUES (%d, 1, %d.50, 'order %d')", id, id, id))
	}
}

// ordered lists the numbers of the orders there are.
func (s *shop) ordered(t testing.TB) string {
	t.Helper()
	var ids []string
	for _, line := range s.rows(t, "", "orders") {
		id, _, _ := strings.Cut(line, "|")
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

// holds waits until a shop has these orders and no others.
func (s *shop) holds(t testing.TB, ids string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, ids, s.ordered(t)) }, patient, 200*time.Millisecond)
}

// here is the place at which the source's log stands, as the source's own administrator reads it.
func (s *shop) here(t testing.TB) string {
	t.Helper()
	var file, offset, rest string
	if s.postgres {
		require.NoError(t, s.db.QueryRowContext(t.Context(), "SELECT pg_current_wal_insert_lsn()").Scan(&file))
		return file
	}
	require.NoError(t, s.db.QueryRowContext(t.Context(), "SHOW MASTER STATUS").Scan(&file, &offset, &rest, &rest))
	return file + ":" + offset
}

// keepsLog has a PostgreSQL source keep its log from now on, as a native start wants, and names the slot in the endpoint.
func (s *shop) keepsLog(t testing.TB, in *dms.CreateEndpointInput) {
	t.Helper()
	if !s.postgres {
		return
	}
	slot := "kept_" + strings.ToLower(s.name)
	servertest.Exec(t, s.db, "CREATE PUBLICATION kept FOR TABLE customer, orders")
	servertest.Exec(t, s.db, "SELECT pg_create_logical_replication_slot('"+slot+"', 'pgoutput')")
	in.PostgreSQLSettings = &types.PostgreSQLSettings{SlotName: &slot}
}

// bothWays runs a test from PostgreSQL to MariaDB and back.
func bothWays(t *testing.T, test func(t *testing.T, source, target *shop)) {
	t.Helper()
	for name, make := range map[string]func(testing.TB) (source, target *shop){
		"postgres": func(t testing.TB) (source, target *shop) { return postgresShop(t), mariadbShop(t) },
		"mariadb":  func(t testing.TB) (source, target *shop) { return mariadbShop(t), postgresShop(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := make(t)
			test(t, source, target)
		})
	}
}

// into is the schema that a shop's tables come to.
func (s *shop) into() string {
	if s.postgres {
		return "public"
	}
	return s.name
}

// TestWhereChangesBeginAndEnd follows changes alone through the API: from a native position, from the RecoveryCheckpoint of a
// task that is gone, to a time of the server and to one of a commit. Only the rows in between are moved.
func TestWhereChangesBeginAndEnd(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, source, target *shop) {
		s := first(t, "--dms-roles")
		source.stock(t, 3)
		in := source.input(t)
		source.keepsLog(t, in)
		mapped := mappings(source.schema, target.into())
		source.order(t, 10)
		from := source.here(t)
		source.order(t, 11, 12)
		api, m := s.replicateCDC(t, in, target.input(t), mapped, from)
		s.awaits(t, api, m, "running")
		target.holds(t, "11 12")
		source.order(t, 13)
		target.holds(t, "11 12 13")

		// A start type that does not fit is refused in AWS's words, and the task goes on.
		_, err := api.DeleteReplicationTask(t.Context(), &dms.DeleteReplicationTaskInput{ReplicationTaskArn: &m.task})
		require.ErrorContains(t, err, "InvalidResourceStateFault")
		left := s.stops(t, api, m)
		require.True(t, strings.HasPrefix(aws.ToString(left.RecoveryCheckpoint), "checkpoint:"), aws.ToString(left.RecoveryCheckpoint))
		for want, refused := range map[string]dms.StartReplicationTaskInput{
			"START_REPLICATION, valid only for tasks running for the first time": {StartReplicationTaskType: startAnew},
			"RELOAD_TARGET, not valid for tasks of migration type cdc":           {StartReplicationTaskType: reload},
			"RESUME_PROCESSING goes on where the task has stopped":               {StartReplicationTaskType: resume, CdcStartPosition: &from},
			"exclude each other":        {StartReplicationTaskType: startAnew, CdcStartPosition: &from, CdcStartTime: aws.Time(time.Now())},
			"Invalid CdcStopPosition: ": {StartReplicationTaskType: resume, CdcStopPosition: aws.String("at_noon")},
		} {
			refused.ReplicationTaskArn = &m.task
			_, err := api.StartReplicationTask(t.Context(), &refused)
			require.ErrorContains(t, err, want)
		}
		source.order(t, 14, 15)

		// Another task takes over where that one has stopped.
		next := s.another(t, api, m, &dms.CreateReplicationTaskInput{
			ReplicationTaskIdentifier: aws.String("next"), MigrationType: changesOnly, TableMappings: &mapped, CdcStartPosition: left.RecoveryCheckpoint,
		})
		starts(t, api, next, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
		target.holds(t, "11 12 13 14 15")
		s.stops(t, api, next)

		// To a time of the source's commits: what is committed later stays behind.
		middle := time.Now().UTC().Add(2 * time.Second).Truncate(time.Second)
		source.order(t, 16)
		<-time.After(time.Until(middle.Add(1500 * time.Millisecond))) // binary logs count seconds
		source.order(t, 17)
		starts(t, api, next, dms.StartReplicationTaskInput{StartReplicationTaskType: resume, CdcStopPosition: aws.String("commit_time:" + middle.Format("2006-01-02T15:04:05"))})
		end := s.awaits(t, api, next, "stopped")
		require.Equal(t, "Stop Reason STOPPED_AT_COMMIT_TIME", aws.ToString(end.StopReason))
		require.Equal(t, "11 12 13 14 15 16", target.ordered(t))
		require.Equal(t, "commit_time:"+middle.Format("2006-01-02T15:04:05"), aws.ToString(end.CdcStopPosition))

		// To a time of the server: what is there by then is moved.
		until := "server_time:" + time.Now().UTC().Add(3*time.Second).Format("2006-01-02T15:04:05")
		starts(t, api, next, dms.StartReplicationTaskInput{StartReplicationTaskType: resume, CdcStopPosition: &until})
		end = s.awaits(t, api, next, "stopped")
		require.Equal(t, "Stop Reason STOPPED_AT_SERVER_TIME", aws.ToString(end.StopReason))
		require.Equal(t, "11 12 13 14 15 16 17", target.ordered(t))
		require.Equal(t, source.rows(t, "", "orders")[len(source.rows(t, "", "orders"))-7:], target.rows(t, "", "orders"), "and every value")
	})
}

// replicateCDC makes an instance, both ends and a task that follows changes from a position.
func (s *server) replicateCDC(t testing.TB, source, target *dms.CreateEndpointInput, mapped, from string) (*dms.Client, made) {
	t.Helper()
	api, m := s.ends(t, "first", source, target)
	m = s.another(t, api, m, &dms.CreateReplicationTaskInput{ReplicationTaskIdentifier: aws.String("first"), MigrationType: changesOnly, TableMappings: &mapped, CdcStartPosition: &from})
	starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	return api, m
}

// TestPublicationsAreOlderThanTheirChanges: a PostgreSQL source does not tell a publication of what was written before it was
// made, so that a start in the past without one is refused.
func TestPublicationsAreOlderThanTheirChanges(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 3)
	in := source.input(t)
	source.keepsLog(t, in)
	from := source.here(t)
	servertest.Exec(t, source.db, "DROP PUBLICATION kept")
	source.order(t, 11)
	api, m := s.replicateCDC(t, in, target.input(t), mappings(source.schema, target.into()), from)
	failed := s.awaits(t, api, m, "failed")
	require.Contains(t, aws.ToString(failed.LastFailureMessage), "make a publication of the tables before the replication slot")

	// With test_decoding no publication is asked for.
	servertest.Exec(t, source.db, "SELECT pg_drop_replication_slot('"+*in.PostgreSQLSettings.SlotName+"')",
		"SELECT pg_create_logical_replication_slot('"+*in.PostgreSQLSettings.SlotName+"', 'test_decoding')")
	from = source.here(t)
	source.order(t, 12)
	_, err := api.ModifyEndpoint(t.Context(), &dms.ModifyEndpointInput{EndpointArn: &m.source,
		PostgreSQLSettings: &types.PostgreSQLSettings{SlotName: in.PostgreSQLSettings.SlotName, PluginName: types.PluginNameValueTestDecoding}})
	require.NoError(t, err)
	s.connected(t, api, m, m.source)
	starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew, CdcStartPosition: &from})
	target.holds(t, "12")
}

// TestChangesFromATime: MariaDB finds the place by its log; PostgreSQL keeps no such index, and the task says so.
func TestChangesFromATime(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, source, target *shop) {
		s := first(t, "--dms-roles")
		source.stock(t, 3)
		<-time.After(1100 * time.Millisecond) // binary logs count seconds
		since := time.Now().Add(time.Second).Truncate(time.Second)
		<-time.After(time.Until(since))
		source.order(t, 20, 21)
		mapped := mappings(source.schema, target.into())
		api, m := s.ends(t, "since", source.input(t), target.input(t))
		m = s.another(t, api, m, &dms.CreateReplicationTaskInput{ReplicationTaskIdentifier: aws.String("since"), MigrationType: changesOnly, TableMappings: &mapped, CdcStartTime: &since})
		starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
		if source.postgres {
			failed := s.awaits(t, api, m, "failed")
			require.Contains(t, aws.ToString(failed.LastFailureMessage), "PostgreSQL keeps no index of its log by time")
			require.Equal(t, "Stop Reason FATAL_ERROR", aws.ToString(failed.StopReason))
			return
		}
		target.holds(t, "20 21")
		s.stops(t, api, m)
	})
}
