package dms

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/settings"
)

// absent lists the members of an answer that are not there, those within included.
func absent(v reflect.Value, path string) (all []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return []string{path}
		}
		return absent(v.Elem(), path)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			all = append(all, absent(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	case reflect.Slice:
		if v.IsNil() {
			return []string{path}
		}
	}
	return all
}

// TestEveryMemberOfATaskIsShown: what a record knows of a task is in the answer, member for member, and the numbers are in the right ones.
func TestEveryMemberOfATaskIsShown(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	after := func(n int) *time.Time { return new(at.Add(time.Duration(n) * time.Second)) }
	k := testTask(taskMoving)
	k.StartPosition, k.StopPosition, k.Failure, k.StopReason, k.Data, k.MovingTo = "0/1", "server_time:2026-01-02T03:04:05", "it broke", "FATAL_ERROR", "{}", "I2"
	k.FreshStart, k.Started = after(1), after(2)
	k.Progress = &instance.Progress{LoadStarted: after(3), LoadFinished: after(4), Ended: after(12), Percent: 50, Loaded: 5, Loading: 6, Queued: 7, Errored: 8, Position: "V1#7"}
	b.put(t, tasks.keys()+"K", k)
	shown := b.describeARN(t, "K")
	require.Empty(t, absent(reflect.ValueOf(shown), "ReplicationTask"))
	require.Equal(t, dmsapi.ReplicationTaskStats{
		FreshStartDate: after(1), StartDate: after(2), FullLoadStartDate: after(3), FullLoadFinishDate: after(4), StopDate: after(12), ElapsedTimeMillis: new(int64(10_000)),
		FullLoadProgressPercent: new(int64(50)), TablesLoaded: new(int64(5)), TablesLoading: new(int64(6)), TablesQueued: new(int64(7)), TablesErrored: new(int64(8)),
	}, *shown.ReplicationTaskStats)
	require.Equal(t, []string{"checkpoint:V1#7", "0/1", "server_time:2026-01-02T03:04:05", "it broke", "Stop Reason FATAL_ERROR", "{}", b.arn(instances, "I2")},
		[]string{*shown.RecoveryCheckpoint, *shown.CdcStartPosition, *shown.CdcStopPosition, *shown.LastFailureMessage, *shown.StopReason, *shown.TaskData, *shown.TargetReplicationInstanceArn})

	out, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{WithoutSettings: new(true)})
	require.Nil(t, err)
	require.Equal(t, []string{"ReplicationTask.ReplicationTaskSettings"}, absent(reflect.ValueOf(out.ReplicationTasks[0]), "ReplicationTask"), "the settings alone are left out")
}

func (b *taskBench) describeARN(t taskFailer, id string) *dmsapi.ReplicationTask {
	t.Helper()
	out, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{
		Filters: []dmsapi.Filter{{Name: new("replication-task-arn"), Values: []string{b.arn(tasks, id)}}}})
	require.Nil(t, err)
	require.Len(t, out.ReplicationTasks, 1)
	return &out.ReplicationTasks[0]
}

