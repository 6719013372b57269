package dms

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/store"
)

var taskAllStatuses = []string{taskCreating, taskReady, taskStarting, taskRunning, taskStopping, taskStopped, taskFailed, taskModifying, taskMoving, taskFailedMove, taskDeleting, taskTesting}

var taskRestingStatuses = []string{taskReady, taskStopped, taskFailed, taskFailedMove}

func testTask(status string) Task {
	t := Task{ID: "K", Name: "k", Status: status, Source: "S", Target: "T", Instance: "I1", MigrationType: fullLoadAndCDC, Mappings: everything, Created: time.Now().UTC(), Runs: 1, Attempt: 1, Sent: true}
	t.Settings, _ = written(settings.Defaults())
	if status == taskReady || status == taskCreating {
		t.Runs, t.Attempt, t.Sent = 0, 0, false
	}
	return t
}

// TestOperationsByStatus is the table of operations and statuses of a task: what is allowed, and the fault with which the
// rest is refused.
func TestOperationsByStatus(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.Results = bucket.Folder(t.TempDir())
	b.furnish(t, nil)
	arn := new(b.arn(tasks, "K"))
	severity := new(`{"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)
	for name, c := range map[string]struct {
		do      func(status string) *wire.Error
		allowed []string
		code    string
		text    string
		then    string // the status after it; "" is the same
	}{
		"start": {func(status string) *wire.Error {
			if status == taskReady {
				return b.start(t, "K", WishFresh)
			}
			return b.start(t, "K", WishResume)
		}, taskRestingStatuses, "InvalidResourceStateFault", "Replication Task cannot be started, invalid state", taskStarting},
		"stop": {func(string) *wire.Error { return b.stopIt(t, "K") }, []string{taskRunning}, "InvalidResourceStateFault", "is currently not running", taskStopping},
		"modify": {func(string) *wire.Error {
			_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: arn, TaskData: new("{}")})
			return err
		}, taskRestingStatuses, "InvalidResourceStateFault", "Replication Task, excluding logging severity task settings, cannot be modified while it is ", taskModifying},
		"severity": {func(string) *wire.Error {
			_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: arn, ReplicationTaskSettings: severity})
			return err
		}, append([]string{taskRunning}, taskRestingStatuses...), "InvalidResourceStateFault", "cannot be modified while", "any"},
		"move": {func(string) *wire.Error {
			_, err := taskCall[dmsapi.MoveReplicationTaskResponse](t, b, "MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: arn, TargetReplicationInstanceArn: new(b.arn(instances, "I2"))})
			return err
		}, taskRestingStatuses, "InvalidResourceStateFault", "cannot be moved", taskMoving},
		"delete": {func(string) *wire.Error { return b.delete(t, "K") },
			[]string{taskCreating, taskReady, taskStopped, taskFailed, taskModifying, taskMoving, taskFailedMove}, "InvalidResourceStateFault", "cannot be deleted", taskDeleting},
		"assess": {func(status string) *wire.Error {
			_, err := b.assess(t, "of "+status, func(in *dmsapi.StartReplicationTaskAssessmentRunMessage) {
				in.ReplicationTaskArn, in.AssessmentRunName = arn, new("of-"+status)
			})
			return err
		}, taskRestingStatuses, "InvalidResourceStateFault", "cannot be assessed", taskTesting},
		"reload": {func(string) *wire.Error {
			_, err := taskCall[dmsapi.ReloadTablesResponse](t, b, "ReloadTables", &dmsapi.ReloadTablesMessage{ReplicationTaskArn: arn, TablesToReload: []dmsapi.TableToReload{{SchemaName: new("public"), TableName: new("t1")}}})
			if err != nil && strings.Contains(err.Message, "does not answer") {
				return nil // the rules let it through; there is no process here
			}
			return err
		}, []string{taskRunning}, "InvalidResourceStateFault", "is currently not running", "any"},
	} {
		for _, status := range taskAllStatuses {
			b.put(t, tasks.keys()+"K", testTask(status))
			err := c.do(status)
			now := b.record(t, "K")
			if slices.Contains(c.allowed, status) {
				require.Nil(t, err, "%s in %s", name, status)
				if c.then != "any" {
					require.Equal(t, c.then, now.Status, "%s in %s", name, status)
				}
				continue
			}
			require.NotNil(t, err, "%s in %s", name, status)
			require.Equal(t, c.code, err.Code)
			require.Contains(t, err.Message, c.text)
			require.Equal(t, status, now.Status, "%s in %s changes nothing", name, status)
		}
	}
}

func TestStartTypes(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		migrationType string
		ran           bool
		in            dmsapi.StartReplicationTaskMessage
		code, text    string
	}{
		"first":                   {migrationType: fullLoad, in: dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication")}},
		"fresh again":             {fullLoad, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication")}, "InvalidParameterCombinationException", "Start Type : START_REPLICATION, valid only for tasks running for the first time"},
		"cdc again":               {onlyChanges, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication")}, "InvalidParameterCombinationException", "valid only for tasks running for the first time"},
		"cdc again at a position": {onlyChanges, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStartPosition: new("16/B374D848")}, "", ""},
		"cdc again at a time":     {onlyChanges, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStartTime: &at}, "", ""},
		"resume first":            {fullLoad, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("resume-processing")}, "InvalidParameterCombinationException", "RESUME_PROCESSING"},
		"resume":                  {fullLoad, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("resume-processing")}, "", ""},
		"resume at a position":    {onlyChanges, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("resume-processing"), CdcStartPosition: new("1")}, "InvalidParameterCombinationException", "RESUME_PROCESSING"},
		"reload first":            {fullLoad, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("reload-target")}, "InvalidParameterCombinationException", "RELOAD_TARGET"},
		"reload":                  {fullLoadAndCDC, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("reload-target")}, "", ""},
		"reload cdc":              {onlyChanges, true, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("reload-target")}, "InvalidParameterCombinationException", "not valid for tasks of migration type cdc"},
		"both starts":             {onlyChanges, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStartPosition: new("1"), CdcStartTime: &at}, "InvalidParameterCombinationException", "exclude each other"},
		"position of a load":      {fullLoadAndCDC, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStartPosition: new("1")}, "InvalidParameterCombinationException", "cdc alone"},
		"end of a load":           {fullLoad, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStopPosition: new("server_time:2026-01-02T03:04:05")}, "InvalidParameterCombinationException", "CdcStopPosition"},
		"end":                     {fullLoadAndCDC, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStopPosition: new("commit_time: 2026-01-02T03:04:05")}, "", ""},
		"no end":                  {fullLoadAndCDC, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("start-replication"), CdcStopPosition: new("2026-01-02T03:04:05")}, "InvalidParameterValueException", "Invalid CdcStopPosition"},
		"no type":                 {fullLoad, false, dmsapi.StartReplicationTaskMessage{StartReplicationTaskType: new("begin")}, "ValidationException", "startReplicationTaskType"},
		"no task":                 {fullLoad, false, dmsapi.StartReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "NONE")), StartReplicationTaskType: new("start-replication")}, "ResourceNotFoundFault", "not found"},
		"not a task":              {fullLoad, false, dmsapi.StartReplicationTaskMessage{ReplicationTaskArn: new(b.arn(endpoints, "S")), StartReplicationTaskType: new("start-replication")}, "InvalidParameterValueException", "Invalid ARN"},
	} {
		task := testTask(taskReady)
		task.MigrationType = c.migrationType
		if c.ran {
			task.Status, task.Runs, task.Attempt = taskStopped, 1, 3
		}
		b.put(t, tasks.keys()+"K", task)
		if c.in.ReplicationTaskArn == nil {
			c.in.ReplicationTaskArn = new(b.arn(tasks, "K"))
		}
		_, err := taskCall[dmsapi.StartReplicationTaskResponse](t, b, "StartReplicationTask", &c.in)
		if c.code == "" {
			require.Nil(t, err, name)
			now := b.record(t, "K")
			require.Equal(t, task.Attempt+1, now.Attempt, name)
			require.NotNil(t, now.Started, name)
			continue
		}
		require.NotNil(t, err, name)
		require.Equal(t, c.code, err.Code, name)
		require.Contains(t, err.Message, c.text, name)
		require.Equal(t, task.Status, b.record(t, "K").Status, name)
	}
}

func TestStartNeedsConnections(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	for _, status := range []string{connectionTesting, taskFailed, taskDeleting, ""} {
		b.put(t, tasks.keys()+"K", testTask(taskReady))
		if status == "" {
			_, err := b.Store.Update(t.Context(), func(tx store.Tx) error { tx.Delete(connectionKey("I1", "T")); return nil })
			require.NoError(t, err)
		} else {
			b.put(t, connectionKey("I1", "T"), Connection{Instance: "I1", Endpoint: "T", Status: status})
		}
		err := b.start(t, "K", WishFresh)
		require.NotNil(t, err)
		require.Equal(t, "InvalidResourceStateFault", err.Code)
		require.Equal(t, "Test connection for replication instance i1 and endpoint t should be successful for starting the replication task", err.Message)
	}
	b.furnish(t, nil)
	b.putInstance(t, Instance{ID: "I1", Name: "i1", Status: "rebooting", Class: "dms.t3.medium", Boot: 1})
	err := b.start(t, "K", WishFresh)
	require.NotNil(t, err)
	require.Contains(t, err.Message, "its status is rebooting")
}

func TestCreationIsChecked(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	b.create(t, "taken", fullLoad)
	b.place(t, Instance{ID: "NEW", Name: "new", Status: "creating", Class: "dms.t3.medium"})
	for name, c := range map[string]struct {
		change     func(*dmsapi.CreateReplicationTaskMessage)
		code, text string
	}{
		"name":         {func(m *dmsapi.CreateReplicationTaskMessage) { m.ReplicationTaskIdentifier = new("1st") }, "InvalidParameterValueException", "ReplicationTaskIdentifier"},
		"name twice":   {func(m *dmsapi.CreateReplicationTaskMessage) { m.ReplicationTaskIdentifier = new("taken") }, "ResourceAlreadyExistsFault", "already exists"},
		"arn twice":    {func(m *dmsapi.CreateReplicationTaskMessage) { m.ResourceIdentifier = new("taken") }, "ResourceAlreadyExistsFault", "already exists"},
		"resource":     {func(m *dmsapi.CreateReplicationTaskMessage) { m.ResourceIdentifier = new("a--b") }, "InvalidParameterValueException", "ResourceIdentifier"},
		"source":       {func(m *dmsapi.CreateReplicationTaskMessage) { m.SourceEndpointArn = new(b.arn(endpoints, "NONE")) }, "ResourceNotFoundFault", "not found"},
		"wrong end":    {func(m *dmsapi.CreateReplicationTaskMessage) { m.SourceEndpointArn = m.TargetEndpointArn }, "InvalidParameterValueException", "is a target endpoint"},
		"instance":     {func(m *dmsapi.CreateReplicationTaskMessage) { m.ReplicationInstanceArn = new(b.arn(instances, "NONE")) }, "ResourceNotFoundFault", "not found"},
		"new instance": {func(m *dmsapi.CreateReplicationTaskMessage) { m.ReplicationInstanceArn = new(b.arn(instances, "NEW")) }, "InvalidResourceStateFault", "its status is creating"},
		"type":         {func(m *dmsapi.CreateReplicationTaskMessage) { m.MigrationType = new("both") }, "ValidationException", "migrationType"},
		"mappings":     {func(m *dmsapi.CreateReplicationTaskMessage) { m.TableMappings = new("{}") }, "InvalidParameterValueException", "Invalid Table Mappings document. rules: is missing"},
		"later rule": {func(m *dmsapi.CreateReplicationTaskMessage) {
			m.TableMappings = new(strings.Replace(everything, `[{`, `[{"rule-type":"object-mapping","rule-id":"2","rule-name":"2","rule-action":"map-record-to-document","object-locator":{"schema-name":"a","table-name":"b"}},{`, 1))
		}, "InvalidParameterValueException", "object mapping belongs to Kafka"},
		"settings":    {func(m *dmsapi.CreateReplicationTaskMessage) { m.ReplicationTaskSettings = new("{") }, "InvalidParameterValueException", "Invalid task settings JSON. line 1:"},
		"unknown key": {func(m *dmsapi.CreateReplicationTaskMessage) { m.ReplicationTaskSettings = new(`{"Nonsense":1}`) }, "InvalidParameterValueException", "Invalid task settings JSON. Nonsense: the key has no meaning here"},
		"later setting": {func(m *dmsapi.CreateReplicationTaskMessage) {
			m.ReplicationTaskSettings = new(`{"TTSettings":{"EnableTT":true}}`)
		}, "InvalidParameterValueException", "time travel"},
		"log group": {func(m *dmsapi.CreateReplicationTaskMessage) {
			m.ReplicationTaskSettings = new(`{"Logging":{"CloudWatchLogGroup":"g"}}`)
		}, "InvalidParameterValueException", "Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create."},
		"tag":            {func(m *dmsapi.CreateReplicationTaskMessage) { m.Tags = []dmsapi.Tag{{Key: new("aws:x")}} }, "InvalidParameterValueException", "reserved"},
		"start of loads": {func(m *dmsapi.CreateReplicationTaskMessage) { m.CdcStartPosition = new("1") }, "InvalidParameterCombinationException", "cdc alone"},
	} {
		in := b.creation("fresh", fullLoad)
		c.change(in)
		_, err := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", in)
		require.NotNil(t, err, name)
		require.Equal(t, c.code, err.Code, "%s: %s", name, err.Message)
		require.Contains(t, err.Message, c.text, name)
		if c.code == "ResourceAlreadyExistsFault" {
			require.Equal(t, b.arn(tasks, "taken"), err.Members["resourceArn"], name)
		}
	}
	b.requireNoOrphans(t)
}

// TestSettingsAreComplete holds what is shown to what DMS shows: every key, the names of the log, and modifications laid
// over what was there.
func TestSettingsAreComplete(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	in := b.creation("k", fullLoad)
	in.ReplicationTaskSettings = new(`{"FullLoadSettings":{"CommitRate":77}}`)
	out, refused := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", in)
	require.Nil(t, refused)
	require.Equal(t, "creating", *out.ReplicationTask.Status)
	require.Nil(t, out.ReplicationTask.ReplicationTaskStats)
	shown := func(text *string) (m map[string]map[string]any) {
		require.True(t, strings.HasPrefix(*text, "{\n"))
		var all map[string]any
		require.NoError(t, json.Unmarshal([]byte(*text), &all))
		m = map[string]map[string]any{}
		for k, v := range all {
			m[k], _ = v.(map[string]any)
		}
		return m
	}
	s := shown(out.ReplicationTask.ReplicationTaskSettings)
	require.InDelta(t, 77, s["FullLoadSettings"]["CommitRate"], 0)
	require.Equal(t, "DROP_AND_CREATE", s["FullLoadSettings"]["TargetTablePrepMode"])
	require.Equal(t, "dms-tasks-i1", s["Logging"]["CloudWatchLogGroup"])
	require.Equal(t, "dms-task-k", s["Logging"]["CloudWatchLogStream"])
	require.Equal(t, true, s["WhimbrelSettings"]["SecondaryObjects"])

	record := b.record(t, "k")
	effective, err := record.effectiveSettings()
	require.NoError(t, err)
	read, err := settings.Parse([]byte(effective))
	require.NoError(t, err)
	require.False(t, read.Explicit("FullLoadSettings.CreatePkAfterFullLoad"), "nobody chose it")
	require.True(t, read.Explicit("FullLoadSettings.CommitRate"))

	record.Status = taskStopped
	b.put(t, tasks.keys()+"k", record)
	modify := func(document string) *wire.Error {
		_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{
			ReplicationTaskArn: new(b.arn(tasks, "k")), ReplicationTaskSettings: &document})
		record := b.record(t, "k")
		record.Status = taskStopped
		b.put(t, tasks.keys()+"k", record)
		return err
	}
	require.Nil(t, modify(*out.ReplicationTask.ReplicationTaskSettings), "what was shown can be handed back")
	require.Nil(t, modify(`{"TargetMetadata":{"FullLobMode":true}}`))
	require.Nil(t, modify(`{"TargetMetadata":{"LimitedSizeLobMode":true}}`), "the later choice wins")
	s = shown(b.describe(t, "k").ReplicationTaskSettings)
	require.InDelta(t, 77, s["FullLoadSettings"]["CommitRate"], 0)
	require.Equal(t, false, s["TargetMetadata"]["FullLobMode"])
	require.Equal(t, "Invalid task settings JSON. FullLoadSettings.CommitRate: is 0; want a whole number from 1 to 50000", modify(`{"FullLoadSettings":{"CommitRate":0}}`).Message)
}

func TestModifyWhileRunning(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	for name, c := range map[string]struct {
		in   dmsapi.ModifyReplicationTaskMessage
		well bool
	}{
		"severity":            {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskSettings: new(`{"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)}, true},
		"with what is there":  {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskSettings: new(`{"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`), MigrationType: new(fullLoadAndCDC), TableMappings: new(everything)}, true},
		"another setting":     {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskSettings: new(`{"FullLoadSettings":{"CommitRate":5},"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`)}, false},
		"logging off":         {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskSettings: new(`{"Logging":{"EnableLogging":false}}`)}, false},
		"name":                {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskIdentifier: new("other")}, false},
		"type with severity":  {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskSettings: new(`{"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`), MigrationType: new(fullLoad)}, false},
		"nothing":             {dmsapi.ModifyReplicationTaskMessage{}, false},
		"stop with severity":  {dmsapi.ModifyReplicationTaskMessage{ReplicationTaskSettings: new(`{"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}}`), CdcStopPosition: new("server_time:2026-01-02T03:04:05")}, false},
		"other table mapping": {dmsapi.ModifyReplicationTaskMessage{TableMappings: new(strings.Replace(everything, "%", "a%", 1))}, false},
	} {
		task := testTask(taskRunning)
		b.put(t, tasks.keys()+"K", task)
		c.in.ReplicationTaskArn = new(b.arn(tasks, "K"))
		_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &c.in)
		now := b.record(t, "K")
		require.Equal(t, taskRunning, now.Status)
		if c.well {
			require.Nil(t, err, name)
			require.Contains(t, now.Settings, "LOGGER_SEVERITY_DEBUG")
			continue
		}
		require.NotNil(t, err, name)
		require.Equal(t, "Replication Task, excluding logging severity task settings, cannot be modified while it is running state", err.Message)
		require.Equal(t, task.Settings, now.Settings)
	}
}

