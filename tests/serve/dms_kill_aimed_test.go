package serve_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestKilledAtEachStep kills the server, the process of an instance and both in the midst of each step that a task and its instance
// take: the process is held still, so that the step is under way for sure, and killed then. Every step comes to its end without a
// person, the API shows no other status than that of the step and that of its end, and nothing is left of what was deleted.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"server", "instance", "both"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			k := &killing{T: t, victim: victim, server: first(t, "--dms-roles")}
			source, target := postgresShop(t), mariadbShop(t)
			source.stock(t, 2000)
			k.api, k.made = k.ends(t, "steps", source.input(t), target.input(t))
			k.asksDatabases()
			k.loads(source, target)
			k.reloads(source, target)
			k.stepsOfATask(source, target)
			k.moves(source, target)
			k.deletesTheInstanceLeft()
			k.stops(k.T, k.api, k.made)
			k.assesses()
			k.deletesTheTask(source, target)
		})
	}
}

// killing is a server under test, with what was made there.
type killing struct {
	*testing.T
	*server
	made
	victim string
	api    *dms.Client
	left   string // the instance that the task was moved from
}

// processOf is the process of an instance, which the name of its directory tells.
func (k *killing) processOf(instance string) (pid int) {
	k.Helper()
	dir := []byte(filepath.Join(k.dir, "instances", resource(instance)) + "\x00")
	require.Eventually(k, func() bool {
		for _, pid = range children(k, k.cmd.Process.Pid) {
			if line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil && bytes.Contains(line, dir) {
				return true
			}
		}
		return false
	}, patient, 20*time.Millisecond, "the process of %s", instance)
	return pid
}

// kill kills the victim, and has the machine start the server again.
func (k *killing) kill(pid int) {
	k.Helper()
	pids := children(k, k.cmd.Process.Pid)
	if k.victim != "server" {
		require.NoError(k, syscall.Kill(pid, syscall.SIGKILL))
	}
	if k.victim == "instance" {
		return
	}
	k.server.kill()
	for _, pid := range pids {
		require.Eventually(k, func() bool { return syscall.Kill(pid, 0) != nil }, patient, 20*time.Millisecond, "the instance outlives its server")
	}
	k.server = start(k, k.dir)
	k.api = dms.NewFromConfig(k.sdk(k.T))
}

// step holds the process of an instance, asks for something, kills the victim once that is under way, and waits for its end.
func (k *killing) step(instance string, ask func() error, status func() string, during, end string) {
	k.Helper()
	pid := k.processOf(instance)
	require.NoError(k, syscall.Kill(pid, syscall.SIGSTOP))
	require.NoError(k, ask())
	require.Equal(k, during, status())
	k.kill(pid)
	k.comesTo(status, end, during)
}

func (k *killing) taskStatus() string {
	out, err := k.api.DescribeReplicationTasks(k.Context(), &dms.DescribeReplicationTasksInput{Filters: by("replication-task-arn", k.task)})
	if gone(err) {
		return ""
	}
	require.NoError(k, err)
	return *out.ReplicationTasks[0].Status
}

func (k *killing) instanceStatus(arn string) func() string {
	return func() string {
		out, err := k.api.DescribeReplicationInstances(k.Context(), &dms.DescribeReplicationInstancesInput{Filters: by("replication-instance-arn", arn)})
		if gone(err) {
			return ""
		}
		require.NoError(k, err)
		return *out.ReplicationInstances[0].ReplicationInstanceStatus
	}
}

// gone reports whether what was asked for is not there.
func gone(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundFault](err)
	return ok
}

func by(name, value string) []types.Filter {
	return []types.Filter{{Name: &name, Values: []string{value}}}
}

// asksDatabases tests a connection and reads schemas.
func (k *killing) asksDatabases() {
	k.step(k.instance, func() error {
		_, err := k.api.TestConnection(k.Context(), &dms.TestConnectionInput{EndpointArn: &k.source, ReplicationInstanceArn: &k.instance})
		return err
	}, func() string {
		out, err := k.api.DescribeConnections(k.Context(), &dms.DescribeConnectionsInput{Filters: by("endpoint-arn", k.source)})
		require.NoError(k, err)
		return *out.Connections[0].Status
	}, "testing", "successful")
	k.step(k.instance, func() error {
		_, err := k.api.RefreshSchemas(k.Context(), &dms.RefreshSchemasInput{EndpointArn: &k.source, ReplicationInstanceArn: &k.instance})
		return err
	}, func() string {
		out, err := k.api.DescribeRefreshSchemasStatus(k.Context(), &dms.DescribeRefreshSchemasStatusInput{EndpointArn: &k.source})
		require.NoError(k, err)
		return string(out.RefreshSchemasStatus.Status)
	}, "refreshing", "successful")
}