// TestEveryNumberOfATableIsShown: what an instance tells of a table is in the answer, each number in its member.
func TestEveryNumberOfATableIsShown(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	n := func(n int64) *int64 { return &n }
	in := instance.Table{
		Schema: "s", Name: "t", State: "Table completed", Inserts: 1, Updates: 2, Deletes: 3, DDLs: 4, AppliedInserts: 5, AppliedUpdates: 6, AppliedDeletes: 7, AppliedDDLs: 8,
		Rows: 9, ErrorRows: 10, ConditionalFailures: 11, LoadStarted: &at, LoadEnded: new(at.Add(1)), Reloaded: true, Updated: at.Add(2),
		Validation: instance.Validation{State: "Mismatched records", Details: "some", Pending: 12, Failed: 13, Suspended: 14},
		Resync:     instance.Resync{State: "In progress", Attempted: 20, Succeeded: 15, Failed: 1},
	}
	out := showTable(&in)
	require.Empty(t, absent(reflect.ValueOf(out), "TableStatistics"))
	require.Equal(t, dmsapi.TableStatistics{
		SchemaName: new("s"), TableName: new("t"), TableState: new("Table completed"), Inserts: n(1), Updates: n(2), Deletes: n(3), Ddls: n(4),
		AppliedInserts: n(5), AppliedUpdates: n(6), AppliedDeletes: n(7), AppliedDdls: n(8), FullLoadRows: n(9), FullLoadErrorRows: n(10), FullLoadCondtnlChkFailedRows: n(11),
		FullLoadStartTime: &at, FullLoadEndTime: new(at.Add(1)), FullLoadReloaded: new(true), LastUpdateTime: new(at.Add(2)),
		ValidationState: new("Mismatched records"), ValidationStateDetails: new("some"), ValidationPendingRecords: n(12), ValidationFailedRecords: n(13), ValidationSuspendedRecords: n(14),
		ResyncState: new("In progress"), ResyncRowsAttempted: n(20), ResyncRowsSucceeded: n(15), ResyncRowsFailed: n(1), ResyncProgress: new(80.0),
	}, out)
	in.Resync.At = at
	out = showTable(&in)
	require.Equal(t, "Last resync at: 2026-01-02T03:04:05Z", *out.ResyncState)
	require.InDelta(t, 100, *out.ResyncProgress, 0)
}

// TestStatisticsAreOfAnInstanceThatAnswers: an instance that does not answer is told as such, and not as a task without tables.
func TestStatisticsAreOfAnInstanceThatAnswers(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	ask := func(id string) (*dmsapi.DescribeTableStatisticsResponse, *wire.Error) {
		return taskCall[dmsapi.DescribeTableStatisticsResponse](t, b, "DescribeTableStatistics", &dmsapi.DescribeTableStatisticsMessage{ReplicationTaskArn: new(b.arn(tasks, id))})
	}
	_, err := ask("NONE")
	require.Equal(t, "ResourceNotFoundFault", err.Code)
	b.put(t, tasks.keys()+"K", testTask(taskStopped)) // no process of an instance runs here
	_, err = ask("K")
	require.NotNil(t, err)
	require.Equal(t, "InvalidResourceStateFault", err.Code)
	require.Contains(t, err.Message, "does not answer at the moment")
	b.put(t, tasks.keys()+"K", testTask(taskReady))
	out, err := ask("K")
	require.Nil(t, err)
	require.Empty(t, out.TableStatistics, "it has never run")
}