func TestDescribeTasksFilters(t *testing.T) {
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	for i := range 25 {
		b.create(t, "a"+string(rune('a'+i)), map[bool]string{true: fullLoad, false: onlyChanges}[i%5 == 0])
	}
	list := func(name string, values ...string) ([]dmsapi.ReplicationTask, *wire.Error) {
		out, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{Filters: []dmsapi.Filter{{Name: &name, Values: values}}, WithoutSettings: new(true)})
		if err != nil {
			return nil, err
		}
		return out.ReplicationTasks, nil
	}
	for name, c := range map[string]struct {
		values []string
		want   int
	}{
		"replication-task-id":      {[]string{"aa", "ab", "none"}, 2},
		"replication-task-arn":     {[]string{b.arn(tasks, "aa")}, 1},
		"migration-type":           {[]string{fullLoad}, 5},
		"endpoint-arn":             {[]string{b.arn(endpoints, "T")}, 25},
		"replication-instance-arn": {[]string{b.arn(instances, "I1")}, 25},
	} {
		found, err := list(name, c.values...)
		require.Nil(t, err)
		require.Len(t, found, c.want, name)
		require.Nil(t, found[0].ReplicationTaskSettings)
		_, err = list(name, "none")
		require.NotNil(t, err)
		require.Equal(t, "ResourceNotFoundFault", err.Code)
		require.Equal(t, "No Tasks found matching provided filters", err.Message)
	}
	_, err := list("nonsense", "x")
	require.Equal(t, "InvalidParameterValueException", err.Code)
	_, err = list("migration-type")
	require.NotNil(t, err, "a filter without values")

	first, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{MaxRecords: new(int64(20))})
	require.Nil(t, err)
	require.Len(t, first.ReplicationTasks, 20)
	second, err := taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{MaxRecords: new(int64(20)), Marker: first.Marker})
	require.Nil(t, err)
	require.Len(t, second.ReplicationTasks, 5)
	require.Nil(t, second.Marker)
	_, err = taskCall[dmsapi.DescribeReplicationTasksResponse](t, b, "DescribeReplicationTasks", &dmsapi.DescribeReplicationTasksMessage{MaxRecords: new(int64(101))})
	require.NotNil(t, err)
}

