package serve_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"
)

// words is a shop's endpoint as the SDKs' inputs have it, in JSON.
func (s *shop) words(t testing.TB, id, kind string) string {
	t.Helper()
	port, err := strconv.Atoi(s.port)
	require.NoError(t, err)
	in := map[string]any{"EndpointIdentifier": id, "EndpointType": kind, "EngineName": s.engine, "ServerName": s.host, "Port": port, "DatabaseName": s.name, "Username": s.user}
	if s.password != "" {
		in["Password"] = s.password
	}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	return string(text)
}

// scripted runs a script that makes a task for both, says "loaded" once it is, and on a line of input tells of its tables, stops it and
// takes it away. Meanwhile the source is traded with.
func scripted(t *testing.T, source, target *shop, program string, arguments ...string) {
	t.Helper()
	s := first(t, "--dms-roles")
	source.stock(t, 2000)
	cmd := exec.CommandContext(t.Context(), program, append(arguments, source.words(t, "script-source", "source"), target.words(t, "script-target", "target"),
		mappings(source.schema, target.schema))...)
	cmd.Env = s.env()
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out := &output{grew: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "loaded\n") }, patient, 50*time.Millisecond, "%s\n%s", out, s.log)
	source.trade(t, 10001, 40)
	arrives(t, source, target, "")
	_, err = in.Write([]byte("on\n"))
	require.NoError(t, err)
	require.NoError(t, cmd.Wait(), "%s\n%s", out, s.log)
	for _, want := range []string{"refused", source.schema + " customer Table completed 2000 0 40 0", source.schema + " orders Table completed 2000 40 0 40", "Stop Reason NORMAL", "gone"} {
		require.Contains(t, out.String(), want)
	}
	if source.postgres {
		require.Empty(t, source.leftBehind(t), "replication slots of a deleted task")
	}
}

// TestBoto3Replicates makes everything with boto3, its waiters and paginators, and follows changes.
func TestBoto3Replicates(t *testing.T) {
	t.Parallel()
	python := client(t, "/usr/bin/python3")
	script := `
import boto3, json, os, sys, time
dms = boto3.client("dms", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
fast = {"Delay": 1, "MaxAttempts": 90}
def by(name, arn): return [{"Name": name, "Values": [arn]}]
source, target, mappings = sys.argv[1:4]
instance = dms.create_replication_instance(ReplicationInstanceIdentifier="boto", ReplicationInstanceClass="dms.t3.medium")["ReplicationInstance"]["ReplicationInstanceArn"]
dms.get_waiter("replication_instance_available").wait(Filters=by("replication-instance-arn", instance), WaiterConfig=fast)
ends = [dms.create_endpoint(**json.loads(e))["Endpoint"]["EndpointArn"] for e in (source, target)]
for e in ends:
    assert dms.test_connection(ReplicationInstanceArn=instance, EndpointArn=e)["Connection"]["Status"] == "testing"
    dms.get_waiter("test_connection_succeeds").wait(Filters=by("endpoint-arn", e), WaiterConfig=fast)
task = dms.create_replication_task(ReplicationTaskIdentifier="boto", SourceEndpointArn=ends[0], TargetEndpointArn=ends[1], ReplicationInstanceArn=instance,
    MigrationType="full-load-and-cdc", TableMappings=mappings)["ReplicationTask"]["ReplicationTaskArn"]
mine = by("replication-task-arn", task)
dms.get_waiter("replication_task_ready").wait(Filters=mine, WaiterConfig=fast)
assert dms.start_replication_task(ReplicationTaskArn=task, StartReplicationTaskType="start-replication")["ReplicationTask"]["Status"] == "starting"
dms.get_waiter("replication_task_running").wait(Filters=mine, WaiterConfig=fast)
while dms.describe_replication_tasks(Filters=mine)["ReplicationTasks"][0]["ReplicationTaskStats"]["FullLoadProgressPercent"] < 100: time.sleep(0.3)
print("loaded", flush=True)
sys.stdin.readline()
try:
    dms.delete_replication_task(ReplicationTaskArn=task)
except dms.exceptions.InvalidResourceStateFault as e:
    print("refused", e.response["Error"]["Message"])
tables = [x for page in dms.get_paginator("describe_table_statistics").paginate(ReplicationTaskArn=task) for x in page["TableStatistics"]]
for x in sorted(tables, key=lambda x: x["TableName"]):
    print(x["SchemaName"], x["TableName"], x["TableState"], x["FullLoadRows"], x["Inserts"], x["Updates"], x["Deletes"])
assert dms.stop_replication_task(ReplicationTaskArn=task)["ReplicationTask"]["Status"] == "stopping"
dms.get_waiter("replication_task_stopped").wait(Filters=mine, WaiterConfig=fast)
print(dms.describe_replication_tasks(Filters=mine)["ReplicationTasks"][0]["StopReason"])
assert dms.delete_replication_task(ReplicationTaskArn=task)["ReplicationTask"]["Status"] == "deleting"
dms.get_waiter("replication_task_deleted").wait(Filters=mine, WaiterConfig=fast)
for e in ends:
    assert dms.delete_endpoint(EndpointArn=e)["Endpoint"]["Status"] == "deleting"
    dms.get_waiter("endpoint_deleted").wait(Filters=by("endpoint-arn", e), WaiterConfig=fast)
assert dms.delete_replication_instance(ReplicationInstanceArn=instance)["ReplicationInstance"]["ReplicationInstanceStatus"] == "deleting"
dms.get_waiter("replication_instance_deleted").wait(Filters=by("replication-instance-arn", instance), WaiterConfig=fast)
print("gone")
`
	bothWays(t, func(t *testing.T, source, target *shop) { scripted(t, source, target, python, "-c", script) })
}