// loads has tables load slowly into a target that takes its time, and kills when some rows of one are there and not all. What the
// statistics call loaded is.
func (k *killing) loads(source, target *shop) {
	servertest.Exec(k, target.db,
		"CREATE TABLE customer (id integer PRIMARY KEY, name varchar(60) NOT NULL, born date, letter longtext)",
		"CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, total numeric(12,2) NOT NULL, note varchar(200))",
		"CREATE TRIGGER slow_customer BEFORE INSERT ON customer FOR EACH ROW SET @slow = SLEEP(0.002)",
		"CREATE TRIGGER slow_orders BEFORE INSERT ON orders FOR EACH ROW SET @slow = SLEEP(0.002)")
	made, err := k.api.CreateReplicationTask(k.Context(), &dms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: aws.String("steps"), SourceEndpointArn: &k.source, TargetEndpointArn: &k.target, ReplicationInstanceArn: &k.instance,
		MigrationType: types.MigrationTypeValueFullLoadAndCdc, TableMappings: aws.String(mappings("public", target.name)),
		ReplicationTaskSettings: aws.String(`{"FullLoadSettings":{"TargetTablePrepMode":"TRUNCATE_BEFORE_LOAD","CommitRate":100}}`),
	})
	require.NoError(k, err)
	k.task = *made.ReplicationTask.ReplicationTaskArn
	k.awaits(k.T, k.api, k.made, "ready")
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	require.Eventually(k, func() bool { return slices.ContainsFunc(k.statistics(source, target), midst) }, patient, 20*time.Millisecond, k.log)
	k.kill(k.processOf(k.instance))
	require.Eventually(k, func() bool {
		require.Contains(k, []string{"running", "starting"}, k.taskStatus())
		tables := k.statistics(source, target)
		return len(tables) == 2 && !slices.ContainsFunc(tables, func(s types.TableStatistics) bool { return *s.TableState != "Table completed" })
	}, patient, 100*time.Millisecond, k.log)
	arrives(k, source, target, "")
}

// reloads has a table whose rows are wrong at the target load anew, and kills once that is acknowledged.
func (k *killing) reloads(source, target *shop) {
	servertest.Exec(k, target.db, "DROP TRIGGER slow_customer", "UPDATE orders SET note = 'spoilt'")
	_, err := k.api.ReloadTables(k.Context(), &dms.ReloadTablesInput{
		ReplicationTaskArn: &k.task, ReloadOption: types.ReloadOptionValueDataReload, TablesToReload: []types.TableToReload{{SchemaName: aws.String("public"), TableName: aws.String("orders")}},
	})
	require.NoError(k, err)
	k.kill(k.processOf(k.instance))
	arrives(k, source, target, "")
	require.Eventually(k, func() bool {
		return slices.ContainsFunc(k.statistics(source, target), func(s types.TableStatistics) bool {
			return *s.TableName == "orders" && *s.TableState == "Table completed" && aws.ToBool(s.FullLoadReloaded)
		})
	}, patient, 50*time.Millisecond)
	servertest.Exec(k, target.db, "DROP TRIGGER slow_orders")
}

// midst reports whether a table is being loaded and has some rows.
func midst(s types.TableStatistics) bool {
	return *s.TableState == "Full load" && s.FullLoadRows > 0
}

// statistics are those of the tables; what they and the task's progress call loaded must be.
func (k *killing) statistics(source, target *shop) []types.TableStatistics {
	k.Helper()
	progress := k.taskOf(k.T, k.api, k.made).ReplicationTaskStats.FullLoadProgressPercent
	out, err := k.api.DescribeTableStatistics(k.Context(), &dms.DescribeTableStatisticsInput{ReplicationTaskArn: &k.task})
	require.NoError(k, err)
	for _, s := range out.TableStatistics {
		require.LessOrEqual(k, s.FullLoadRows, int64(2000), *s.TableName)
		if *s.TableState == "Table completed" {
			require.EqualValues(k, 2000, s.FullLoadRows, *s.TableName)
			require.Equal(k, source.rows(k, "", *s.TableName), target.rows(k, "", *s.TableName))
			continue
		}
		if *s.TableState == "Table is being reloaded" {
			continue // the full load is over all the same
		}
		require.Less(k, progress, int32(100), "%s: %s", *s.TableName, *s.TableState)
	}
	return out.TableStatistics
}

