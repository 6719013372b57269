package dms

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func TestLifeOfATask(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer b.stop()
	b.create(t, "load", fullLoad)
	b.await(t, "load", taskReady)
	require.Nil(t, b.start(t, "load", WishFresh))
	require.Equal(t, taskStopped, b.await(t, "load", taskStopped, taskFailed))
	shown := b.describe(t, "load")
	require.Equal(t, "Stop Reason FULL_LOAD_ONLY_FINISHED", *shown.StopReason)
	stats := shown.ReplicationTaskStats
	require.Equal(t, int64(100), *stats.FullLoadProgressPercent)
	require.Equal(t, int64(1), *stats.TablesLoaded)
	require.NotNil(t, stats.StopDate)
	require.NotNil(t, stats.FreshStartDate)
	require.NotNil(t, stats.FullLoadFinishDate)
	require.Nil(t, shown.RecoveryCheckpoint)
	require.Equal(t, []string{"Replication task created.", "Replication task started, with flag = fresh start", "Replication task stopped. Stop Reason FULL_LOAD_ONLY_FINISHED"}, b.events(t, "load"))

	tables, refused := taskCall[dmsapi.DescribeTableStatisticsResponse](t, b, "DescribeTableStatistics", &dmsapi.DescribeTableStatisticsMessage{ReplicationTaskArn: shown.ReplicationTaskArn})
	require.Nil(t, refused)
	require.Len(t, tables.TableStatistics, 1)
	require.Equal(t, "Table completed", *tables.TableStatistics[0].TableState)
	require.Equal(t, "Not enabled", *tables.TableStatistics[0].ValidationState)

	b.create(t, "changes", fullLoadAndCDC)
	b.await(t, "changes", taskReady)
	require.Nil(t, b.start(t, "changes", WishFresh))
	b.await(t, "changes", taskRunning)
	require.Eventually(t, func() bool {
		c := b.describe(t, "changes").RecoveryCheckpoint
		return c != nil && *c == "checkpoint:V1#7"
	}, patient, time.Millisecond, "live numbers are shown")
	require.Nil(t, b.stopIt(t, "changes"))
	b.await(t, "changes", taskStopped)
	require.Equal(t, "Stop Reason NORMAL", *b.describe(t, "changes").StopReason)
	require.Nil(t, b.start(t, "changes", WishResume))
	b.await(t, "changes", taskRunning)
	require.NotNil(t, b.delete(t, "changes"))
	require.Nil(t, b.stopIt(t, "changes"))
	b.await(t, "changes", taskStopped)
	for _, name := range []string{"load", "changes"} {
		require.Nil(t, b.delete(t, name))
		b.await(t, name, "")
	}
	require.Empty(t, b.world.kept, "nothing is left at the source")
	b.requireNoOrphans(t)
}

// requireNoOrphans looks for names and references of resources that are gone, and for resources without theirs.
func (b *taskBench) requireNoOrphans(t taskFailer) {
	t.Helper()
	wanted := map[string]bool{}
	all, err := b.Store.List(context.Background(), store.Range{Prefix: Prefix}) // of one moment
	require.NoError(t, err)
	list := func(prefix string) (p store.Page) {
		for _, item := range all.Items {
			if strings.HasPrefix(item.Key, prefix) {
				p.Items = append(p.Items, item)
			}
		}
		return p
	}
	hosts := map[string]bool{}
	for _, item := range list(instances.keys()).Items {
		var i Instance
		require.NoError(t, item.Decode(&i))
		hosts[i.ID] = true
		wanted[instances.names()+i.Name] = true
		wanted[reference(subnetGroups, i.SubnetGroup, instances, i.ID)] = true
	}
	for _, item := range list(tasks.keys()).Items {
		var v Task
		require.NoError(t, item.Decode(&v))
		wanted[tasks.names()+v.Name] = true
		wanted[reference(endpoints, v.Source, tasks, v.ID)] = true
		wanted[reference(endpoints, v.Target, tasks, v.ID)] = true
		wanted[reference(instances, v.Instance, tasks, v.ID)] = true
		require.True(t, hosts[v.Instance], "task %s is on an instance that is gone", v.ID)
		if v.MovingTo != "" {
			wanted[reference(instances, v.MovingTo, tasks, v.ID)] = true
		}
	}
	for _, prefix := range []string{Prefix + "name/", Prefix + "ref/"} {
		for _, item := range list(prefix).Items {
			require.True(t, wanted[item.Key], "%s is an orphan", item.Key)
			delete(wanted, item.Key)
		}
	}
	require.Empty(t, wanted, "missing")
	for _, item := range list(Prefix + "connection/").Items {
		var c Connection
		require.NoError(t, item.Decode(&c))
		require.True(t, hosts[c.Instance], "%s is an orphan", item.Key)
	}
}

