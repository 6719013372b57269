package manifest

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
)

// awsEndpoints has the forms of the example of `aws dms describe-endpoints` in the aws command's reference: types in capitals, no SslMode, engines that
// Whimbrel has and one that it has not.
const awsEndpoints = `{"Endpoints": [
  {"Username": "reader", "Status": "active", "EndpointArn": "arn:aws:dms:us-east-1:111122223333:endpoint:AAAAAAAAAAAAAAAAAAAAAAAAAA", "ServerName": "db.example.com", "EndpointType": "SOURCE",
   "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000", "DatabaseName": "shop", "EngineName": "mysql", "EndpointIdentifier": "old", "Port": 3306},
  {"EndpointIdentifier": "new", "EndpointType": "TARGET", "EngineName": "aurora-postgresql", "EngineDisplayName": "Amazon Aurora PostgreSQL", "Username": "writer", "ServerName": "pg.example.com",
   "Port": 5432, "DatabaseName": "shop", "Status": "active", "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000",
   "EndpointArn": "arn:aws:dms:us-east-1:111122223333:endpoint:BBBBBBBBBBBBBBBBBBBBBBBBBB", "SslMode": "require", "IsReadOnly": false, "ExtraConnectionAttributes": "",
   "PostgreSQLSettings": {"DatabaseName": "shop", "Port": 5432, "ServerName": "pg.example.com", "Username": "writer"}}]}`

// awsSettings is what AWS fills into a task's settings: all sections, null for those without a value, a key in two spellings.
const awsSettings = `{"Logging": {"EnableLogging": true, "EnableLogContext": false, "LogComponents": [{"Severity": "LOGGER_SEVERITY_DEFAULT", "Id": "TRANSFORMATION"}, {"Severity": "LOGGER_SEVERITY_DEFAULT", "Id": "SOURCE_UNLOAD"},
  {"Severity": "LOGGER_SEVERITY_DEFAULT", "Id": "IO"}, {"Severity": "LOGGER_SEVERITY_DEFAULT", "Id": "TARGET_LOAD"}], "CloudWatchLogGroup": "dms-tasks-mover", "CloudWatchLogStream": "dms-task-CCC"},
 "StreamBufferSettings": {"StreamBufferCount": 3, "CtrlStreamBufferSizeInMB": 5, "StreamBufferSizeInMB": 8},
 "ErrorBehavior": {"FailOnNoTablesCaptured": true, "ApplyErrorUpdatePolicy": "LOG_ERROR", "FailOnTransactionConsistencyBreached": false, "RecoverableErrorThrottlingMax": 1800, "DataErrorEscalationPolicy": "SUSPEND_TABLE",
  "ApplyErrorEscalationCount": 0, "RecoverableErrorStopRetryAfterThrottlingMax": true, "RecoverableErrorThrottling": true, "ApplyErrorFailOnTruncationDdl": false, "DataTruncationErrorPolicy": "LOG_ERROR",
  "ApplyErrorInsertPolicy": "LOG_ERROR", "EventErrorPolicy": "IGNORE", "ApplyErrorEscalationPolicy": "LOG_ERROR", "RecoverableErrorCount": -1, "DataErrorEscalationCount": 0, "TableErrorEscalationPolicy": "STOP_TASK",
  "RecoverableErrorInterval": 5, "ApplyErrorDeletePolicy": "IGNORE_RECORD", "TableErrorEscalationCount": 0, "FullLoadIgnoreConflicts": true, "DataErrorPolicy": "LOG_ERROR", "TableErrorPolicy": "SUSPEND_TABLE"},
 "TTSettings": null,
 "FullLoadSettings": {"CommitRate": 10000, "StopTaskCachedChangesApplied": false, "StopTaskCachedChangesNotApplied": false, "MaxFullLoadSubTasks": 8, "TransactionConsistencyTimeout": 600, "CreatePkAfterFullLoad": false, "TargetTablePrepMode": "DO_NOTHING"},
 "TargetMetadata": {"ParallelApplyBufferSize": 0, "ParallelApplyQueuesPerThread": 0, "ParallelApplyThreads": 0, "TargetSchema": "", "InlineLobMaxSize": 0, "ParallelLoadQueuesPerThread": 0, "SupportLobs": true, "LobChunkSize": 64,
  "TaskRecoveryTableEnabled": false, "ParallelLoadThreads": 0, "LobMaxSize": 32, "BatchApplyEnabled": false, "FullLobMode": false, "LimitedSizeLobMode": true, "LoadMaxFileSize": 0, "ParallelLoadBufferSize": 0},
 "BeforeImageSettings": null,
 "ControlTablesSettings": {"historyTimeslotInMinutes": 5, "HistoryTimeslotInMinutes": 5, "StatusTableEnabled": false, "SuspendedTablesTableEnabled": false, "HistoryTableEnabled": false, "ControlSchema": "", "FullLoadExceptionTableEnabled": false},
 "LoopbackPreventionSettings": null, "CharacterSetSettings": null, "FailTaskWhenCleanTaskResourceFailed": false,
 "ChangeProcessingTuning": {"StatementCacheSize": 50, "CommitTimeout": 1, "RecoveryTimeout": -1, "BatchApplyPreserveTransaction": true, "BatchApplyTimeoutMin": 1, "BatchSplitSize": 0, "BatchApplyTimeoutMax": 30, "MinTransactionSize": 1000,
  "MemoryKeepTime": 60, "BatchApplyMemoryLimit": 500, "MemoryLimitTotal": 1024},
 "ChangeProcessingDdlHandlingPolicy": {"HandleSourceTableDropped": true, "HandleSourceTableTruncated": true, "HandleSourceTableAltered": true}, "PostProcessingRules": null}`

