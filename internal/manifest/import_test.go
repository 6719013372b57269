package manifest

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// described is what the aws command prints of resources made elsewhere.
const (
	describedEndpoints = `{"Endpoints": [
  {"EndpointIdentifier": "shop-old", "EndpointType": "SOURCE", "EngineName": "postgres", "EngineDisplayName": "PostgreSQL", "Username": "dms", "ServerName": "old", "Port": 5432,
   "DatabaseName": "shop", "Status": "active", "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/x", "EndpointArn": "arn:aws:dms:eu-west-1:111122223333:endpoint:OLD", "SslMode": "none",
   "PostgreSQLSettings": {"SlotName": "a$b", "AfterConnectScript": "SET x = '$$ ${HOME}'", "HeartbeatEnable": true}},
  {"EndpointIdentifier": "shop-new", "EndpointType": "TARGET", "EngineName": "mysql", "EndpointArn": "arn:aws:dms:eu-west-1:111122223333:endpoint:NEW"}]}`
	describedTasks = `{"ReplicationTasks": [{"ReplicationTaskIdentifier": "shop", "SourceEndpointArn": "arn:aws:dms:eu-west-1:111122223333:endpoint:OLD",
  "TargetEndpointArn": "arn:aws:dms:eu-west-1:111122223333:endpoint:NEW", "ReplicationInstanceArn": "arn:aws:dms:eu-west-1:111122223333:rep:INST", "MigrationType": "full-load",
  "TableMappings": "{\"rules\": [{\"rule-type\": \"selection\", \"rule-id\": \"1\", \"rule-name\": \"1\", \"object-locator\": {\"schema-name\": \"$s\", \"table-name\": \"%\"}, \"rule-action\": \"include\"}]}",
  "ReplicationTaskSettings": "{\"Logging\": {\"EnableLogging\": true, \"CloudWatchLogGroup\": \"dms-tasks-x\"}}", "Status": "stopped", "StopReason": "Stop Reason NORMAL"}]}`
)

func TestWhatIsImportedCanBeApplied(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	notes, err := Import([]io.Reader{strings.NewReader(describedTasks), strings.NewReader(describedEndpoints)}, &out)
	require.NoError(t, err)
	require.Equal(t, []string{
		"the endpoint shop-old: set SHOP_OLD_PASSWORD to the password of dms before applying",
		"the replication task shop names the replication instance arn:aws:dms:eu-west-1:111122223333:rep:INST, which was not described: put its identifier in place of INST",
	}, notes)

	m, err := Read(&out, "imported", "", environment(map[string]string{"SHOP_OLD_PASSWORD": "x"}))
	require.NoError(t, err, out.String())
	require.Len(t, m.resources, 3)
	require.Equal(t, map[string]any{
		"EndpointIdentifier": "shop-old", "EndpointType": "source", "EngineName": "postgres", "Username": "dms", "ServerName": "old", "Port": 5432, "DatabaseName": "shop", "SslMode": "none",
		"PostgreSQLSettings": map[string]any{"SlotName": "a$b", "AfterConnectScript": "SET x = '$$ ${HOME}'", "HeartbeatEnable": true}, "Password": "x",
	}, m.resources[0].members)
	task := m.resources[2]
	require.Equal(t, map[string]string{"ReplicationInstanceArn": "INST", "SourceEndpointArn": "shop-old", "TargetEndpointArn": "shop-new"}, task.refers)
	require.JSONEq(t, `{"Logging": {"EnableLogging": true}}`, task.members["ReplicationTaskSettings"].(string))
	require.Contains(t, task.members["TableMappings"], `"$s"`)
	require.False(t, task.start)
}

func TestImportRefusesWhatItIsNot(t *testing.T) {
	t.Parallel()
	_, err := Import([]io.Reader{strings.NewReader(`{"Buckets": []}`)}, io.Discard)
	require.ErrorContains(t, err, "found Buckets")
	_, err = Import([]io.Reader{strings.NewReader(`Endpoints:`)}, io.Discard)
	require.ErrorContains(t, err, "want the JSON of aws dms describe-endpoints")
}

// TestImportReadsNoFiles: what somebody else has written into an endpoint must not name files of those who import it.
func TestImportReadsNoFiles(t *testing.T) {
	t.Parallel()
	for _, member := range []string{`"EndpointIdentifier": "file:///etc/hostname"`, `"DatabaseName": "file:///etc/hostname"`, `"PostgreSQLSettings": {"AfterConnectScript": "file:///etc/hostname"}`} {
		_, err := Import([]io.Reader{strings.NewReader(`{"Endpoints": [{"EngineName": "postgres", ` + member + `}]}`)}, io.Discard)
		require.ErrorContains(t, err, "begins with file://", member)
	}
}