func TestFailuresOfATask(t *testing.T) {
	for name, c := range map[string]struct {
		source map[string]string
		want   string
	}{
		"refused": {map[string]string{"start": "wal_level is replica"}, "wal_level is replica"},
		"reach":   {map[string]string{"reach": "the secret is gone"}, "the secret is gone"},
		"fatal":   {map[string]string{"fail": "disk full"}, "disk full"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTaskBench(t, taskStore(t), 1)
			b.furnish(t, c.source)
			b.control()
			defer b.stop()
			b.create(t, "k", fullLoad)
			b.await(t, "k", taskReady)
			require.Nil(t, b.start(t, "k", WishFresh))
			b.await(t, "k", taskFailed)
			shown := b.describe(t, "k")
			require.Equal(t, c.want, *shown.LastFailureMessage)
			require.Equal(t, "Stop Reason FATAL_ERROR", *shown.StopReason)
			require.Contains(t, b.events(t, "k"), "Replication task has failed. "+c.want)
			refused := b.start(t, "k", WishFresh)
			require.NotNil(t, refused, "its first run was one, whether it failed or not")
			require.Equal(t, "InvalidParameterCombinationException", refused.Code)
			// Mended, it goes on.
			b.furnish(t, nil)
			require.Nil(t, b.start(t, "k", WishResume))
			b.await(t, "k", taskStopped)
			require.Nil(t, b.describe(t, "k").LastFailureMessage)
		})
	}
}

func TestDeletionGoesOnWithoutTheDatabase(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer b.stop()
	b.create(t, "k", fullLoadAndCDC)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskRunning)
	require.Nil(t, b.stopIt(t, "k"))
	b.await(t, "k", taskStopped)
	b.furnish(t, map[string]string{"release": "no route to host"})
	require.Nil(t, b.delete(t, "k"))
	b.await(t, "k", "")
	events := b.events(t, "k")
	require.Contains(t, events[len(events)-2], "Cleanup of task data failed.")
	require.Contains(t, events[len(events)-2], "no route to host")
	require.Equal(t, "Replication task deleted.", events[len(events)-1])
	b.requireNoOrphans(t)
}

func TestMovedTaskKeepsItsStatistics(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer b.stop()
	b.create(t, "k", fullLoad)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskStopped)
	move := func(to string) {
		_, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, to))})
		require.Nil(t, err)
		b.await(t, "k", taskStopped)
		require.Equal(t, b.arn(instances, to), *b.describe(t, "k").ReplicationInstanceArn)
	}
	for range 5 {
		move("I2")
		move("I1")
	}
	require.Eventually(t, func() bool { return b.record(t, "k").Leaving == "" }, patient, time.Millisecond)
	b.world.mu.Lock()
	require.Len(t, b.world.instances["I1"].disk["k"], 1)
	require.Empty(t, b.world.instances["I2"].disk["k"])
	b.world.mu.Unlock()
	require.Equal(t, "Table completed", *taskAnswer(taskCall[dmsapi.DescribeTableStatisticsResponse](t, b, "DescribeTableStatistics", &dmsapi.DescribeTableStatisticsMessage{ReplicationTaskArn: new(b.arn(tasks, "k"))})).TableStatistics[0].TableState)
	_, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, "I1"))})
	require.Equal(t, "InvalidParameterCombinationException", err.Code)
	b.place(t, Instance{ID: "I2", Name: "i2", Status: instanceAvailable, Class: "dms.t3.medium", EngineVersion: "3.4.7", Boot: 1})
	_, err = taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
	require.Equal(t, "InvalidResourceStateFault", err.Code)
	b.requireNoOrphans(t)
}