const awsMappings = `{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "object-locator": {"schema-name": "shop", "table-name": "%"}, "rule-action": "include", "filters": []}]}`

// awsTasks has the forms of the example of `aws dms describe-replication-tasks`: times as seconds with a fraction, documents as texts, what a task has done.
func awsTasks(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"ReplicationTasks": []any{map[string]any{
		"ReplicationTaskIdentifier": "move", "SourceEndpointArn": "arn:aws:dms:us-east-1:111122223333:endpoint:AAAAAAAAAAAAAAAAAAAAAAAAAA",
		"TargetEndpointArn":      "arn:aws:dms:us-east-1:111122223333:endpoint:BBBBBBBBBBBBBBBBBBBBBBBBBB",
		"ReplicationInstanceArn": "arn:aws:dms:us-east-1:111122223333:rep:DDDDDDDDDDDDDDDDDDDDDDDDDD", "MigrationType": "full-load-and-cdc",
		"TableMappings": awsMappings, "ReplicationTaskSettings": awsSettings, "Status": "stopped", "StopReason": "Stop Reason NORMAL",
		"ReplicationTaskCreationDate": 1590524772.505, "ReplicationTaskStartDate": 1590619805.212, "CdcStopPosition": "server_time:2026-11-26T12:00:00", "RecoveryCheckpoint": "checkpoint:V1#1#x",
		"ReplicationTaskArn":   "arn:aws:dms:us-east-1:111122223333:task:CCCCCCCCCCCCCCCCCCCCCCCCCC",
		"ReplicationTaskStats": map[string]any{"FullLoadProgressPercent": 100, "ElapsedTimeMillis": 0, "TablesLoaded": 3, "TablesErrored": 0, "FreshStartDate": 1590619811.528, "StopDate": 1590619842.068},
	}}})
	require.NoError(t, err)
	return string(text)
}

// TestWhatAWSDescribesIsUnderstood: the outputs of the aws command become a file that is read, whose members are those of the calls that make the
// resources, and whose documents the service takes.
func TestWhatAWSDescribesIsUnderstood(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	notes, err := Import([]io.Reader{strings.NewReader(awsEndpoints), strings.NewReader(awsTasks(t))}, &out)
	require.NoError(t, err)
	require.Equal(t, []string{
		"the endpoint old: set OLD_PASSWORD to the password of reader before applying",
		"the endpoint new: set NEW_PASSWORD to the password of writer before applying",
		"the replication task move names the replication instance arn:aws:dms:us-east-1:111122223333:rep:DDDDDDDDDDDDDDDDDDDDDDDDDD, which was not described: put its identifier in place of DDDDDDDDDDDDDDDDDDDDDDDDDD",
	}, notes)
	m, err := Read(&out, "imported", "", environment(map[string]string{"OLD_PASSWORD": "x", "NEW_PASSWORD": "y"}))
	require.NoError(t, err, out.String())
	require.Len(t, m.resources, 3)
	require.Equal(t, map[string]any{
		"EndpointIdentifier": "old", "EndpointType": "source", "EngineName": "mysql", "Username": "reader", "ServerName": "db.example.com", "Port": 3306, "DatabaseName": "shop", "Password": "x",
	}, m.resources[0].members)
	require.Equal(t, "target", m.resources[1].members["EndpointType"])
	task := m.resources[2]
	require.Equal(t, map[string]string{"ReplicationInstanceArn": "DDDDDDDDDDDDDDDDDDDDDDDDDD", "SourceEndpointArn": "old", "TargetEndpointArn": "new"}, task.refers)
	require.NotContains(t, task.members, "RecoveryCheckpoint")
	require.NotContains(t, task.members, "ReplicationTaskStats")
	_, err = mapping.Parse([]byte(task.members["TableMappings"].(string)))
	require.NoError(t, err)
	s, err := settings.Parse([]byte(task.members["ReplicationTaskSettings"].(string)))
	require.NoError(t, err)
	require.NoError(t, s.Check())
	require.Equal(t, 8, s.FullLoadSettings.MaxFullLoadSubTasks)
}
