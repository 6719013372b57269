package serve_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestAssessmentsKeepATaskFromStarting has a task fail before it touches the target, as FailOnAssessments asks, start with a warning, as WarnOnAssessments does, and start once what its
// message says is mended.
func TestAssessmentsKeepATaskFromStarting(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 10)
	servertest.Exec(t, source.db, "CREATE TABLE visit (at timestamp NOT NULL, page text)")
	instance := field(s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "gate", "--replication-instance-class", "dms.t3.medium"), "ReplicationInstance", "ReplicationInstanceArn").(string)
	ends := map[string]string{}
	for kind, of := range map[string]*shop{"source": source, "target": target} {
		ends[kind] = field(s.must(t, append([]string{"dms", "create-endpoint", "--endpoint-identifier", kind, "--endpoint-type", kind}, of.endpoint()...)...), "Endpoint", "EndpointArn").(string)
	}
	s.must(t, "dms", "wait", "replication-instance-available", "--filters", "Name=replication-instance-arn,Values="+instance)
	for _, end := range ends {
		s.must(t, "dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", end)
		s.must(t, "dms", "wait", "test-connection-succeeds", "--filters", "Name=endpoint-arn,Values="+end)
	}
	create := func(name, assessment string) (map[string]any, error) {
		return s.aws(t, nil, "dms", "create-replication-task", "--replication-task-identifier", name, "--source-endpoint-arn", ends["source"], "--target-endpoint-arn", ends["target"],
			"--replication-instance-arn", instance, "--migration-type", "full-load-and-cdc", "--table-mappings", mappings("public", target.name),
			"--replication-task-settings", `{"WhimbrelSettings":{"FailOnAssessments":"`+assessment+`"}}`)
	}
	_, err := create("wrong", "postgres-check-pkk")
	require.ErrorContains(t, err, "postgres-check-pkk")
	answer, err := create("gate", "postgres-check-pk")
	require.NoError(t, err)
	task := field(answer, "ReplicationTask", "ReplicationTaskArn").(string)
	this := "Name=replication-task-arn,Values=" + task
	s.must(t, "dms", "wait", "replication-task-ready", "--filters", this)
	s.must(t, "dms", "start-replication-task", "--replication-task-arn", task, "--start-replication-task-type", "start-replication")
	var found any
	require.Eventually(t, func() bool {
		found = field(s.must(t, "dms", "describe-replication-tasks", "--filters", this), "ReplicationTasks", 0)
		return field(found, "Status") == "failed"
	}, 2*time.Minute, 300*time.Millisecond, "%v\n%s", &found, s.log)
	why := field(found, "LastFailureMessage").(string)
	require.Contains(t, why, "FailOnAssessments")
	require.Contains(t, why, "public.visit")
	require.Contains(t, why, "REPLICA IDENTITY FULL")
	tables, err := servertest.Column(target.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()", "NULL")
	require.NoError(t, err)
	require.Empty(t, tables, "the target is not touched")

	modify := func(fails, warns string) {
		s.must(t, "dms", "modify-replication-task", "--replication-task-arn", task, "--replication-task-settings",
			`{"WhimbrelSettings":{"FailOnAssessments":"`+fails+`","WarnOnAssessments":"`+warns+`"}}`)
		require.Eventually(t, func() bool {
			return field(s.must(t, "dms", "describe-replication-tasks", "--filters", this), "ReplicationTasks", 0, "Status") != "modifying"
		}, time.Minute, 100*time.Millisecond)
	}
	modify("", "postgres-check-pk")
	s.must(t, "dms", "start-replication-task", "--replication-task-arn", task, "--start-replication-task-type", "reload-target")
	s.must(t, "dms", "wait", "replication-task-running", "--filters", this)
	arrives(t, source, target, "")
	logs, err := filepath.Glob(filepath.Join(s.dir, "instances", "*", "tasks", "*", "log"))
	require.NoError(t, err)
	require.Len(t, logs, 1)
	told, err := os.ReadFile(logs[0])
	require.NoError(t, err)
	require.Regexp(t, `]W: .*postgres-check-pk.*public\.visit`, string(told))
	s.must(t, "dms", "stop-replication-task", "--replication-task-arn", task)
	s.must(t, "dms", "wait", "replication-task-stopped", "--filters", this)

	servertest.Exec(t, source.db, "ALTER TABLE visit REPLICA IDENTITY FULL")
	modify("postgres-check-pk", "")
	s.must(t, "dms", "start-replication-task", "--replication-task-arn", task, "--start-replication-task-type", "reload-target")
	s.must(t, "dms", "wait", "replication-task-running", "--filters", this)
	arrives(t, source, target, "")
}