// TestReloadIsChecked is the table of what ReloadTables takes.
func TestReloadIsChecked(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.world.Want(instance.Spec{ID: "I1", Boot: 1})
	b.awaitUp(t, "I1")
	named := func(names ...string) (all []dmsapi.TableToReload) {
		for _, n := range names {
			all = append(all, dmsapi.TableToReload{SchemaName: new("public"), TableName: new(n)})
		}
		return all
	}
	many := make([]string, mostReloaded+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	validated := func(k *Task) {
		s := settings.Defaults()
		s.ValidationSettings.EnableValidation = true
		k.Settings, _ = written(s)
	}
	for name, c := range map[string]struct {
		tables     []dmsapi.TableToReload
		option     *string
		task       func(k *Task)
		code, text string
	}{
		"none":                    {tables: []dmsapi.TableToReload{}, code: "InvalidParameterValueException", text: "names 0 tables"},
		"too many":                {tables: named(many...), code: "InvalidParameterValueException", text: "names 11 tables; 1 to 10"},
		"twice":                   {tables: named("a", "b", "a"), code: "InvalidParameterValueException", text: "names public.a twice"},
		"no name":                 {tables: named(""), code: "InvalidParameterValueException", text: "without its schema or its name"},
		"no schema":               {tables: []dmsapi.TableToReload{{SchemaName: new(""), TableName: new("a")}}, code: "InvalidParameterValueException", text: "without its schema or its name"},
		"unknown option":          {tables: named("a"), option: new("now"), code: "ValidationException", text: "reloadOption"},
		"changes alone":           {tables: named("a"), task: func(k *Task) { k.MigrationType = onlyChanges }, code: "InvalidResourceStateFault", text: "it loads none"},
		"nothing validated":       {tables: named("a"), option: new("validate-only"), code: "InvalidResourceStateFault", text: "valid for tasks with validation enabled"},
		"does not run":            {tables: named("a"), task: func(k *Task) { k.Status = taskStopped }, code: "InvalidResourceStateFault", text: "is currently not running"},
		"not running by now":      {tables: named("a"), code: "InvalidResourceStateFault", text: "the task does not run"},
		"validated, of changes":   {tables: named("a"), option: new("validate-only"), task: func(k *Task) { validated(k); k.MigrationType = onlyChanges }, code: "InvalidResourceStateFault", text: "the task does not run"},
		"loaded, named by option": {tables: named("a"), option: new("data-reload"), code: "InvalidResourceStateFault", text: "the task does not run"},
	} {
		k := testTask(taskRunning)
		if c.task != nil {
			c.task(&k)
		}
		b.put(t, tasks.keys()+"K", k)
		_, err := taskCall[dmsapi.ReloadTablesResponse](t, b, "ReloadTables", &dmsapi.ReloadTablesMessage{ReplicationTaskArn: new(b.arn(tasks, "K")), TablesToReload: c.tables, ReloadOption: c.option})
		require.NotNil(t, err, name)
		require.Equal(t, c.code, err.Code, "%s: %s", name, err.Message)
		require.Contains(t, err.Message, c.text, name)
		require.Empty(t, b.events(t, "k"), name)
	}
	_, err := taskCall[dmsapi.ReloadTablesResponse](t, b, "ReloadTables", &dmsapi.ReloadTablesMessage{ReplicationTaskArn: new(b.arn(tasks, "NONE")), TablesToReload: named("a")})
	require.Equal(t, "ResourceNotFoundFault", err.Code)
}

// TestReloadOfARunningTask is one that the instance takes, and one that it refuses.
func TestReloadOfARunningTask(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.world.length = endless
	b.control()
	defer b.stop()
	b.create(t, "k", fullLoad)
	b.await(t, "k", taskReady)
	require.Nil(t, b.start(t, "k", WishFresh))
	b.await(t, "k", taskRunning)
	reload := func(name string) (*dmsapi.ReloadTablesResponse, *wire.Error) {
		return taskCall[dmsapi.ReloadTablesResponse](t, b, "ReloadTables", &dmsapi.ReloadTablesMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TablesToReload: []dmsapi.TableToReload{{SchemaName: new("public"), TableName: &name}}, ReloadOption: new("data-reload")})
	}
	out, err := reload("t1")
	require.Nil(t, err)
	require.Equal(t, b.arn(tasks, "k"), *out.ReplicationTaskArn)
	require.Contains(t, b.events(t, "k"), "Reload of tables requested for the replication task.")
	_, err = reload("unknown")
	require.NotNil(t, err)
	require.Equal(t, "InvalidResourceStateFault", err.Code)
	require.Contains(t, err.Message, "has no table public.unknown")
	require.Equal(t, taskRunning, b.record(t, "k").Status)
}