// leftBehind lists what change data capture keeps at a PostgreSQL source.
func (s *shop) leftBehind(t testing.TB) []string {
	t.Helper()
	return s.texts(t, "SELECT slot_name FROM pg_replication_slots WHERE database = current_database() UNION ALL SELECT pubname FROM pg_publication")
}

// texts are the values of a query of one column.
func (s *shop) texts(t testing.TB, query string) []string {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		all = append(all, name)
	}
	require.NoError(t, rows.Err())
	return all
}

// TestJavaScriptSDKReplicates makes everything with the JavaScript SDK, its waiters and paginators, and follows changes.
func TestJavaScriptSDKReplicates(t *testing.T) {
	t.Parallel()
	modules, node := client(t, filepath.Join(clients(), "node_modules")), client(t, "/usr/bin/node")
	script := `
const dms = require("` + modules + `/@aws-sdk/client-database-migration-service");
const c = new dms.DatabaseMigrationServiceClient({ endpoint: process.env.AWS_ENDPOINT_URL });
const [source, target, mappings] = process.argv.slice(1);
const by = (n, a) => ({ Filters: [{ Name: n, Values: [a] }] });
const fast = { client: c, maxWaitTime: 90, minDelay: 1, maxDelay: 1 };
const pause = () => new Promise(r => setTimeout(r, 300));
(async () => {
  const made = await c.send(new dms.CreateReplicationInstanceCommand({ ReplicationInstanceIdentifier: "js", ReplicationInstanceClass: "dms.t3.medium" }));
  const instance = made.ReplicationInstance.ReplicationInstanceArn;
  await dms.waitUntilReplicationInstanceAvailable(fast, by("replication-instance-arn", instance));
  const ends = [];
  for (const e of [source, target]) {
    const arn = (await c.send(new dms.CreateEndpointCommand(JSON.parse(e)))).Endpoint.EndpointArn;
    await c.send(new dms.TestConnectionCommand({ ReplicationInstanceArn: instance, EndpointArn: arn }));
    await dms.waitUntilTestConnectionSucceeds(fast, by("endpoint-arn", arn));
    ends.push(arn);
  }
  const { ReplicationTask: { ReplicationTaskArn: arn } } = await c.send(new dms.CreateReplicationTaskCommand({ ReplicationTaskIdentifier: "js", SourceEndpointArn: ends[0],
    TargetEndpointArn: ends[1], ReplicationInstanceArn: instance, MigrationType: "full-load-and-cdc", TableMappings: mappings }));
  const one = { ReplicationTaskArn: arn }, mine = by("replication-task-arn", arn);
  const shown = async () => (await c.send(new dms.DescribeReplicationTasksCommand(mine))).ReplicationTasks[0];
  await dms.waitUntilReplicationTaskReady(fast, mine);
  await c.send(new dms.StartReplicationTaskCommand({ ...one, StartReplicationTaskType: "start-replication" }));
  await dms.waitUntilReplicationTaskRunning(fast, mine);
  while ((await shown()).ReplicationTaskStats.FullLoadProgressPercent < 100) await pause();
  console.log("loaded");
  await new Promise(r => process.stdin.once("data", r));
  process.stdin.destroy();
  try {
    await c.send(new dms.DeleteReplicationTaskCommand(one));
  } catch (e) {
    if (!(e instanceof dms.InvalidResourceStateFault)) throw e;
    console.log("refused", e.message);
  }
  for await (const page of dms.paginateDescribeTableStatistics({ client: c }, one))
    for (const x of page.TableStatistics) console.log(x.SchemaName, x.TableName, x.TableState, x.FullLoadRows, x.Inserts, x.Updates, x.Deletes);
  await c.send(new dms.StopReplicationTaskCommand(one));
  await dms.waitUntilReplicationTaskStopped(fast, mine);
  console.log((await shown()).StopReason);
  await c.send(new dms.DeleteReplicationTaskCommand(one));
  await dms.waitUntilReplicationTaskDeleted(fast, mine);
  for (const e of ends) {
    await c.send(new dms.DeleteEndpointCommand({ EndpointArn: e }));
    await dms.waitUntilEndpointDeleted(fast, by("endpoint-arn", e));
  }
  await c.send(new dms.DeleteReplicationInstanceCommand({ ReplicationInstanceArn: instance }));
  await dms.waitUntilReplicationInstanceDeleted(fast, by("replication-instance-arn", instance));
  console.log("gone");
})().catch(e => { console.error(e); process.exit(1); });
`
	bothWays(t, func(t *testing.T, source, target *shop) { scripted(t, source, target, node, "-e", script) })
}

