package serve_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestStatesOfValidation has tables come to the ends that a comparison has, with its counters, as the aws command tells them: beside a
// load, in tasks that only validate, and while a table waits to be compared once more.
func TestStatesOfValidation(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	for _, db := range []*shop{source, target} {
		servertest.Exec(
			t, db.db, "CREATE TABLE good (id int PRIMARY KEY)", "CREATE TABLE bad (id int PRIMARY KEY)", "CREATE TABLE longkey (k varchar(200) PRIMARY KEY)",
			"CREATE TABLE bag (n int)",
		)
	}
	servertest.Exec(t, source.db, "INSERT INTO good VALUES (1), (2)", "INSERT INTO bad VALUES (1), (2)", "INSERT INTO longkey VALUES ('short')", "INSERT INTO bag VALUES (1)")
	servertest.Exec(t, target.db, "INSERT INTO bad VALUES (8), (9)", "INSERT INTO longkey VALUES (repeat('k', 150))")
	instance := field(s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "states", "--replication-instance-class", "dms.t3.medium"), "ReplicationInstance", "ReplicationInstanceArn").(string)
	ends := map[string]string{}
	for kind, of := range map[string]*shop{"source": source, "target": target} {
		ends[kind] = field(s.must(t, append([]string{"dms", "create-endpoint", "--endpoint-identifier", kind, "--endpoint-type", kind}, of.endpoint()...)...), "Endpoint", "EndpointArn").(string)
	}
	s.must(t, "dms", "wait", "replication-instance-available", "--filters", "Name=replication-instance-arn,Values="+instance)
	for _, end := range ends {
		s.must(t, "dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", end)
		s.must(t, "dms", "wait", "test-connection-succeeds", "--filters", "Name=endpoint-arn,Values="+end)
	}
	started := func(identifier, kind, settings string) (task, this string) {
		task = field(s.must(t, "dms", "create-replication-task", "--replication-task-identifier", identifier, "--source-endpoint-arn", ends["source"], "--target-endpoint-arn", ends["target"],
			"--replication-instance-arn", instance, "--migration-type", kind, "--table-mappings", mappings("public", target.name), "--replication-task-settings", settings),
			"ReplicationTask", "ReplicationTaskArn").(string)
		this = "Name=replication-task-arn,Values=" + task
		s.must(t, "dms", "wait", "replication-task-ready", "--filters", this)
		s.must(t, "dms", "start-replication-task", "--replication-task-arn", task, "--start-replication-task-type", "start-replication")
		return task, this
	}
	states := func(task string) map[string][4]any {
		seen := map[string][4]any{}
		for _, one := range field(s.must(t, "dms", "describe-table-statistics", "--replication-task-arn", task), "TableStatistics").([]any) {
			seen[field(one, "TableName").(string)] = [4]any{field(one, "ValidationState"), field(one, "ValidationFailedRecords"), field(one, "ValidationSuspendedRecords"), field(one, "ValidationPendingRecords")}
		}
		return seen
	}
	// finished runs a task to its end and tells what became of its tables.
	finished := func(identifier, settings string) map[string][4]any {
		task, this := started(identifier, "full-load", settings)
		var found any
		require.Eventually(t, func() bool {
			found = field(s.must(t, "dms", "describe-replication-tasks", "--filters", this), "ReplicationTasks", 0)
			return field(found, "Status") == "stopped" || field(found, "Status") == "failed"
		}, 2*time.Minute, 300*time.Millisecond, "%s", s.log)
		require.Equal(t, "stopped", field(found, "Status"), "%v", found)
		return states(task)
	}
	require.Equal(t, map[string][4]any{
		"good": {"Validated", 0.0, 0.0, 0.0}, "bad": {"Mismatched records", 2.0, 0.0, 0.0}, "longkey": {"Suspended records", 0.0, 1.0, 0.0},
		"bag": {"No primary key", 0.0, 0.0, 0.0},
	}, finished("states", `{"WhimbrelSettings":{"Compatibility":"dms"},"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"},"ValidationSettings":{"EnableValidation":true,"MaxKeyColumnSize":100}}`))

	servertest.Exec(t, target.db, "DROP TABLE good", "INSERT INTO bad VALUES (10)")
	require.Equal(t, map[string][4]any{
		"good": {"Table error", 0.0, 0.0, 0.0}, "bad": {"Mismatched records", 3.0, 0.0, 0.0}, "longkey": {"Mismatched records", 1.0, 0.0, 0.0},
		"bag": {"Validated", 0.0, 0.0, 0.0},
	}, finished("states-only", `{"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"},"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true}}`))

	servertest.Exec(t, target.db, "CREATE TABLE good (id int PRIMARY KEY)", "INSERT INTO good VALUES (1), (2)")
	task, this := started("states-changes", "cdc", `{"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"},"ValidationSettings":{"EnableValidation":true,"ValidationOnly":true,"RecordFailureDelayInMinutes":0,"ValidationQueryCdcDelaySeconds":1}}`)
	_, err := s.aws(t, nil, "dms", "wait", "replication-task-running", "--filters", this)
	require.NoError(t, err, "%v", field(s.must(t, "dms", "describe-replication-tasks", "--filters", this), "ReplicationTasks", 0, "LastFailureMessage"))
	awaited := func(want [4]any) {
		t.Helper()
		var seen map[string][4]any
		require.Eventually(t, func() bool { seen = states(task); return seen["bad"] == want }, 2*time.Minute, 300*time.Millisecond, "%v\n%s", &seen, s.log)
	}
	awaited([4]any{"Mismatched records", 3.0, 0.0, 0.0})
	held, err := source.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = held.Exec("LOCK TABLE bad")
	require.NoError(t, err)
	s.must(t, "dms", "reload-tables", "--replication-task-arn", task, "--reload-option", "validate-only", "--tables-to-reload", "SchemaName=public,TableName=bad")
	awaited([4]any{"Pending revalidation", 0.0, 0.0, 0.0})
	require.NoError(t, held.Rollback())
	awaited([4]any{"Mismatched records", 3.0, 0.0, 0.0})
	s.must(t, "dms", "stop-replication-task", "--replication-task-arn", task)
	s.must(t, "dms", "wait", "replication-task-stopped", "--filters", this)
}