// TestCreationTakesWhereChangesBeginAndEnd, and what a task carries along for its maker.
func TestCreationTakesWhereChangesBeginAndEnd(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	position := b.creation("position", onlyChanges)
	position.CdcStartPosition, position.CdcStopPosition, position.TaskData = new("16/B374D848"), new("commit_time:2027-01-02T03:04:05"), new("{}")
	_, err := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", position)
	require.Nil(t, err)
	k := b.record(t, "position")
	require.Equal(t, []string{"16/B374D848", "commit_time:2027-01-02T03:04:05", "{}"}, []string{k.StartPosition, k.StopPosition, k.Data})
	timed := b.creation("timed", onlyChanges)
	timed.CdcStartTime = &at
	_, err = taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", timed)
	require.Nil(t, err)
	require.True(t, b.record(t, "timed").StartTime.Equal(at))
}

// TestModificationIsChecked is the table of what ModifyReplicationTask takes of a task that rests, and what becomes of it.
func TestModificationIsChecked(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.create(t, "taken", fullLoad)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	type modify = dmsapi.ModifyReplicationTaskMessage
	bounded := func(k *Task) {
		k.MigrationType, k.StartPosition, k.StopPosition = onlyChanges, "0/1", "server_time:2026-01-02T03:04:05"
	}
	for name, c := range map[string]struct {
		task       func(k *Task)
		in         modify
		code, text string
		then       func(k *Task) bool
	}{
		"name of another":     {in: modify{ReplicationTaskIdentifier: new("taken")}, code: "ResourceAlreadyExistsFault", text: "already exists"},
		"bad name":            {in: modify{ReplicationTaskIdentifier: new("a--b")}, code: "InvalidParameterValueException", text: "ReplicationTaskIdentifier"},
		"its own name":        {in: modify{ReplicationTaskIdentifier: new("k")}, then: func(k *Task) bool { return k.Name == "k" }},
		"type after a run":    {in: modify{MigrationType: new(fullLoad)}, code: "InvalidParameterCombinationException", text: "a task that has run cannot be changed"},
		"no type":             {in: modify{MigrationType: new("both")}, code: "ValidationException", text: "migrationType"},
		"its own type":        {in: modify{MigrationType: new(fullLoadAndCDC)}, then: func(k *Task) bool { return k.MigrationType == fullLoadAndCDC }},
		"type before it":      {task: func(k *Task) { k.Status, k.Runs = taskReady, 0 }, in: modify{MigrationType: new(onlyChanges)}, then: func(k *Task) bool { return k.MigrationType == onlyChanges }},
		"mappings":            {in: modify{TableMappings: new("{}")}, code: "InvalidParameterValueException", text: "Invalid Table Mappings document"},
		"settings":            {in: modify{ReplicationTaskSettings: new("{")}, code: "InvalidParameterValueException", text: "Invalid task settings JSON"},
		"data":                {in: modify{TaskData: new(`{"x":1}`)}, then: func(k *Task) bool { return k.Data == `{"x":1}` }},
		"start of a load":     {in: modify{CdcStartPosition: new("0/1")}, code: "InvalidParameterCombinationException", text: "cdc alone"},
		"two starts":          {task: bounded, in: modify{CdcStartPosition: new("0/2"), CdcStartTime: &at}, code: "InvalidParameterCombinationException", text: "exclude each other"},
		"start by time":       {task: bounded, in: modify{CdcStartTime: &at}, then: func(k *Task) bool { return k.StartPosition == "" && k.StartTime.Equal(at) && k.StopPosition != "" }},
		"start by position":   {task: bounded, in: modify{CdcStartPosition: new("0/2")}, then: func(k *Task) bool { return k.StartPosition == "0/2" && k.StopPosition != "" }},
		"start taken away":    {task: bounded, in: modify{CdcStartPosition: new("")}, then: func(k *Task) bool { return k.StartPosition == "" && k.StartTime == nil && k.StopPosition != "" }},
		"stop":                {task: bounded, in: modify{CdcStopPosition: new("commit_time:2027-01-02T03:04:05")}, then: func(k *Task) bool { return k.StopPosition == "commit_time:2027-01-02T03:04:05" }},
		"stop taken away":     {task: bounded, in: modify{CdcStopPosition: new("")}, then: func(k *Task) bool { return k.StopPosition == "" && k.StartPosition != "" }},
		"bad stop":            {in: modify{CdcStopPosition: new("noon")}, code: "InvalidParameterValueException", text: "Invalid CdcStopPosition"},
		"type without starts": {task: func(k *Task) { bounded(k); k.Status, k.Runs = taskReady, 0 }, in: modify{MigrationType: new(fullLoad)}, code: "InvalidParameterCombinationException", text: "cdc alone"},
		"type, starts taken away": {task: func(k *Task) { bounded(k); k.Status, k.Runs = taskReady, 0 }, in: modify{MigrationType: new(fullLoad), CdcStartPosition: new(""), CdcStopPosition: new("")},
			then: func(k *Task) bool {
				return k.MigrationType == fullLoad && k.StartPosition == "" && k.StopPosition == ""
			}},
		"no task": {in: modify{ReplicationTaskArn: new(b.arn(tasks, "NONE"))}, code: "ResourceNotFoundFault", text: "not found"},
	} {
		k := testTask(taskStopped)
		if c.task != nil {
			c.task(&k)
		}
		b.put(t, tasks.keys()+"K", k)
		b.name(t, tasks, "k", "K")
		if c.in.ReplicationTaskArn == nil {
			c.in.ReplicationTaskArn = new(b.arn(tasks, "K"))
		}
		_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &c.in)
		now := b.record(t, "K")
		if c.code == "" {
			require.Nil(t, err, name)
			require.Equal(t, []string{taskModifying, k.Status}, []string{now.Status, now.Before}, name)
			require.True(t, c.then(now), "%s: %+v", name, now)
			continue
		}
		require.NotNil(t, err, name)
		require.Equal(t, c.code, err.Code, "%s: %s", name, err.Message)
		require.Contains(t, err.Message, c.text, name)
		require.Equal(t, k.Status, now.Status, name)
	}
}