// made is a migration that the Go SDK has made and started.
type made struct{ task, instance, source, target string }

// replicate makes and starts a task with the Go SDK.
func (s *server) replicate(t testing.TB, id string, source, target *shop, kind types.MigrationTypeValue, mappings string) (*dms.Client, made) {
	t.Helper()
	return s.replicateBetween(t, id, source.input(t), target.input(t), kind, mappings)
}

// input is the shop's endpoint, without a name and a type.
func (s *shop) input(t testing.TB) *dms.CreateEndpointInput {
	t.Helper()
	port, err := strconv.Atoi(s.port)
	require.NoError(t, err)
	in := &dms.CreateEndpointInput{EngineName: &s.engine, ServerName: &s.host, Port: aws.Int32(int32(port)), DatabaseName: &s.name, Username: &s.user}
	if s.password != "" {
		in.Password = &s.password
	}
	return in
}

// ends makes an instance and both endpoints, and tests their connections.
func (s *server) ends(t testing.TB, id string, source, target *dms.CreateEndpointInput) (*dms.Client, made) {
	t.Helper()
	api, ctx := dms.NewFromConfig(s.sdk(t)), t.Context()
	i, err := api.CreateReplicationInstance(ctx, &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: &id, ReplicationInstanceClass: aws.String("dms.t3.medium")})
	require.NoError(t, err)
	m := made{instance: *i.ReplicationInstance.ReplicationInstanceArn}
	by := func(name, value string) []types.Filter { return []types.Filter{{Name: &name, Values: []string{value}}} }
	quick := func(o *dms.ReplicationInstanceAvailableWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, time.Second
	}
	require.NoError(t, dms.NewReplicationInstanceAvailableWaiter(api, quick).Wait(ctx, &dms.DescribeReplicationInstancesInput{Filters: by("replication-instance-arn", m.instance)}, patient))
	for _, e := range []struct {
		in   *dms.CreateEndpointInput
		kind types.ReplicationEndpointTypeValue
		arn  *string
	}{{source, types.ReplicationEndpointTypeValueSource, &m.source}, {target, types.ReplicationEndpointTypeValueTarget, &m.target}} {
		e.in.EndpointIdentifier, e.in.EndpointType = aws.String(id+"-"+string(e.kind)), e.kind
		end, err := api.CreateEndpoint(ctx, e.in)
		require.NoError(t, err)
		*e.arn = *end.Endpoint.EndpointArn
		s.connects(t, api, m, *e.arn)
	}
	return api, m
}

