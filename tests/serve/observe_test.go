package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
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

// watched is a task with a log that loads a shop and follows its changes.
func watched(t *testing.T, s *server, id string, source, target *shop) (*dms.Client, made) {
	t.Helper()
	api, m := s.replicate(t, id, source, target, types.MigrationTypeValueFullLoadAndCdc, mappings("public", target.name))
	return api, m
}

// resource is the last part of an ARN.
func resource(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// datapoint is a value of ten seconds, as the stock command tells it.
type datapoint struct {
	at, unit string
	value    float64
}

// datapoints are a metric's of the last hour, the oldest first.
func datapoints(t testing.TB, s *server, instance, task, name, statistic string) (all []datapoint, err error) {
	t.Helper()
	now := time.Now().UTC()
	dimensions := []string{"Name=ReplicationInstanceIdentifier,Value=" + instance}
	if task != "" {
		dimensions = append(dimensions, "Name=ReplicationTaskIdentifier,Value="+task)
	}
	answer, err := s.aws(t, nil, append([]string{
		"cloudwatch", "get-metric-statistics", "--namespace", "AWS/DMS", "--metric-name", name, "--statistics", statistic, "--period", "10",
		"--start-time", now.Add(-time.Hour).Format(time.RFC3339), "--end-time", now.Add(time.Minute).Format(time.RFC3339), "--dimensions",
	}, dimensions...)...)
	if err != nil {
		return nil, err
	}
	for _, d := range answer["Datapoints"].([]any) {
		of := d.(map[string]any)
		all = append(all, datapoint{of["Timestamp"].(string), of["Unit"].(string), of[statistic].(float64)})
	}
	slices.SortFunc(all, func(a, b datapoint) int { return strings.Compare(a.at, b.at) })
	return all, nil
}

// sumOf adds up a metric's values of ten seconds.
func sumOf(t testing.TB, s *server, instance, task, name string) (total float64, err error) {
	t.Helper()
	all, err := datapoints(t, s, instance, task, name, "Sum")
	for _, d := range all {
		total += d.value
	}
	return total, err
}

// taskProgress is what the only task tells of itself.
type taskProgress struct {
	BytesLoaded, ChangesWaiting        int64
	CDCLatencySource, CDCLatencyTarget float64
}

func progressOf(t testing.TB, s *server) taskProgress {
	t.Helper()
	out, err := s.whimbrel(t, nil, "status", "--json")
	require.NoError(t, err, out)
	var tasks []struct{ Progress taskProgress }
	require.NoError(t, json.Unmarshal([]byte(out), &tasks), out)
	require.Len(t, tasks, 1)
	return tasks[0].Progress
}

// unitsOf are the units of DMS's metrics, a task's or an instance's.
func unitsOf(ofTask bool) map[string]string {
	if ofTask {
		return map[string]string{
			"FullLoadThroughputBandwidthTarget": "Kilobytes/Second", "FullLoadThroughputRowsTarget": "Count/Second",
			"CDCIncomingChanges": "Count", "CDCChangesMemorySource": "Count", "CDCChangesMemoryTarget": "Count", "CDCChangesDiskSource": "Count", "CDCChangesDiskTarget": "Count",
			"CDCThroughputBandwidthTarget": "Kilobytes/Second", "CDCThroughputRowsSource": "Count/Second", "CDCThroughputRowsTarget": "Count/Second",
			"CDCLatencySource": "Seconds", "CDCLatencyTarget": "Seconds",
			"CPUAllocated": "Percent", "MemoryAllocated": "Megabytes", "CPUUtilization": "Percent", "MemoryUsage": "Megabytes", "SwapUsage": "Bytes",
		}
	}
	return map[string]string{
		"CPUUtilization": "Percent", "AvailableMemory": "Bytes", "FreeMemory": "Bytes", "FreeableMemory": "Bytes", "SwapUsage": "Bytes", "FreeStorageSpace": "Bytes",
		"ReadThroughput": "Bytes/Second", "WriteThroughput": "Bytes/Second", "NetworkTransmitThroughput": "Bytes/Second", "NetworkReceiveThroughput": "Bytes/Second",
	}
}

// TestMetricsAreThoseOfTheEngine compares what CloudWatch's clients are told with the statistics of the tables.
func TestMetricsAreThoseOfTheEngine(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	const stock = 2000
	source.stock(t, stock)
	api, m := watched(t, s, "seen", source, target)
	task := resource(m.task)
	require.Eventually(t, func() bool {
		stats := s.taskOf(t, api, m).ReplicationTaskStats
		return stats != nil && stats.FullLoadProgressPercent == 100
	}, 3*time.Minute, 300*time.Millisecond, s.log)
	source.trade(t, 10001, 40)
	arrives(t, source, target, "")
	tables, err := api.DescribeTableStatistics(t.Context(), &dms.DescribeTableStatisticsInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	var loaded, applied float64
	for _, x := range tables.TableStatistics {
		loaded += float64(x.FullLoadRows)
		applied += float64(aws.ToInt64(x.AppliedInserts) + aws.ToInt64(x.AppliedUpdates) + aws.ToInt64(x.AppliedDeletes))
	}
	require.InDelta(t, 2*stock, loaded, 0)
	require.InDelta(t, 120, applied, 0)
	for name, want := range map[string]float64{"FullLoadThroughputRowsTarget": loaded, "CDCThroughputRowsTarget": applied, "CDCThroughputRowsSource": applied} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			sum, err := sumOf(t, s, "seen", task, name)
			if assert.NoError(c, err) {
				assert.InDelta(c, want, 10*sum, 0.01, name)
			}
		}, 3*time.Minute, time.Second)
	}

	require.EventuallyWithT(t, func(c *assert.CollectT) {
		sum, err := sumOf(t, s, "seen", task, "FullLoadThroughputBandwidthTarget")
		if assert.NoError(c, err) {
			assert.InDelta(c, progressOf(t, s).BytesLoaded, 10*1024*sum, 1)
		}
	}, 3*time.Minute, time.Second)
	sum, err := sumOf(t, s, "seen", task, "CDCThroughputBandwidthTarget")
	require.NoError(t, err)
	require.Positive(t, sum)
	for _, of := range []string{task, ""} {
		for name, unit := range unitsOf(of != "") {
			all, err := datapoints(t, s, "seen", of, name, "Maximum")
			require.NoError(t, err)
			require.NotEmpty(t, all, name)
			require.Equal(t, unit, all[0].unit, name)
		}
	}
	for _, name := range []string{"AvailableMemory", "CPUUtilization", "FreeStorageSpace", "NetworkTransmitThroughput", "NetworkReceiveThroughput"} {
		sum, err := sumOf(t, s, "seen", "", name)
		require.NoError(t, err)
		require.Positive(t, sum, name)
	}
	s.dashboardIsFed(t)
	_, err = s.aws(t, nil, "cloudwatch", "put-metric-data", "--namespace", "AWS/DMS", "--metric-name", "x", "--value", "1")
	require.ErrorContains(t, err, "(InvalidParameterValue)")

	s.boto3(t, `
cw = boto3.client("cloudwatch", endpoint_url=url)
task, instance = sys.argv[1:3]
dims = [dict(Name="ReplicationInstanceIdentifier", Value=instance), dict(Name="ReplicationTaskIdentifier", Value=task)]
def stat(id, name): return dict(Id=id, ReturnData=False, MetricStat=dict(Metric=dict(Namespace="AWS/DMS", MetricName=name, Dimensions=dims), Period=10, Stat="Sum"))
now = datetime.datetime.now(datetime.timezone.utc)
r = cw.get_metric_data(StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(minutes=1), MetricDataQueries=[
    stat("rows", "FullLoadThroughputRowsTarget"), dict(Id="total", Expression="RUNNING_SUM(rows*PERIOD(rows))", Label="all rows"),
    dict(Id="found", Expression="SEARCH('{AWS/DMS,ReplicationInstanceIdentifier,ReplicationTaskIdentifier} CDCLatency', 'Maximum', 10)")])["MetricDataResults"]
total = [x for x in r if x["Id"] == "total"][0]
assert total["Label"] == "all rows" and abs(total["Values"][0] - float(sys.argv[3])) < 0.01, total
assert len([x for x in r if x["Id"] == "found"]) == 2, r
cw.put_metric_data(Namespace="shop", MetricData=[dict(MetricName="orders", Values=[1.0, 2.0, 3.0], Counts=[1.0, 2.0, 1.0], Unit="Count")])
s = cw.get_metric_statistics(Namespace="shop", MetricName="orders", StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=5), Period=600, Statistics=["SampleCount", "Average"], ExtendedStatistics=["p50"])["Datapoints"]
assert [(x["SampleCount"], x["Average"], x["ExtendedStatistics"]["p50"]) for x in s] == [(4.0, 2.0, 2.0)], s
cw.put_metric_data(Namespace="shop", MetricData=[dict(MetricName="many", Values=[float(v) for v in range(150)], Dimensions=[dict(Name="Of", Value="a long name of a shop %d" % i)]) for i in range(40)])  # compressed
n = len(cw.list_metrics(Namespace="shop", MetricName="many")["Metrics"])
assert n == 40, n
print("fine")
`, task, "seen", strconv.Itoa(2*stock))
}