// TestStartTakesPointsAway: an empty position of StartReplicationTask takes the task's away, as one of ModifyReplicationTask does.
func TestStartTakesPointsAway(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	k := testTask(taskStopped)
	k.MigrationType, k.StopPosition = onlyChanges, "server_time:2020-01-02T03:04:05"
	b.put(t, tasks.keys()+"K", k)
	_, err := taskCall[dmsapi.StartReplicationTaskResponse](t, b, "StartReplicationTask", &dmsapi.StartReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "K")), StartReplicationTaskType: new("resume-processing"), CdcStopPosition: new("")})
	require.Nil(t, err)
	require.Empty(t, b.record(t, "K").StopPosition)
}

// TestMoveIsChecked is the table of where a task may be moved.
func TestMoveIsChecked(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.Quotas = map[string]int64{quotaInstanceTasks: 1}
	b.place(t, Instance{ID: "NEW", Name: "new", Status: instanceCreating, Class: "dms.t3.medium", EngineVersion: "3.5.4"})
	b.place(t, Instance{ID: "FULL", Name: "full", Status: instanceAvailable, Class: "dms.t3.medium", EngineVersion: "3.5.4"})
	b.create(t, "k", fullLoad)
	in := b.creation("other", fullLoad)
	in.ReplicationInstanceArn = new(b.arn(instances, "FULL"))
	_, err := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", in)
	require.Nil(t, err)
	k := b.record(t, "k")
	k.Status = taskReady
	b.put(t, tasks.keys()+"k", k)
	for to, code := range map[string]string{"NONE": "ResourceNotFoundFault", "NEW": "InvalidResourceStateFault", "FULL": "ResourceQuotaExceededFault", "I1": "InvalidParameterCombinationException"} {
		_, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, to))})
		require.NotNil(t, err, to)
		require.Equal(t, code, err.Code, "%s: %s", to, err.Message)
		require.Equal(t, taskReady, b.record(t, "k").Status)
	}
	_, err = taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "NONE")), TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
	require.Equal(t, "ResourceNotFoundFault", err.Code)
	out, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "k")), TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
	require.Nil(t, err)
	require.Equal(t, []string{taskMoving, b.arn(instances, "I2"), b.arn(instances, "I1")}, []string{*out.ReplicationTask.Status, *out.ReplicationTask.TargetReplicationInstanceArn, *out.ReplicationTask.ReplicationInstanceArn})
	for _, name := range []string{"StopReplicationTask", "DeleteReplicationTask"} {
		_, err := b.called(t, name, document{"ReplicationTaskArn": b.arn(tasks, "NONE")})
		require.Equal(t, "ResourceNotFoundFault", err.Code, name)
	}
}

