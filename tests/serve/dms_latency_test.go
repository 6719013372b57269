package serve_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// BenchmarkAPIWithManyTasks asks, with the Go SDK over TLS, a server with 200 tasks of which 20 follow SQLite files into
// others, reports the median and the 99th percentile of each call, and fails when that is above the aim.
func BenchmarkAPIWithManyTasks(b *testing.B) {
	const all, running = 200, 20
	files := b.TempDir()
	s := first(b, "--dms-roles", "--sqlite-dir", files)
	api, ctx := dms.NewFromConfig(s.sdk(b)), b.Context()
	made, err := api.CreateReplicationInstance(ctx, &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("many"), ReplicationInstanceClass: aws.String("dms.r5.large")})
	require.NoError(b, err)
	instance := made.ReplicationInstance.ReplicationInstanceArn
	require.Eventually(b, func() bool {
		out, err := api.DescribeReplicationInstances(ctx, nil)
		return err == nil && aws.ToString(out.ReplicationInstances[0].ReplicationInstanceStatus) == "available"
	}, patient, 100*time.Millisecond)
	end := func(n int, kind types.ReplicationEndpointTypeValue) *string {
		name := fmt.Sprintf("%s%d.db", kind, n)
		db := servertest.OpenDB(b, "sqlite", filepath.Join(files, name)+"?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)")
		servertest.Exec(b, db, "CREATE TABLE kept (x INTEGER)")
		if kind == types.ReplicationEndpointTypeValueSource {
			servertest.Exec(b, db, "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO a VALUES (1, 'one'), (2, 'two')", "DROP TABLE kept")
		}
		out, err := api.CreateEndpoint(ctx, &dms.CreateEndpointInput{EndpointIdentifier: aws.String(fmt.Sprintf("%s%d", kind, n)), EndpointType: kind, EngineName: aws.String("sqlite"), DatabaseName: &name})
		require.NoError(b, err)
		_, err = api.TestConnection(ctx, &dms.TestConnectionInput{EndpointArn: out.Endpoint.EndpointArn, ReplicationInstanceArn: instance})
		require.NoError(b, err)
		return out.Endpoint.EndpointArn
	}
	var sources, targets, tasks []*string
	for n := range running {
		sources, targets = append(sources, end(n, types.ReplicationEndpointTypeValueSource)), append(targets, end(n, types.ReplicationEndpointTypeValueTarget))
	}
	require.Eventually(b, func() bool {
		out, err := api.DescribeConnections(ctx, nil)
		return err == nil && !slices.ContainsFunc(out.Connections, func(c types.Connection) bool { return aws.ToString(c.Status) != "successful" })
	}, patient, 100*time.Millisecond, "%s", s.log)
	for n := range all {
		out, err := api.CreateReplicationTask(ctx, &dms.CreateReplicationTaskInput{
			ReplicationTaskIdentifier: aws.String(fmt.Sprintf("many-%03d", n)), SourceEndpointArn: sources[n%running], TargetEndpointArn: targets[n%running], ReplicationInstanceArn: instance,
			MigrationType: types.MigrationTypeValueFullLoadAndCdc, TableMappings: aws.String(mappings("main", "")),
		})
		require.NoError(b, err)
		tasks = append(tasks, out.ReplicationTask.ReplicationTaskArn)
	}
	status := func(arn *string, want string) {
		require.Eventually(b, func() bool {
			out, err := api.DescribeReplicationTasks(ctx, &dms.DescribeReplicationTasksInput{Filters: by("replication-task-arn", *arn)})
			return err == nil && aws.ToString(out.ReplicationTasks[0].Status) == want
		}, patient, 20*time.Millisecond, "%s", s.log)
	}
	start := func(arn *string, how types.StartReplicationTaskTypeValue) error {
		_, err := api.StartReplicationTask(ctx, &dms.StartReplicationTaskInput{ReplicationTaskArn: arn, StartReplicationTaskType: how})
		return err
	}
	how := types.StartReplicationTaskTypeValueStartReplication
	b.Run("StartReplicationTask", func(b *testing.B) {
		took := make([]time.Duration, 0, b.N)
		for len(took) < min(b.N, mostStarts) {
			for n := range running { // all at once: what is measured is the call, not the wait for tasks that stop
				if how == types.StartReplicationTaskTypeValueResumeProcessing {
					_, err := api.StopReplicationTask(ctx, &dms.StopReplicationTaskInput{ReplicationTaskArn: tasks[n]})
					require.NoError(b, err)
				}
			}
			for n := range running {
				if how == types.StartReplicationTaskTypeValueResumeProcessing {
					status(tasks[n], "stopped")
				} else {
					status(tasks[n], "ready")
				}
				began := time.Now()
				require.NoError(b, start(tasks[n], how))
				took = append(took, time.Since(began))
			}
			for n := range running {
				status(tasks[n], "running")
			}
			how = types.StartReplicationTaskTypeValueResumeProcessing
		}
		within(b, took)
	})
	for name, call := range map[string]func(n int) error{
		"DescribeReplicationTasks/page=100": func(int) error { _, err := api.DescribeReplicationTasks(ctx, nil); return err },
		"DescribeReplicationTasks/one": func(n int) error {
			_, err := api.DescribeReplicationTasks(ctx, &dms.DescribeReplicationTasksInput{Filters: by("replication-task-arn", *tasks[n%all])})
			return err
		},
		"DescribeTableStatistics": func(n int) error {
			_, err := api.DescribeTableStatistics(ctx, &dms.DescribeTableStatisticsInput{ReplicationTaskArn: tasks[n%running]})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for n := 0; b.Loop(); n++ {
				began := time.Now()
				require.NoError(b, call(n))
				took = append(took, time.Since(began))
			}
			within(b, took)
		})
	}
}

// mostStarts is how many starts are measured at most: each has a stop before it, for which a task takes its time.
const mostStarts = 100

// aimOfCalls is the most that the 99th percentile may be.
const aimOfCalls = 50 * time.Millisecond

// within reports the quantiles, and fails above the aim.
func within(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	b.ReportMetric(float64(p50.Microseconds())/1000, "ms/p50")
	b.ReportMetric(float64(p99.Microseconds())/1000, "ms/p99")
	if len(took) >= 100 && p99 > aimOfCalls { // a benchmark that fails shows no metrics
		b.Errorf("one call in a hundred takes %v and longer, the median %v: the aim is %v", p99, p50, aimOfCalls)
	}
}
