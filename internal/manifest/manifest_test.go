package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

const whole = `
ReplicationInstances:
  - {ReplicationInstanceIdentifier: shop, ReplicationInstanceClass: dms.t3.medium, AllocatedStorage: 50, MultiAZ: false}
Certificates:
  - {CertificateIdentifier: shop-ca, CertificatePem: file://ca.pem}
Endpoints:
  - EndpointIdentifier: shop-old
    EndpointType: source
    EngineName: postgres
    ServerName: old.example.com
    Port: 5432
    Username: dms
    Password: ${OLD}
    Certificate: shop-ca
    PostgreSQLSettings: {SlotName: shop, HeartbeatEnable: true}
    Tags: {team: data}
  - {EndpointIdentifier: shop-new, EndpointType: target, EngineName: mariadb, Password: 'a$$b'}
ReplicationTasks:
  - ReplicationTaskIdentifier: shop
    ReplicationInstance: shop
    SourceEndpoint: shop-old
    TargetEndpoint: shop-new
    MigrationType: full-load-and-cdc
    CdcStartTime: 2026-11-25T08:00:00Z
    TableMappings:
      rules:
        - {rule-type: selection, rule-id: 1, rule-name: 1, object-locator: {schema-name: public, table-name: "%"}, rule-action: include}
    ReplicationTaskSettings: '{"Logging": {"EnableLogging": true}}'
    Start: true
`

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("the authority"), 0o600))
	m, err := Read(strings.NewReader(whole), "shop.yaml", dir, environment(map[string]string{"OLD": "s3cret"}))
	require.NoError(t, err)
	require.Len(t, m.resources, 5)
	require.Equal(t, map[string]any{"ReplicationInstanceIdentifier": "shop", "ReplicationInstanceClass": "dms.t3.medium", "AllocatedStorage": 50, "MultiAZ": false}, m.resources[0].members)
	require.Equal(t, "the authority", m.resources[1].members["CertificatePem"])
	old := m.resources[2]
	require.Equal(t, "s3cret", old.members["Password"])
	require.Equal(t, map[string]string{"CertificateArn": "shop-ca"}, old.refers)
	require.Equal(t, map[string]any{"SlotName": "shop", "HeartbeatEnable": true}, old.members["PostgreSQLSettings"])
	require.Equal(t, []any{map[string]any{"Key": "team", "Value": "data"}}, old.members["Tags"])
	require.Equal(t, "a$b", m.resources[3].members["Password"])
	task := m.resources[4]
	require.True(t, task.start)
	require.Equal(t, map[string]string{"ReplicationInstanceArn": "shop", "SourceEndpointArn": "shop-old", "TargetEndpointArn": "shop-new"}, task.refers)
	require.JSONEq(t, `{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "1", "object-locator": {"schema-name": "public", "table-name": "%"}, "rule-action": "include"}]}`, task.members["TableMappings"].(string))
	require.InDelta(t, 1795593600.0, task.members["CdcStartTime"], 0)
}

func TestReadTellsWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "f.yaml: it is empty"},
		"no mapping":        {"- 1", "f.yaml:1: the file: want keys and values"},
		"section":           {"Endpoint: []", "f.yaml:1: Endpoint is not known here; want ReplicationInstances, Certificates, Endpoints, ReplicationTasks"},
		"not a list":        {"Endpoints: {}", "f.yaml:1: Endpoints: want a list"},
		"spelling":          {"Endpoints:\n  - {EndpointIdentifier: a, enginename: postgres, EndpointType: source, EngineName: postgres}", "f.yaml:2: enginename is not known; it is spelled EngineName"},
		"unknown":           {"Endpoints:\n  - {EndpointIdentifier: a, Host: b, EndpointType: source, EngineName: postgres}", "f.yaml:2: Host is not known in Endpoints; known are"},
		"unknown setting":   {"Endpoints:\n  - {EndpointIdentifier: a, EndpointType: source, EngineName: postgres, PostgreSQLSettings: {Slot: b}}", "f.yaml:2: PostgreSQLSettings.Slot is not known"},
		"twice":             {"Endpoints: []\nEndpoints: []", "f.yaml:2: Endpoints stands here twice"},
		"no identifier":     {"Endpoints:\n  - {EndpointType: source, EngineName: postgres}", "f.yaml:2: an entry of Endpoints: EndpointIdentifier is missing"},
		"required":          {"Endpoints:\n  - {EndpointIdentifier: a, EngineName: postgres}", "the endpoint a: EndpointType is missing"},
		"same identifier":   {"Endpoints:\n  - &a {EndpointIdentifier: a, EndpointType: source, EngineName: postgres}\n  - *a", "the endpoint a stands here twice"},
		"variable":          {"Endpoints:\n  - {EndpointIdentifier: a, EndpointType: source, EngineName: postgres, Password: '${NONE}'}", "f.yaml:2: the environment has no variable NONE"},
		"file":              {"Certificates:\n  - {CertificateIdentifier: a, CertificatePem: 'file://none.pem'}", "f.yaml:2: open "},
		"number":            {"Endpoints:\n  - {EndpointIdentifier: a, EndpointType: source, EngineName: postgres, Port: five}", `f.yaml:2: Port: want a number, not "five"`},
		"boolean":           {"ReplicationInstances:\n  - {ReplicationInstanceIdentifier: a, ReplicationInstanceClass: dms.t3.micro, MultiAZ: maybe}", `f.yaml:2: MultiAZ: want true or false, not "maybe"`},
		"arn":               {"ReplicationTasks:\n  - {ReplicationTaskIdentifier: a, SourceEndpointArn: b, MigrationType: cdc, TableMappings: '{}'}", "f.yaml:2: SourceEndpointArn is not known"},
		"missing reference": {"ReplicationTasks:\n  - {ReplicationTaskIdentifier: a, SourceEndpoint: b, TargetEndpoint: c, MigrationType: cdc, TableMappings: '{}'}", "the replication task a: ReplicationInstance is missing"},
		"document":          {"ReplicationTasks:\n  - {ReplicationTaskIdentifier: a, TableMappings: '{rules'}", "f.yaml:2: TableMappings: want JSON"},
		"time":              {"ReplicationTasks:\n  - {ReplicationTaskIdentifier: a, CdcStartTime: noon, TableMappings: '{}'}", "f.yaml:2: CdcStartTime: want a time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(strings.NewReader(c.text), "f.yaml", t.TempDir(), environment(nil))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestDiffers(t *testing.T) {
	t.Parallel()
	m, err := Read(strings.NewReader(strings.Replace(whole, "file://ca.pem", "x", 1)), "shop.yaml", "", environment(map[string]string{"OLD": "s3cret"}))
	require.NoError(t, err)
	shown := map[string]any{
		"EndpointIdentifier": "shop-old", "EndpointType": "SOURCE", "EngineName": "postgres", "ServerName": "old.example.com", "Port": float64(5432), "Username": "dms",
		"PostgreSQLSettings": map[string]any{"SlotName": "shop", "HeartbeatEnable": true, "PluginName": "pgoutput"},
	}
	require.Empty(t, differs(&m.resources[2], shown))
	shown["Port"] = float64(5433)
	shown["PostgreSQLSettings"] = map[string]any{"SlotName": "shop"}
	require.Equal(t, []string{"Port", "PostgreSQLSettings"}, differs(&m.resources[2], shown))

	task := map[string]any{
		"MigrationType": "full-load-and-cdc", "TableMappings": m.resources[4].members["TableMappings"],
		"ReplicationTaskSettings": `{"Logging": {"EnableLogging": true, "EnableLogContext": false}, "ErrorBehavior": {}}`,
	}
	require.Empty(t, differs(&m.resources[4], task))
	task["TableMappings"] = `{"rules": []}`
	require.Equal(t, []string{"TableMappings"}, differs(&m.resources[4], task))
}

func FuzzRead(f *testing.F) {
	f.Add(whole)
	f.Add("Endpoints: [{Tags: [{Key: a}]}]")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file://") {
			t.Skip("it may name any file")
		}
		_, _ = Read(strings.NewReader(text), "f.yaml", t.TempDir(), environment(nil))
	})
}
