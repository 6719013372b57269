package dms

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// The model of a task: the status last seen, and to which others the controllers may have brought it since.
var onTheirOwn = map[string][]string{
	taskCreating:  {taskReady},
	taskModifying: {taskReady, taskStopped, taskFailed, taskFailedMove},
	taskMoving:    {taskReady, taskStopped, taskFailed, taskFailedMove},
	taskTesting:   {taskReady, taskStopped, taskFailed, taskFailedMove},
	taskStarting:  {taskRunning, taskFailed},
	taskRunning:   {taskStopped, taskFailed},
	taskStopping:  {taskStopped, taskFailed},
	taskDeleting:  {""},
}

// reachable is a status with all that the controllers may make of it.
func reachable(status string) []string {
	all := []string{status}
	for i := 0; i < len(all); i++ {
		for _, next := range onTheirOwn[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}

// expected is the model of one task.
type expected struct {
	migrationType string
	runs          int
	status        string
	instance      string
}

// model is the whole of what there should be.
type model struct {
	*taskBench
	t     *rapid.T
	tasks map[string]*expected
	hosts []string
}

// look holds a task to what the model thinks possible, and takes over what is.
func (m *model) look(name string) *expected {
	e := m.tasks[name]
	shown := m.describe(m.t, name)
	status := ""
	if shown != nil {
		status = *shown.Status
	}
	if e == nil {
		require.Nil(m.t, shown, "%s is there and was never made", name)
		return nil
	}
	require.Contains(m.t, reachable(e.status), status, "%s was %q", name, e.status)
	e.status = status
	if shown == nil {
		delete(m.tasks, name)
		return nil
	}
	require.Equal(m.t, e.runs > 0, shown.ReplicationTaskStats != nil, "statistics of %s, which has run %d times", name, e.runs)
	require.Equal(m.t, status == taskMoving, shown.TargetReplicationInstanceArn != nil)
	if status == taskFailed {
		require.NotNil(m.t, shown.LastFailureMessage)
	}
	if status == taskRunning || status == taskStarting {
		require.Nil(m.t, shown.StopReason)
	}
	return e
}

// judge holds the answer of a call to the model: it is to succeed in some status that the task may have been in, and to be
// refused in another.
func (m *model) judge(name string, err *wire.Error, allowed func(status string) bool, then string) bool {
	e := m.tasks[name]
	if e == nil {
		require.NotNil(m.t, err)
		require.Equal(m.t, "ResourceNotFoundFault", err.Code)
		return false
	}
	may, must := false, true
	for _, status := range reachable(e.status) {
		if status != "" && allowed(status) {
			may = true
		} else {
			must = false
		}
	}
	if err != nil && strings.Contains(err.Message, "should be available") {
		return false // the instance boots
	}
	if err == nil {
		require.True(m.t, may, "%s was %s", name, e.status)
		e.status = then
		return true
	}
	require.False(m.t, must, "%s was %s: %v", name, e.status, err)
	return false
}

func resting(status string) bool { return slices.Contains(taskRestingStatuses, status) }

func (m *model) name() string {
	return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(m.t, "task")
}

func (m *model) create(*rapid.T) {
	name := m.name()
	in := m.creation(name, rapid.SampledFrom([]string{fullLoad, onlyChanges, fullLoadAndCDC}).Draw(m.t, "type"))
	known := m.look(name)
	_, err := taskCall[dmsapi.CreateReplicationTaskResponse](m.t, m.taskBench, "CreateReplicationTask", in)
	switch {
	case known != nil && err == nil:
		require.Equal(m.t, taskDeleting, known.status, "it was there")
	case known != nil && strings.Contains(err.Message, "should be available"):
		return
	case known != nil:
		require.Equal(m.t, "ResourceAlreadyExistsFault", err.Code)
		return
	case err != nil:
		require.Contains(m.t, err.Message, "should be available")
		return
	}
	m.tasks[name] = &expected{migrationType: *in.MigrationType, status: taskCreating, instance: "I1"}
}

func (m *model) startSome(*rapid.T) {
	name := m.name()
	e := m.look(name)
	wish := rapid.SampledFrom([]Wish{WishFresh, WishResume, WishReload}).Draw(m.t, "wish")
	err := m.start(m.t, name, wish)
	fits := e != nil && (wish == WishFresh) == (e.runs == 0) && (wish != WishReload || e.migrationType != onlyChanges)
	if e != nil && !fits {
		require.NotNil(m.t, err)
		return
	}
	if m.judge(name, err, resting, taskStarting) {
		e.runs++
	}
}

func (m *model) stopSome(*rapid.T) {
	name := m.name()
	m.look(name)
	m.judge(name, m.stopIt(m.t, name), func(status string) bool { return status == taskRunning }, taskStopping)
}

func (m *model) modifySome(*rapid.T) {
	name := m.name()
	m.look(name)
	_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](m.t, m.taskBench, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{
		ReplicationTaskArn: new(m.arn(tasks, name)), TaskData: new("{}")})
	m.judge(name, err, resting, taskModifying)
}

func (m *model) moveSome(*rapid.T) {
	name := m.name()
	m.look(name)
	to := rapid.SampledFrom(m.hosts).Draw(m.t, "instance")
	_, err := taskCall[dmsapi.MoveReplicationTaskResponse](m.t, m.taskBench, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{
		ReplicationTaskArn: new(m.arn(tasks, name)), TargetReplicationInstanceArn: new(m.arn(instances, to))})
	if err != nil && (err.Code == "InvalidParameterCombinationException" || err.Code == "ResourceNotFoundFault" && to == "I3") {
		return // it is there already, or there is no such instance
	}
	m.judge(name, err, resting, taskMoving)
}

func (m *model) deleteSome(*rapid.T) {
	name := m.name()
	m.look(name)
	err := m.delete(m.t, name)
	m.judge(name, err, func(status string) bool {
		return !slices.Contains([]string{taskStarting, taskRunning, taskStopping, taskDeleting}, status)
	}, taskDeleting)
}

func (m *model) reloadSome(*rapid.T) {
	name := m.name()
	e := m.look(name)
	_, err := taskCall[dmsapi.ReloadTablesResponse](m.t, m.taskBench, "ReloadTables", &dmsapi.ReloadTablesMessage{
		ReplicationTaskArn: new(m.arn(tasks, name)), TablesToReload: []dmsapi.TableToReload{{SchemaName: new("public"), TableName: new("t1")}}})
	if err == nil {
		require.Contains(m.t, reachable(e.status), taskRunning)
		require.NotEqual(m.t, onlyChanges, e.migrationType)
	}
}

func (m *model) statistics(*rapid.T) {
	name := m.name()
	e := m.look(name)
	out, err := taskCall[dmsapi.DescribeTableStatisticsResponse](m.t, m.taskBench, "DescribeTableStatistics", &dmsapi.DescribeTableStatisticsMessage{ReplicationTaskArn: new(m.arn(tasks, name))})
	if err == nil && e != nil && e.runs == 0 {
		require.Empty(m.t, out.TableStatistics)
	}
}

func (m *model) kill(*rapid.T) { m.world.kill(rapid.SampledFrom(m.hosts).Draw(m.t, "instance")) }

func (m *model) restart(*rapid.T) {
	m.stop()
	m.world.restart()
	m.control()
}

func (m *model) settle(*rapid.T) { pause(5 * time.Millisecond) }

func (m *model) reboot(*rapid.T) {
	id := rapid.SampledFrom(m.hosts).Draw(m.t, "instance")
	_, refused := taskCall[dmsapi.RebootReplicationInstanceResponse](m.t, m.taskBench, "RebootReplicationInstance", &dmsapi.RebootReplicationInstanceMessage{ReplicationInstanceArn: new(m.arn(instances, id))})
	if refused != nil {
		require.Contains(m.t, []string{"InvalidResourceStateFault", "ResourceNotFoundFault"}, refused.Code)
	}
}

// instanceComes and goes: a third instance, which tasks are moved to and which is refused its deletion while it has some.
func (m *model) instanceComes(*rapid.T) {
	if _, err := m.Store.Get(context.Background(), instances.keys()+"I3"); err == nil {
		_, refused := taskCall[dmsapi.DeleteReplicationInstanceResponse](m.t, m.taskBench, "DeleteReplicationInstance", &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: new(m.arn(instances, "I3"))})
		if refused != nil {
			require.Contains(m.t, []string{"InvalidResourceStateFault", "ResourceNotFoundFault"}, refused.Code)
		}
		return
	}
	m.place(m.t, Instance{ID: "I3", Name: "i3", Status: instanceCreating, Class: "dms.t3.medium", EngineVersion: "3.5.4", Boot: 1})
	for _, end := range []string{"S", "T"} {
		m.put(m.t, connectionKey("I3", end), Connection{Instance: "I3", Endpoint: end, Status: successful, Number: 1})
	}
}