// dashboardIsFed looks for every name that the dashboard of Grafana asks for among those that Prometheus is given.
func (s *server) dashboardIsFed(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/grafana.json")
	require.NoError(t, err)
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	require.NoError(t, json.Unmarshal(raw, &board))
	answer, err := http.Get(s.admin + "/metrics")
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	given, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			for _, name := range regexp.MustCompile(`whimbrel_\w+`).FindAllString(target.Expr, -1) {
				names[name] = true
				require.Regexp(t, `(?m)^`+name+`\{`, string(given))
			}
		}
	}
	require.Greater(t, len(names), 10)
}

// TestLatencyIsTold holds a table of the target for a while: CloudWatch tells how long the changes wait, as the task does, and that
// they wait no more.
func TestLatencyIsTold(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), lonelyShop(t)
	source.stock(t, 100)
	_, m := watched(t, s, "late", source, target)
	task := resource(m.task)
	arrives(t, source, target, "")
	source.trade(t, 10001, 5) // the changes are followed from here on
	arrives(t, source, target, "")
	last := func(name string) datapoint {
		all, err := datapoints(t, s, "late", task, name, "Maximum")
		require.NoError(t, err)
		if len(all) == 0 {
			return datapoint{value: -1}
		}
		return all[len(all)-1]
	}
	require.Eventually(t, func() bool { return last("CDCLatencyTarget").value == 0 }, 3*time.Minute, time.Second)

	tx, err := target.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "SELECT id FROM customer FOR UPDATE")
	require.NoError(t, err)
	began := time.Now()
	servertest.Exec(t, source.db, "UPDATE customer SET name = 'late' WHERE id = 1")
	require.Eventually(t, func() bool { return last("CDCLatencyTarget").value > 15 }, 3*time.Minute, time.Second, s.log)
	told, waiting, read := last("CDCLatencyTarget").value, last("CDCIncomingChanges").value, last("CDCLatencySource").value
	now := progressOf(t, s)
	held := time.Since(began).Seconds()
	require.Less(t, told, held)
	require.GreaterOrEqual(t, now.CDCLatencyTarget, told)
	require.Less(t, now.CDCLatencyTarget, held)
	require.InDelta(t, 1, waiting, 0)
	require.EqualValues(t, 1, now.ChangesWaiting)
	require.LessOrEqual(t, read, told)
	require.NoError(t, tx.Rollback())
	arrives(t, source, target, "")
	for _, name := range []string{"CDCLatencyTarget", "CDCLatencySource", "CDCIncomingChanges"} {
		require.Eventually(t, func() bool { return last(name).value == 0 }, 3*time.Minute, time.Second, name)
	}
}