// stepsOfATask stops and starts the task and reboots its instance, while rows change.
func (k *killing) stepsOfATask(source, target *shop) {
	k.awaits(k.T, k.api, k.made, "running")
	k.step(k.instance, func() error {
		_, err := k.api.StopReplicationTask(k.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &k.task})
		return err
	}, k.taskStatus, "stopping", "stopped")
	source.trade(k, 10001, 5)
	k.step(k.instance, func() error {
		_, err := k.api.StartReplicationTask(k.Context(), &dms.StartReplicationTaskInput{ReplicationTaskArn: &k.task, StartReplicationTaskType: resume})
		return err
	}, k.taskStatus, "starting", "running")
	k.step(k.instance, func() error {
		_, err := k.api.RebootReplicationInstance(k.Context(), &dms.RebootReplicationInstanceInput{ReplicationInstanceArn: &k.instance})
		return err
	}, k.instanceStatus(k.instance), "rebooting", "available")
	source.trade(k, 10006, 5)
	arrives(k, source, target, "")
}

// moves brings the task to another instance and resumes it there.
func (k *killing) moves(source, target *shop) {
	k.stops(k.T, k.api, k.made)
	to, err := k.api.CreateReplicationInstance(k.Context(), &dms.CreateReplicationInstanceInput{ReplicationInstanceIdentifier: aws.String("other"), ReplicationInstanceClass: aws.String("dms.t3.medium")})
	require.NoError(k, err)
	other := *to.ReplicationInstance.ReplicationInstanceArn
	k.left, k.instance = k.instance, other
	available(k, k.api, k.made)
	k.step(other, func() error {
		_, err := k.api.MoveReplicationTask(k.Context(), &dms.MoveReplicationTaskInput{ReplicationTaskArn: &k.task, TargetReplicationInstanceArn: &other})
		return err
	}, k.taskStatus, "moving", "stopped")
	require.Equal(k, other, *k.taskOf(k.T, k.api, k.made).ReplicationInstanceArn)
	require.Eventually(k, func() bool { return len(k.kept(k.left)) == 0 }, patient, 50*time.Millisecond, "the instance that it left keeps nothing of it")
	require.Equal(k, []string{resource(k.task)}, k.kept(other))
	source.trade(k, 10011, 5)
	k.connects(k.T, k.api, k.made, k.source)
	k.connects(k.T, k.api, k.made, k.target)
	starts(k, k.api, k.made, dms.StartReplicationTaskInput{StartReplicationTaskType: resume})
	arrives(k, source, target, "")
}

// kept are the tasks that an instance has something of.
func (k *killing) kept(instance string) (all []string) {
	k.Helper()
	entries, err := os.ReadDir(filepath.Join(k.dir, "instances", resource(instance), "tasks"))
	require.NoError(k, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// deletesTheInstanceLeft deletes the instance that the task was moved from, and its directory with it.
func (k *killing) deletesTheInstanceLeft() {
	k.step(k.left, func() error {
		_, err := k.api.DeleteReplicationInstance(k.Context(), &dms.DeleteReplicationInstanceInput{ReplicationInstanceArn: &k.left})
		return err
	}, k.instanceStatus(k.left), "deleting", "")
	require.NoDirExists(k, filepath.Join(k.dir, "instances", resource(k.left)))
	require.Equal(k, []int{k.processOf(k.instance)}, children(k, k.cmd.Process.Pid))
}

// deletesTheTask deletes the task, and with it what it kept at the source, at the target and on the instance.
func (k *killing) deletesTheTask(source, target *shop) {
	require.NotEmpty(k, source.leftBehind(k))
	k.step(k.instance, func() error {
		_, err := k.api.DeleteReplicationTask(k.Context(), &dms.DeleteReplicationTaskInput{ReplicationTaskArn: &k.task})
		return err
	}, k.taskStatus, "deleting", "")
	require.Empty(k, source.leftBehind(k))
	require.Empty(k, k.kept(k.instance))
	for _, end := range []string{k.source, k.target} { // nothing refers to them any more
		_, err := k.api.DeleteEndpoint(k.Context(), &dms.DeleteEndpointInput{EndpointArn: &end})
		require.NoError(k, err)
	}
	_, err := k.api.DeleteReplicationInstance(k.Context(), &dms.DeleteReplicationInstanceInput{ReplicationInstanceArn: &k.instance})
	require.NoError(k, err)
	require.Eventually(k, func() bool { return k.instanceStatus(k.instance)() == "" }, patient, 50*time.Millisecond)
	require.Empty(k, children(k, k.cmd.Process.Pid))
	left := target.texts(k, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
	require.ElementsMatch(k, []string{"customer", "orders"}, left)
}