// TestTasksKeepToTheModel does random operations in a random order, with processes and controllers that die, and holds
// every answer to a simple model: no status that cannot follow from the one before, no refusal without a reason, no
// error that the operation does not have, and nothing left of what was deleted.
func TestTasksKeepToTheModel(t *testing.T) {
	s := taskStore(t)
	left := taskRounds(25) // a case takes about a second
	rapid.Check(t, func(rt *rapid.T) {
		if left--; left < 0 {
			return
		}
		wipe(rt, s)
		b := newTaskBench(rt, s, rapid.Uint64().Draw(rt, "seed"))
		b.world.length, b.world.lossy = 5, 0.03
		b.furnish(rt, map[string]string{"fail": rapid.SampledFrom([]string{"", "", "disk full"}).Draw(rt, "source")})
		b.control()
		defer func() { b.stop() }()
		m := &model{taskBench: b, t: rt, tasks: map[string]*expected{}, hosts: []string{"I1", "I2", "I3"}}
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create, "start": m.startSome, "start more": m.startSome, "stop": m.stopSome, "modify": m.modifySome, "move": m.moveSome,
			"delete": m.deleteSome, "reload": m.reloadSome, "statistics": m.statistics, "kill": m.kill, "restart": m.restart,
			"reboot": m.reboot, "instance": m.instanceComes, "settle": m.settle, "settle more": m.settle,
			"": func(*rapid.T) { m.requireNoOrphans(rt) },
		})
		b.world.mu.Lock()
		b.world.lossy = 0
		b.world.mu.Unlock()
		m.finish()
	})
}