// TestABucketWithoutChangesIsNotFollowed: that there is nothing to follow is told when the task is made or changed, not after
// its load.
func TestABucketWithoutChangesIsNotFollowed(t *testing.T) {
	t.Parallel()
	b := newTaskBench(t, taskStore(t), 1)
	b.furnish(t, nil)
	bucket := func(settings map[string]string) {
		b.put(t, endpoints.keys()+"S", Endpoint{ID: "S", Name: "files", Type: "source", Engine: "s3", Status: "active", Settings: settings})
	}
	bucket(nil)
	for _, kind := range []string{onlyChanges, fullLoadAndCDC} {
		_, err := taskCall[dmsapi.CreateReplicationTaskResponse](t, b, "CreateReplicationTask", b.creation("K", kind))
		require.NotNil(t, err, kind)
		require.Equal(t, "InvalidParameterCombinationException", err.Code)
		require.Contains(t, err.Message, "the source endpoint files has no CdcPath")
	}
	b.create(t, "K", fullLoad)
	b.control()
	b.await(t, "K", taskReady)
	b.stop()
	modify := func() *wire.Error {
		_, err := taskCall[dmsapi.ModifyReplicationTaskResponse](t, b, "ModifyReplicationTask", &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: new(b.arn(tasks, "K")), MigrationType: new(fullLoadAndCDC)})
		return err
	}
	err := modify()
	require.NotNil(t, err)
	require.Contains(t, err.Message, "aws dms modify-endpoint --s3-settings CdcPath=FOLDER")
	require.Equal(t, fullLoad, b.record(t, "K").MigrationType)
	bucket(map[string]string{"CdcPath": "changes"})
	require.Nil(t, modify())
	require.Equal(t, fullLoadAndCDC, b.record(t, "K").MigrationType)
	bucket(map[string]string{"DataFormat": "parquet"}) // whose files of changes lie beside those of the load
	b.create(t, "L", fullLoadAndCDC)
}