// TestWhatWasMeasuredSurvivesAKill puts values and events, kills the server, and asks the next one; an alarm that was made
// before is evaluated after.
func TestWhatWasMeasuredSurvivesAKill(t *testing.T) {
	t.Parallel()
	s := first(t)
	at := time.Now().UTC().Truncate(time.Minute).Add(-2 * time.Minute)
	s.must(t, "cloudwatch", "put-metric-data", "--namespace", "shop", "--metric-name", "orders", "--value", "42", "--timestamp", at.Format(time.RFC3339))
	s.must(t, "cloudwatch", "put-metric-alarm", "--alarm-name", "many", "--namespace", "shop", "--metric-name", "orders", "--statistic", "Sum", "--period", "60", "--evaluation-periods", "60",
		"--datapoints-to-alarm", "1", "--threshold", "40", "--comparison-operator", "GreaterThanThreshold")
	s.must(t, "cloudwatch", "put-dashboard", "--dashboard-name", "board", "--dashboard-body", `{"widgets":[]}`)
	s.must(t, "logs", "create-log-group", "--log-group-name", "shop")
	s.must(t, "logs", "create-log-stream", "--log-group-name", "shop", "--log-stream-name", "till")
	s.must(t, "logs", "put-log-events", "--log-group-name", "shop", "--log-stream-name", "till", "--log-events",
		fmt.Sprintf(`[{"timestamp":%d,"message":"{\"level\":\"WARN\",\"took\":7}"},{"timestamp":%d,"message":"plain words"}]`, at.UnixMilli(), at.UnixMilli()+1))
	s.kill()
	s = start(t, s.dir)
	sum := s.must(t, "cloudwatch", "get-metric-statistics", "--namespace", "shop", "--metric-name", "orders", "--statistics", "Sum", "--period", "60",
		"--start-time", at.Add(-time.Hour).Format(time.RFC3339), "--end-time", at.Add(time.Hour).Format(time.RFC3339))["Datapoints"].([]any)
	require.Len(t, sum, 1)
	require.EqualValues(t, 42, sum[0].(map[string]any)["Sum"])
	require.Len(t, s.must(t, "cloudwatch", "list-dashboards")["DashboardEntries"], 1)
	found := s.must(t, "logs", "filter-log-events", "--log-group-name", "shop", "--filter-pattern", `{ $.level = "WARN" && $.took > 6 }`)["events"].([]any)
	require.Len(t, found, 1)
	id := s.must(t, "logs", "start-query", "--log-group-name", "shop", "--start-time", strconv.FormatInt(at.Unix()-60, 10), "--end-time", strconv.FormatInt(at.Unix()+60, 10),
		"--query-string", "filter ispresent(took) | stats sum(took) as total, count(*) by level")["queryId"].(string)
	var rows []any
	require.Eventually(t, func() bool {
		answer := s.must(t, "logs", "get-query-results", "--query-id", id)
		rows = answer["results"].([]any)
		return answer["status"] == "Complete"
	}, 3*time.Minute, 200*time.Millisecond)
	require.Equal(t, []any{[]any{
		map[string]any{"field": "level", "value": "WARN"}, map[string]any{"field": "total", "value": "7"}, map[string]any{"field": "count(*)", "value": "1"},
	}}, rows)
	require.Eventually(t, func() bool {
		return s.must(t, "cloudwatch", "describe-alarms", "--alarm-names", "many")["MetricAlarms"].([]any)[0].(map[string]any)["StateValue"] == "ALARM"
	}, 3*time.Minute, time.Second)
	_, err := s.aws(t, nil, "logs", "filter-log-events", "--log-group-name", "shop", "--filter-pattern", "a.b")
	require.ErrorContains(t, err, "(InvalidParameterException)")
	_, err = s.aws(t, nil, "logs", "start-query", "--log-group-name", "shop", "--start-time", "1", "--end-time", "2", "--query-string", "fly")
	require.ErrorContains(t, err, "(MalformedQueryException)")
	_, err = s.aws(t, nil, "cloudwatch", "get-metric-widget-image", "--metric-widget", `{"metrics":[["shop"]]}`)
	require.ErrorContains(t, err, "(ValidationError)")
}