// connects tests the connection from the instance to an endpoint, which must succeed.
func (s *server) connects(t testing.TB, api *dms.Client, m made, endpoint string) {
	t.Helper()
	_, err := api.TestConnection(t.Context(), &dms.TestConnectionInput{EndpointArn: &endpoint, ReplicationInstanceArn: &m.instance})
	require.NoError(t, err)
	s.connected(t, api, m, endpoint)
}

// connected waits until the last test of a connection has succeeded.
func (s *server) connected(t testing.TB, api *dms.Client, m made, endpoint string) {
	t.Helper()
	tested := func(o *dms.TestConnectionSucceedsWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second, time.Second }
	by := []types.Filter{{Name: aws.String("endpoint-arn"), Values: []string{endpoint}}, {Name: aws.String("replication-instance-arn"), Values: []string{m.instance}}}
	require.NoError(t, dms.NewTestConnectionSucceedsWaiter(api, tested).Wait(t.Context(), &dms.DescribeConnectionsInput{Filters: by}, patient), s.log)
}

// replicateBetween makes an instance, both endpoints and a task, and starts it.
func (s *server) replicateBetween(t testing.TB, id string, source, target *dms.CreateEndpointInput, kind types.MigrationTypeValue, mappings string) (*dms.Client, made) {
	t.Helper()
	api, m := s.ends(t, id, source, target)
	ctx := t.Context()
	task, err := api.CreateReplicationTask(ctx, &dms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: &id, SourceEndpointArn: &m.source, TargetEndpointArn: &m.target, ReplicationInstanceArn: &m.instance, MigrationType: kind, TableMappings: &mappings,
	})
	require.NoError(t, err)
	m.task = *task.ReplicationTask.ReplicationTaskArn
	require.Eventually(t, func() bool { return s.taskOf(t, api, m).status() == "ready" }, patient, 100*time.Millisecond)
	_, err = api.StartReplicationTask(ctx, &dms.StartReplicationTaskInput{ReplicationTaskArn: &m.task, StartReplicationTaskType: types.StartReplicationTaskTypeValueStartReplication})
	require.NoError(t, err)
	return api, m
}

type taskState types.ReplicationTask

func (t taskState) status() string { return aws.ToString(t.Status) }

func (s *server) taskOf(t testing.TB, api *dms.Client, m made) taskState {
	t.Helper()
	out, err := api.DescribeReplicationTasks(t.Context(), &dms.DescribeReplicationTasksInput{Filters: []types.Filter{{Name: aws.String("replication-task-arn"), Values: []string{m.task}}}})
	require.NoError(t, err)
	return taskState(out.ReplicationTasks[0])
}