// TestEveryMemberOfAnAssessmentIsShown: what a record knows of a run is in the answer, member for member.
func TestEveryMemberOfAnAssessmentIsShown(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.Results = bucket.Folder(t.TempDir())
	b.furnish(t, nil)
	b.put(t, tasks.keys()+"K", testTask(taskStopped))
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b.put(t, assessmentRuns.keys()+"R", AssessmentRun{
		ID: "R", Name: "run", Task: "K", Instance: "I1", Role: "arn:aws:iam::111122223333:role/r", Bucket: "results", Folder: "f", Seal: bucket.Seal{Mode: bucket.SSEKMS, Key: "key"}, Status: "failed",
		Created: at, Done: true, Failure: "why", Names: []string{"a", "b", "c", "d", "e", "f"}, Ended: map[string]int64{"passed": 1, "failed": 2, "error": 3, "warning": 4, "cancelled": 5, "skipped": 6},
	})
	run := b.assessmentRun(t, b.arn(assessmentRuns, "R"))
	require.Empty(t, absent(reflect.ValueOf(run), "ReplicationTaskAssessmentRun"))
	require.Equal(t, dmsapi.ReplicationTaskAssessmentRunResultStatistic{
		Passed: new(int64(1)), Failed: new(int64(2)), Error: new(int64(3)), Warning: new(int64(4)), Cancelled: new(int64(5)), Skipped: new(int64(6)),
	}, *run.ResultStatistic)
	b.put(t, individuals.keys()+individualID("R", 0), Individual{ID: individualID("R", 0), Run: "R", Task: "K", Status: "passed", Started: &at, Result: instance.Assessed{Name: "a"}})
	out, err := taskCall[dmsapi.DescribeReplicationTaskIndividualAssessmentsResponse](t, b, "DescribeReplicationTaskIndividualAssessments", &dmsapi.DescribeReplicationTaskIndividualAssessmentsMessage{})
	require.Nil(t, err)
	require.Empty(t, absent(reflect.ValueOf(out.ReplicationTaskIndividualAssessments[0]), "ReplicationTaskIndividualAssessment"))
	for _, name := range []string{"CancelReplicationTaskAssessmentRun", "DeleteReplicationTaskAssessmentRun"} {
		_, err := b.called(t, name, document{"ReplicationTaskAssessmentRunArn": b.arn(assessmentRuns, "NONE")})
		require.Equal(t, "ResourceNotFoundFault", err.Code, name)
	}
	_, err = taskCall[dmsapi.StartReplicationTaskAssessmentResponse](t, b, "StartReplicationTaskAssessment", &dmsapi.StartReplicationTaskAssessmentMessage{ReplicationTaskArn: new(b.arn(tasks, "NONE"))})
	require.Equal(t, "ResourceNotFoundFault", err.Code)
	b.put(t, tasks.keys()+"K", testTask(taskRunning))
	_, err = taskCall[dmsapi.StartReplicationTaskAssessmentResponse](t, b, "StartReplicationTaskAssessment", &dmsapi.StartReplicationTaskAssessmentMessage{ReplicationTaskArn: new(b.arn(tasks, "K"))})
	require.Equal(t, "InvalidResourceStateFault", err.Code)
}