// boto3 runs a script, which says that all is fine.
func (s *server) boto3(t testing.TB, script string, args ...string) {
	t.Helper()
	head := "import boto3, botocore, datetime, json, os, sys, time\nurl = os.environ[\"AWS_ENDPOINT_URL\"]\n"
	cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/python3"), append([]string{"-c", head + script}, args...)...)
	cmd.Env = s.env()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, s.log)
	require.Contains(t, string(out), "fine")
}

// TestLogsOfATask reads a task's log with the stock commands.
func TestLogsOfATask(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 100)
	api, m := watched(t, s, "told", source, target)
	var shown struct {
		Logging struct {
			EnableLogging                           bool
			CloudWatchLogGroup, CloudWatchLogStream string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(*s.taskOf(t, api, m).ReplicationTaskSettings), &shown))
	require.Equal(t, "dms-tasks-told", shown.Logging.CloudWatchLogGroup)
	group, stream := shown.Logging.CloudWatchLogGroup, shown.Logging.CloudWatchLogStream
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found, err := s.aws(t, nil, "logs", "filter-log-events", "--log-group-name", group, "--log-stream-names", stream, "--filter-pattern", `"task begins" TASK_MANAGER -nonsense`)
		if assert.NoError(c, err) {
			assert.Len(c, found["events"], 1)
		}
	}, 3*time.Minute, time.Second)
	events := s.must(t, "logs", "get-log-events", "--log-group-name", group, "--log-stream-name", stream, "--start-from-head")
	lines := events["events"].([]any)
	require.NotEmpty(t, lines)
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d:\d{6} \[TASK_MANAGER    \]I:  `, lines[0].(map[string]any)["message"])
	require.Equal(t, group, s.must(t, "logs", "describe-log-groups", "--log-group-name-prefix", "dms-tasks-")["logGroups"].([]any)[0].(map[string]any)["logGroupName"])
	streams := s.must(t, "logs", "describe-log-streams", "--log-group-name", group)["logStreams"].([]any)
	require.Len(t, streams, 1)
	require.Equal(t, stream, streams[0].(map[string]any)["logStreamName"])

	cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/aws"), "--endpoint-url", s.url, "logs", "tail", group, "--since", "1h", "--format", "short")
	cmd.Env = s.env()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "task begins")
	followed := exec.CommandContext(t.Context(), cmd.Path, append(cmd.Args[1:], "--follow")...)
	lasting := &output{grew: make(chan struct{}, 1)}
	followed.Env, followed.Stdout, followed.Stderr = append(s.env(), "PYTHONUNBUFFERED=1"), lasting, lasting
	require.NoError(t, followed.Start())
	shows := func(what string) {
		require.Eventually(t, func() bool { return strings.Contains(lasting.String(), what) }, patient, 100*time.Millisecond, "%s: %s", what, lasting)
	}
	shows("task begins")
	require.NotContains(t, lasting.String(), "task ends")
	require.Eventually(t, func() bool { return s.taskOf(t, api, m).status() == "running" }, patient, 100*time.Millisecond)
	logIsDeleted(t, s, api, m, group, stream)
	_, err = api.StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &m.task})
	require.NoError(t, err)
	shows("task ends")
	require.NoError(t, followed.Process.Signal(os.Interrupt))
	_ = followed.Wait() // 130, or 255 of older ones

	sizes, err := api.DescribeReplicationInstanceTaskLogs(t.Context(), &dms.DescribeReplicationInstanceTaskLogsInput{ReplicationInstanceArn: &m.instance})
	require.NoError(t, err)
	require.Positive(t, sizes.ReplicationInstanceTaskLogs[0].ReplicationInstanceTaskLogSize)
}

// logIsDeleted has DeleteTaskLogs delete what the instance keeps of a running task's log, and nothing of CloudWatch Logs.
func logIsDeleted(t *testing.T, s *server, api *dms.Client, m made, group, stream string) {
	t.Helper()
	size := func() int64 {
		sizes, err := api.DescribeReplicationInstanceTaskLogs(t.Context(), &dms.DescribeReplicationInstanceTaskLogsInput{ReplicationInstanceArn: &m.instance})
		require.NoError(t, err)
		return sizes.ReplicationInstanceTaskLogs[0].ReplicationInstanceTaskLogSize
	}
	before := size()
	require.Greater(t, before, int64(500))
	out, err := api.ModifyReplicationTask(t.Context(), &dms.ModifyReplicationTaskInput{ReplicationTaskArn: &m.task, ReplicationTaskSettings: aws.String(`{"Logging":{"DeleteTaskLogs":true}}`)})
	require.NoError(t, err)
	require.NotContains(t, *out.ReplicationTask.ReplicationTaskSettings, "DeleteTaskLogs", "it is done once, not kept")
	require.Eventually(t, func() bool { return size() < before/2 }, patient, 100*time.Millisecond)
	require.Equal(t, "running", s.taskOf(t, api, m).status())
	events := s.must(t, "logs", "filter-log-events", "--log-group-name", group, "--log-stream-names", stream, "--filter-pattern", `"task begins"`)["events"].([]any)
	require.Len(t, events, 1)
}