func (m *model) finish() {
	for _, name := range []string{"a", "b", "c"} {
		if m.look(name) == nil {
			continue
		}
		m.await(m.t, name, append(taskRestingStatuses, taskRunning, "")...)
		m.look(name)
	}
	m.tidy(m.t, []string{"a", "b", "c"})
	for _, id := range m.hosts {
		if _, err := m.Store.Get(context.Background(), instances.keys()+id); err != nil {
			continue
		}
		deadline := time.Now().Add(patient)
		for {
			_, refused := taskCall[dmsapi.DeleteReplicationInstanceResponse](m.t, m.taskBench, "DeleteReplicationInstance", &dmsapi.DeleteReplicationInstanceMessage{ReplicationInstanceArn: new(m.arn(instances, id))})
			if refused == nil || refused.Code == "ResourceNotFoundFault" || strings.Contains(refused.Message, "deleting state") {
				break
			}
			require.Less(m.t, time.Now(), deadline, refused.Message)
		}
	}
	require.Eventually(m.t, func() bool {
		m.world.mu.Lock()
		defer m.world.mu.Unlock()
		return len(m.world.instances) == 0
	}, patient, time.Millisecond, "all processes are gone")
	require.Eventually(m.t, func() bool {
		page, err := m.Store.List(context.Background(), store.Range{Prefix: instances.keys()})
		return err == nil && len(page.Items) == 0
	}, patient, time.Millisecond)
	m.requireNoOrphans(m.t)
	page, err := m.Store.List(context.Background(), store.Range{Prefix: Prefix + "name/"})
	require.NoError(m.t, err)
	require.Empty(m.t, page.Items)
}
