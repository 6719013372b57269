package serve_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestAWarehouseWithTheStockCommand: a registered cluster, which is given the role that the endpoint's COPY names; the test of a connection
// with and without it; a task that loads, follows and compares; its statistics, its metrics, and what the API tells of the settings.
func TestAWarehouseWithTheStockCommand(t *testing.T) {
	t.Parallel()
	r := servertest.NewRedshift(t)
	r.Role = "arn:aws:iam::" + account + ":role/redshift-copy"
	clusters := filepath.Join(t.TempDir(), "clusters.json")
	require.NoError(t, os.WriteFile(clusters, fmt.Appendf(nil, `[{"clusterIdentifier": "dwh", "address": "127.0.0.1", "port": %d, "databaseName": %q, "nodeType": "ra3.large", "numberOfNodes": 2}]`, r.Port(), r.Behind.Name), 0o600))
	s := startWith(t, servertest.ShortDir(t), []string{"AWS_ACCESS_KEY_ID=" + r.Bucket.Key, "AWS_SECRET_ACCESS_KEY=" + r.Bucket.Secret}, "--region", region, "--account", account, "--dms-roles", "--s3-endpoint", r.Bucket.Endpoint, "--redshift-clusters", clusters)
	source := postgresShop(t)
	source.stock(t, 600)

	s.must(t, "iam", "create-role", "--role-name", "redshift-copy", "--assume-role-policy-document", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["dms.amazonaws.com","redshift.amazonaws.com"]},"Action":"sts:AssumeRole"}}`)
	s.must(t, "iam", "put-role-policy", "--role-name", "redshift-copy", "--policy-name", "stage", "--policy-document",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::`+r.Bucket.Name+`","arn:aws:s3:::`+r.Bucket.Name+`/*"]}}`)
	instance := s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "one", "--replication-instance-class", "dms.t3.medium")["ReplicationInstance"].(map[string]any)["ReplicationInstanceArn"].(string)
	from := s.must(t, append([]string{"dms", "create-endpoint", "--endpoint-identifier", "shop", "--endpoint-type", "source"}, source.endpoint()...)...)["Endpoint"].(map[string]any)["EndpointArn"].(string)
	to := s.must(t, "dms", "create-endpoint", "--endpoint-identifier", "dwh", "--endpoint-type", "target", "--engine-name", "redshift", "--server-name", "127.0.0.1", "--port", strconv.Itoa(r.Port()),
		"--username", r.User, "--password", r.Password, "--database-name", r.Behind.Name,
		"--redshift-settings", "BucketName="+r.Bucket.Name+",BucketFolder=stage,ServiceAccessRoleArn="+r.Role)["Endpoint"].(map[string]any)["EndpointArn"].(string)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		all := s.must(t, "dms", "describe-replication-instances")["ReplicationInstances"].([]any)
		assert.Equal(c, "available", all[0].(map[string]any)["ReplicationInstanceStatus"])
	}, patient, 300*time.Millisecond)
	try := func(endpoint string) (status, why string) {
		s.must(t, "dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", endpoint)
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			one := s.must(t, "dms", "describe-connections", "--filters", "Name=endpoint-arn,Values="+endpoint)["Connections"].([]any)[0].(map[string]any)
			status, _ = one["Status"].(string)
			why, _ = one["LastFailureMessage"].(string)
			assert.NotEqual(c, "testing", status)
		}, patient, 300*time.Millisecond)
		return status, why
	}
	status, why := try(to)
	require.Equal(t, "failed", status)
	require.Contains(t, why, "modify-cluster-iam-roles --cluster-identifier dwh")
	cluster := s.must(t, "redshift", "modify-cluster-iam-roles", "--cluster-identifier", "dwh", "--add-iam-roles", r.Role)["Cluster"].(map[string]any)
	require.Equal(t, r.Role, field(cluster, "IamRoles", 0, "IamRoleArn"))
	require.Equal(t, "dwh", field(s.must(t, "redshift", "describe-clusters"), "Clusters", 0, "ClusterIdentifier"))
	status, why = try(to)
	require.Equal(t, "successful", status, why)
	status, why = try(from)
	require.Equal(t, "successful", status, why)

	// Without a role it is dms-access-for-endpoint, which may use buckets that are called dms-… alone.
	plain := s.must(t, "dms", "create-endpoint", "--endpoint-identifier", "dwh-by-default", "--endpoint-type", "target", "--engine-name", "redshift", "--server-name", "127.0.0.1", "--port", strconv.Itoa(r.Port()),
		"--username", r.User, "--password", r.Password, "--database-name", r.Behind.Name, "--redshift-settings", "BucketName="+r.Bucket.Name)["Endpoint"].(map[string]any)["EndpointArn"].(string)
	status, why = try(plain)
	require.Equal(t, "failed", status)
	require.Contains(t, why, "role/dms-access-for-endpoint does not let endpoint dwh-by-default write to bucket")

	task := s.must(t, "dms", "create-replication-task", "--replication-task-identifier", "fill", "--source-endpoint-arn", from, "--target-endpoint-arn", to, "--replication-instance-arn", instance,
		"--migration-type", "full-load-and-cdc", "--replication-task-settings", `{"ValidationSettings":{"EnableValidation":true}}`, "--table-mappings", `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"all","object-locator":{"schema-name":"public","table-name":"%"},"rule-action":"include"}]}`)
	arn := field(task, "ReplicationTask", "ReplicationTaskArn").(string)
	state := func() map[string]any {
		return field(s.must(t, "dms", "describe-replication-tasks", "--filters", "Name=replication-task-arn,Values="+arn), "ReplicationTasks", 0).(map[string]any)
	}
	require.Eventually(t, func() bool { return state()["Status"] == "ready" }, patient, 300*time.Millisecond)
	s.must(t, "dms", "start-replication-task", "--replication-task-arn", arn, "--start-replication-task-type", "start-replication")
	behind := servertest.OpenDB(t, "pgx", r.Behind.URL)
	arrives := func() {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			for _, table := range []string{"customer", "orders"} {
				columns := map[string]string{"customer": "id, name, born, md5(letter)", "orders": "id, customer, total, note"}[table]
				query := "SELECT (" + columns + ")::text FROM public." + table + " ORDER BY id"
				want, err := servertest.Column(source.db, query, "NULL")
				assert.NoError(c, err)
				have, err := servertest.Column(behind, query, "NULL")
				assert.NoError(c, err)
				assert.Equal(c, want, have)
			}
		}, patient, 500*time.Millisecond, "%v\n%s", state(), s.log)
	}
	arrives()
	source.trade(t, 1000, 20)
	arrives()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		statistics := s.must(t, "dms", "describe-table-statistics", "--replication-task-arn", arn)["TableStatistics"].([]any)
		assert.Len(c, statistics, 2)
		for _, table := range statistics {
			assert.Equal(c, "Validated", field(table, "ValidationState"), "%v", table)
		}
	}, patient, 500*time.Millisecond, "%s", s.log)
	for name, want := range map[string]float64{"FullLoadThroughputRowsTarget": 1200, "CDCThroughputRowsSource": 60, "CDCThroughputRowsTarget": 60} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			sum, err := sumOf(t, s, "one", resource(arn), name)
			require.NoError(c, err)
			assert.InDelta(c, want, 10*sum, 0.01, name)
		}, 3*time.Minute, time.Second)
	}
	settings := map[string]any{}
	for _, one := range s.must(t, "dms", "describe-endpoint-settings", "--engine-name", "redshift")["EndpointSettings"].([]any) {
		settings[field(one, "Name").(string)] = one
	}
	for name, want := range map[string][3]any{
		"MaxFileSize": {"integer", nil, "32768"}, "DateFormat": {"string", nil, "YYYY-MM-DD"}, "EncryptionMode": {"enum", []any{"sse-s3", "sse-kms"}, "sse-s3"}, "TruncateColumns": {"boolean", nil, "false"},
	} {
		require.NotNil(t, settings[name], name)
		one := settings[name].(map[string]any)
		told := [3]any{one["Type"], one["EnumValues"], one["DefaultValue"]}
		require.Equal(t, want, told, name)
	}
	s.must(t, "dms", "stop-replication-task", "--replication-task-arn", arn)
	require.Eventually(t, func() bool { return state()["Status"] == "stopped" }, patient, 300*time.Millisecond)
	require.Equal(t, r.Role, r.Copies()[0].Role, "COPY was given the role")
}