func TestTaskThatCannotBeMoved(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer b.stop()
	refuse := func(why string) {
		b.world.mu.Lock()
		defer b.world.mu.Unlock()
		b.world.refusal = why
	}
	move := func(status string) *dmsapi.ReplicationTask {
		t.Helper()
		_, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
		require.Nil(t, err)
		b.await(t, "k", status)
		return b.describe(t, "k")
	}
	stays := func(why string) {
		t.Helper()
		refuse(why)
		shown := move(taskFailedMove)
		require.Equal(t, why, *shown.LastFailureMessage)
		require.Equal(t, b.arn(instances, "I1"), *shown.ReplicationInstanceArn)
		events := b.events(t, "k")
		require.Equal(t, "Replication task could not be moved. "+why, events[len(events)-1])
	}
	modify := func() {
		t.Helper()
		_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TaskData: new("{}")})
		require.Nil(t, err)
		b.await(t, "k", taskFailedMove)
	}
	b.create(t, "k", fullLoad)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskStopped)

	stays("the disk is full")
	stays("the log cannot be read")
	modify()
	require.Equal(t, "the log cannot be read", *b.describe(t, "k").LastFailureMessage)
	require.Nil(t, b.start(t, "k", WishReload), "a task that stays where it was can be started")
	b.await(t, "k", taskStopped)
	require.Nil(t, b.describe(t, "k").LastFailureMessage)

	stays("the disk is full")
	modify()
	refuse("")
	shown := move(taskStopped)
	require.Nil(t, shown.LastFailureMessage)
	require.Equal(t, b.arn(instances, "I2"), *shown.ReplicationInstanceArn)
	require.Eventually(t, func() bool { return b.record(t, "k").Leaving == "" }, patient, time.Millisecond)
	b.requireNoOrphans(t)

	require.Nil(t, b.delete(t, "k"))
	b.await(t, "k", "")
	b.requireNoOrphans(t)
}

func TestFailureOutlivesAMoveThatFails(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, map[string]string{"fail": "the table is gone"})
	b.control()
	defer b.stop()
	b.create(t, "k", fullLoad)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskFailed)
	for _, c := range []struct{ refusal, status, shown string }{{"the disk is full", taskFailedMove, "the disk is full"}, {"", taskFailed, "the table is gone"}} {
		b.world.mu.Lock()
		b.world.refusal = c.refusal
		b.world.mu.Unlock()
		_, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
		require.Nil(t, err)
		b.await(t, "k", c.status)
		require.Equal(t, c.shown, *b.describe(t, "k").LastFailureMessage)
	}
}

func TestInstancesConnectionsAndSchemas(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer b.stop()
	read := func(key string, v any) bool {
		item, err := b.Store.Get(t.Context(), key)
		return err == nil && item.Decode(v) == nil
	}
	b.place(t, Instance{ID: "N", Name: "n", Status: instanceCreating, Class: "dms.t3.medium"})
	var i Instance
	for boot, status := range []string{"", "modifying", "rebooting"} {
		if status != "" {
			i.Status, i.Boot = status, int64(boot)
			b.putInstance(t, i)
		}
		require.Eventually(t, func() bool { return read(instances.keys()+"N", &i) && i.Status == instanceAvailable }, patient, time.Millisecond)
		require.NotNil(t, i.Created)
		require.Equal(t, int64(boot), b.world.State("N").Boot)
	}
	b.put(t, connectionKey("N", "S"), Connection{Instance: "N", Endpoint: "S", Status: connectionTesting, Number: 7})
	b.put(t, schemasKey("S"), Schemas{Endpoint: "S", Instance: "N", Status: schemasRefreshing})
	var c Connection
	var s Schemas
	require.Eventually(t, func() bool { return read(connectionKey("N", "S"), &c) && c.Status == successful }, patient, time.Millisecond)
	require.Eventually(t, func() bool { return read(schemasKey("S"), &s) && s.Status == successful }, patient, time.Millisecond)
	require.Equal(t, []string{"public", "sales"}, s.Names)
	b.furnish(t, map[string]string{"test": `password authentication failed for user "dms"`})
	b.put(t, connectionKey("N", "S"), Connection{Instance: "N", Endpoint: "S", Status: connectionTesting, Number: 8})
	b.put(t, schemasKey("S"), Schemas{Endpoint: "S", Instance: "N", Status: schemasRefreshing})
	require.Eventually(t, func() bool { return read(connectionKey("N", "S"), &c) && c.Status == taskFailed }, patient, time.Millisecond)
	require.Eventually(t, func() bool { return read(schemasKey("S"), &s) && s.Status == taskFailed }, patient, time.Millisecond)
	require.Equal(t, `password authentication failed for user "dms"`, c.Failure)
	b.put(t, connectionKey("N", "S"), Connection{Instance: "N", Endpoint: "S", Status: taskDeleting, Number: 8})
	require.Eventually(t, func() bool { return !read(connectionKey("N", "S"), &c) }, patient, time.Millisecond)
	b.put(t, connectionKey("N", "T"), Connection{Instance: "N", Endpoint: "T", Status: successful})

	b.world.kill("N")
	require.Eventually(t, func() bool { e := b.events(t, "n"); return len(e) == 4 }, patient, time.Millisecond)
	require.Contains(t, b.events(t, "n")[3], "is started again")

	i.Status = taskDeleting
	b.putInstance(t, i)
	require.Eventually(t, func() bool { return !read(instances.keys()+"N", &i) }, patient, time.Millisecond)
	require.False(t, read(connectionKey("N", "T"), &c))
	require.Equal(t, []string{"N"}, b.world.unwanted)
	id, err := named(b.outside(t.Context()), instances, "n")
	require.NoError(t, err)
	require.Empty(t, id)
}

