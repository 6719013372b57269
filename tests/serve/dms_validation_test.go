package serve_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestValidationWithTheStockCommand moves a shop with EnableValidation, spoils a row of the target, and has it found and then mended by
// a resync, all told by the aws command.
func TestValidationWithTheStockCommand(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := mariadbShop(t), postgresShop(t)
	source.stock(t, 30)
	instance := field(s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "prove", "--replication-instance-class", "dms.t3.medium"), "ReplicationInstance", "ReplicationInstanceArn").(string)
	ends := map[string]string{}
	for kind, of := range map[string]*shop{"source": source, "target": target} {
		ends[kind] = field(s.must(t, append([]string{"dms", "create-endpoint", "--endpoint-identifier", kind, "--endpoint-type", kind}, of.endpoint()...)...), "Endpoint", "EndpointArn").(string)
	}
	s.must(t, "dms", "wait", "replication-instance-available", "--filters", "Name=replication-instance-arn,Values="+instance)
	for _, end := range ends {
		s.must(t, "dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", end)
		s.must(t, "dms", "wait", "test-connection-succeeds", "--filters", "Name=endpoint-arn,Values="+end)
	}
	task := field(s.must(t, "dms", "create-replication-task", "--replication-task-identifier", "prove", "--source-endpoint-arn", ends["source"], "--target-endpoint-arn", ends["target"],
		"--replication-instance-arn", instance, "--migration-type", "full-load-and-cdc", "--table-mappings", mappings(source.name, "public"),
		"--replication-task-settings", `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`), "ReplicationTask", "ReplicationTaskArn").(string)
	this := "Name=replication-task-arn,Values=" + task
	s.must(t, "dms", "wait", "replication-task-ready", "--filters", this)
	start := func(how string) {
		s.must(t, "dms", "start-replication-task", "--replication-task-arn", task, "--start-replication-task-type", how)
		s.must(t, "dms", "wait", "replication-task-running", "--filters", this)
	}
	start("start-replication")
	tables := func(customer, orders string, failed float64) {
		t.Helper()
		var seen any
		require.Eventually(t, func() bool {
			seen = field(s.must(t, "dms", "describe-table-statistics", "--replication-task-arn", task), "TableStatistics")
			states := map[any]any{}
			sum := 0.0
			for _, one := range seen.([]any) {
				states[field(one, "TableName")] = field(one, "ValidationState")
				sum += field(one, "ValidationFailedRecords").(float64) + field(one, "ValidationPendingRecords").(float64) + field(one, "ValidationSuspendedRecords").(float64)
			}
			return states["customer"] == customer && states["orders"] == orders && sum == failed
		}, 5*time.Minute, 300*time.Millisecond, "%v\n%s", &seen, s.log)
	}
	tables("Validated", "Validated", 0)

	servertest.Exec(t, target.db, "UPDATE customer SET name = 'somebody else' WHERE id = 7")
	s.must(t, "dms", "reload-tables", "--replication-task-arn", task, "--reload-option", "validate-only", "--tables-to-reload", "SchemaName="+source.name+",TableName=customer")
	tables("Mismatched records", "Validated", 1)
	found, err := servertest.Column(target.db, `SELECT "TASK_NAME" || ' ' || "TABLE_NAME" || ' ' || "KEY" || ' ' || "FAILURE_TYPE" FROM awsdms_validation_failures_v2`, "NULL")
	require.NoError(t, err)
	require.Equal(t, []string{`prove customer {"key": ["7"]} RECORD_DIFF`}, found)
	type failure struct {
		SchemaName, TableName, Key, FailureType, Details, ResyncResult, ResyncAction string
		FailureTime, ResyncTime                                                      float64
	}
	listed := func() failure {
		status, text := askOwn(t, s.sdk(t), "DescribeValidationFailures", map[string]any{"ReplicationTaskArn": task})
		require.Equal(t, http.StatusOK, status, text)
		var out struct{ ValidationFailures []failure }
		require.NoError(t, json.Unmarshal([]byte(text), &out), text)
		require.Len(t, out.ValidationFailures, 1)
		return out.ValidationFailures[0]
	}
	one := listed()
	require.Equal(t, []string{"public", "customer", `{"key": ["7"]}`, "RECORD_DIFF"}, []string{one.SchemaName, one.TableName, one.Key, one.FailureType})
	require.Contains(t, one.Details, "somebody else")
	require.InDelta(t, time.Now().Unix(), one.FailureTime, 300)
	require.Empty(t, one.ResyncResult)
	looker := newUser(t, s.sdk(t), "looker", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:*","whimbrel:DescribeTaskProgress"],"Resource":"*"}]}`)
	status, text := askOwn(t, looker, "DescribeValidationFailures", map[string]any{"ReplicationTaskArn": task})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, "not authorized to perform: whimbrel:DescribeValidationFailures on resource: "+task)

	s.must(t, "dms", "stop-replication-task", "--replication-task-arn", task)
	s.must(t, "dms", "wait", "replication-task-stopped", "--filters", this)
	_, err = s.aws(t, nil, "dms", "modify-replication-task", "--replication-task-arn", task, "--replication-task-settings", `{"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"hourly"}}`)
	require.ErrorContains(t, err, "five fields")
	s.must(t, "dms", "modify-replication-task", "--replication-task-arn", task, "--replication-task-settings", `{"ResyncSettings":{"EnableResync":true,"ResyncSchedule":"* * * * *","MaxResyncTime":5}}`)
	require.Eventually(t, func() bool {
		return field(s.must(t, "dms", "describe-replication-tasks", "--filters", this), "ReplicationTasks", 0, "Status") == "stopped"
	}, time.Minute, 200*time.Millisecond)
	start("resume-processing")
	require.Eventually(t, func() bool {
		name, err := servertest.Column(target.db, "SELECT name FROM customer WHERE id = 7", "NULL")
		return err == nil && name[0] == "Zoë 7"
	}, 5*time.Minute, 300*time.Millisecond, "%s", s.log)
	tables("Validated", "Validated", 0)
	arrives(t, source, target, "")
	found, err = servertest.Column(target.db, `SELECT "RESYNC_RESULT" || ' ' || "RESYNC_ACTION" FROM awsdms_validation_failures_v2`, "NULL")
	require.NoError(t, err)
	require.Equal(t, []string{"SUCCESS UPSERT"}, found)
	one = listed()
	require.Equal(t, []string{"SUCCESS", "UPSERT"}, []string{one.ResyncResult, one.ResyncAction})
	require.InDelta(t, time.Now().Unix(), one.ResyncTime, 300)
}
