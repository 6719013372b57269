package serve_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// BenchmarkLoadWhileLogsAreGathered loads rows with every detail in the log, while the server takes it to CloudWatch Logs and while, for want
// of the role, it does not: rows a second, and lines of the log.
func BenchmarkLoadWhileLogsAreGathered(b *testing.B) {
	const rows = 1_000_000
	for _, gathered := range []bool{true, false, true, false} {
		b.Run(fmt.Sprintf("gathered=%t", gathered), func(b *testing.B) {
			s := first(b, "--dms-roles")
			if !gathered {
				s.must(b, "iam", "detach-role-policy", "--role-name", "dms-cloudwatch-logs-role", "--policy-arn", "arn:aws:iam::aws:policy/service-role/AmazonDMSCloudWatchLogsRole")
			}
			source, target := postgresShop(b), mariadbShop(b)
			source.stock(b, 10)
			servertest.Exec(b, source.db, fmt.Sprintf("INSERT INTO orders SELECT i, i %% 97 + 1, i * 1.5, 'note ' || i FROM generate_series(11, %d) i", rows))
			api, m := s.ends(b, "told", source.input(b), target.input(b))
			var components []string
			for _, id := range strings.Fields("SOURCE_UNLOAD TARGET_LOAD TASK_MANAGER TABLES_MANAGER METADATA_MANAGER PERFORMANCE TRANSFORMATION COMMON") {
				components = append(components, fmt.Sprintf(`{"Id":%q,"Severity":"LOGGER_SEVERITY_DETAILED_DEBUG"}`, id))
			}
			task, err := api.CreateReplicationTask(b.Context(), &dms.CreateReplicationTaskInput{
				ReplicationTaskIdentifier: aws.String("told"), SourceEndpointArn: &m.source, TargetEndpointArn: &m.target, ReplicationInstanceArn: &m.instance,
				MigrationType: types.MigrationTypeValueFullLoad, TableMappings: aws.String(mappings("public", target.name)),
				ReplicationTaskSettings: aws.String(`{"Logging":{"EnableLogContext":true,"LogComponents":[` + strings.Join(components, ",") + `]},"FullLoadSettings":{"CommitRate":500}}`),
			})
			require.NoError(b, err)
			m.task = *task.ReplicationTask.ReplicationTaskArn
			require.Eventually(b, func() bool { return s.taskOf(b, api, m).status() == "ready" }, patient, 100*time.Millisecond)
			b.ResetTimer()
			_, err = api.StartReplicationTask(b.Context(), &dms.StartReplicationTaskInput{ReplicationTaskArn: &m.task, StartReplicationTaskType: types.StartReplicationTaskTypeValueStartReplication})
			require.NoError(b, err)
			require.Eventually(b, func() bool { return s.taskOf(b, api, m).status() == "stopped" }, patient, 50*time.Millisecond)
			b.StopTimer()
			sizes, err := api.DescribeReplicationInstanceTaskLogs(b.Context(), &dms.DescribeReplicationInstanceTaskLogsInput{ReplicationInstanceArn: &m.instance})
			require.NoError(b, err)
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(sizes.ReplicationInstanceTaskLogs[0].ReplicationInstanceTaskLogSize)/1000, "log-kB")
		})
	}
}