func TestCutOver(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.world.length = endless
	b.control()
	defer b.stop()
	arn := b.arn(tasks, "k")
	over := func() (string, error) { return b.CutOver(t.Context(), arn) }
	_, err := over()
	require.ErrorContains(t, err, "ResourceNotFoundFault")
	b.create(t, "k", fullLoadAndCDC)
	b.await(t, "k", taskReady)
	_, err = over()
	require.ErrorContains(t, err, "InvalidResourceStateFault")
	status, p, err := b.TaskProgress(t.Context(), arn)
	require.NoError(t, err)
	require.Equal(t, taskReady, status)
	require.Nil(t, p)
	b.awaitUp(t, "I1")
	plan, err := b.MappingPlan(t.Context(), arn, "")
	require.NoError(t, err)
	require.Equal(t, "postgres", plan.Source)
	_, err = b.MappingPlan(t.Context(), arn, "{}")
	require.ErrorContains(t, err, "Invalid Table Mappings document. rules: is missing")

	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskRunning)
	_, err = over()
	require.ErrorContains(t, err, "its full load is still under way")
	rows := b.world.endsAfter(b.record(t, "k").run(), 10)
	b.awaitCheckpoint(t, "k")
	b.world.kill("I1") // and on the way once more
	require.Eventually(t, func() bool {
		status, err = over()
		return err == nil
	}, patient, time.Millisecond)
	require.Equal(t, taskRunning, status)
	_, err = over()
	require.Error(t, err)
	b.world.kill("I1")
	b.await(t, "k", taskStopped)
	require.Equal(t, "Stop Reason STOPPED_AFTER_CACHED_EVENTS", *b.describe(t, "k").StopReason)
	require.Equal(t, cutoverDone, b.record(t, "k").Cutover)
	require.Contains(t, b.events(t, "k"), "Replication task has cut over: the target has taken over.")
	require.Equal(t, rows, b.rowsOf(t, "k"), "nothing was loaded twice")
}

// TestReloadIsNotLost interrupts a reload before the instance has heard of it, and after it has begun: what was loaded
// before is loaded anew, once.
func TestReloadIsNotLost(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer func() { b.stop() }()
	b.create(t, "k", fullLoad)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskStopped)
	run := b.record(t, "k").run()
	b.world.mu.Lock()
	require.Equal(t, 1, b.world.forgotten[run])
	b.world.lostOnes, b.world.length = 2, endless
	b.world.mu.Unlock()

	require.Nil(t, b.start(t, "k", WishReload))
	b.await(t, "k", taskRunning)
	require.Eventually(t, func() bool { return b.rowsOf(t, "k") > 3 && b.record(t, "k").Begun }, patient, time.Millisecond)
	b.world.kill("I1")
	rows := b.world.endsAfter(run, 10)
	b.await(t, "k", taskStopped)
	require.Equal(t, rows, b.rowsOf(t, "k"))
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	require.Equal(t, 2, b.world.forgotten[run], "once for each of the two loads")
}

// TestRenamedTaskKeepsItsSubscriptions holds a subscription that is limited to a task to it, whatever its name.
func TestRenamedTaskKeepsItsSubscriptions(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.control()
	defer b.stop()
	b.create(t, "old", fullLoad)
	b.await(t, "old", taskReady)
	b.put(t, subs.keys()+"one", &Subscription{Name: "one", SourceType: sourceTask, Sources: []string{"old"}})
	b.put(t, subs.keys()+"two", &Subscription{Name: "two", SourceType: sourceInstance, Sources: []string{"old"}})
	_, refused := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{
		ReplicationTaskArn: b.describe(t, "old").ReplicationTaskArn, ReplicationTaskIdentifier: new("new"),
	})
	require.Nil(t, refused)
	b.await(t, "new", taskReady)
	for name, source := range map[string]string{"one": "new", "two": "old"} {
		sub, err := store.Read[Subscription](b.outside(t.Context()), subs.keys()+name)
		require.NoError(t, err)
		require.Equal(t, []string{source}, sub.Sources, name)
	}
}
