package serve_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// guarded is a PostgreSQL server that takes the user mover over TLS and with a password alone.
func guarded(t *testing.T, a *servertest.Authority, password string) (at *servertest.Database, change func(password string)) {
	t.Helper()
	cert, key := a.Issue(t, "127.0.0.1", "postgres")
	hba := filepath.Join(filepath.Dir(cert), "hba")
	require.NoError(t, os.WriteFile(hba, []byte("hostnossl all postgres 127.0.0.1/32 trust\nhostssl all mover 127.0.0.1/32 scram-sha-256\n"), 0o644)) //nolint:gosec // the server is another user
	d := servertest.PrivatePostgreSQL(t, servertest.PostgreSQL15, "ssl = on", "hba_file = '"+hba+"'", "ssl_cert_file = '"+cert+"'", "ssl_key_file = '"+key+"'")
	run := func(sql string) {
		c, err := pgx.Connect(t.Context(), d.URL)
		require.NoError(t, err)
		defer func() { _ = c.Close(context.Background()) }()
		_, err = c.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	run("CREATE ROLE mover LOGIN PASSWORD '" + password + "'")
	run("CREATE SCHEMA stock AUTHORIZATION mover CREATE TABLE item (id integer PRIMARY KEY)")
	return d, func(password string) { run("ALTER ROLE mover PASSWORD '" + password + "'") }
}

// TestEndpointsWithTheStockCommand: an imported authority, a rotated secret read in a role, the database's own words when it
// refuses, security groups; and at the end no password in any file of the server or line of its log.
func TestEndpointsWithTheStockCommand(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	ours := servertest.NewAuthority(t)
	const first, second, third = "Pa55:word/one", "Pa55;word@two", "Pa55#word?three"
	d, change := guarded(t, ours, first)
	port := strconv.Itoa(d.Server.Port())
	where, err := url.Parse(d.URL)
	require.NoError(t, err)
	secret := func(password string) string {
		return `{"username":"mover","password":"` + password + `","host":"127.0.0.1","port":"` + port + `","engine":"postgres"}`
	}
	s.must(t, "secretsmanager", "create-secret", "--name", "shop", "--secret-string", secret(first))
	s.must(t, "iam", "create-role", "--role-name", "reader", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"dms.`+region+`.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	grant := []string{"iam", "put-role-policy", "--role-name", "reader", "--policy-name", "read", "--policy-document",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:shop-*"}}`}
	s.must(t, grant...)
	certificate := s.must(t, "dms", "import-certificate", "--certificate-identifier", "ours", "--certificate-pem", "file://"+ours.CA)["Certificate"].(map[string]any)
	require.Equal(t, "SHA256withECDSA", certificate["SigningAlgorithm"])

	created := s.must(t, "dms", "create-endpoint", "--endpoint-identifier", "Shop", "--endpoint-type", "source", "--engine-name", "postgres", "--database-name", strings.TrimPrefix(where.Path, "/"),
		"--ssl-mode", "verify-full", "--certificate-arn", certificate["CertificateArn"].(string), "--extra-connection-attributes", "heartbeatEnable=true;",
		"--postgre-sql-settings", "SecretsManagerSecretId=shop,SecretsManagerAccessRoleArn=arn:aws:iam::"+account+":role/reader")["Endpoint"].(map[string]any)
	require.Equal(t, []any{"SOURCE", "shop", "heartbeatEnable=true;", "PostgreSQL"}, []any{created["EndpointType"], created["EndpointIdentifier"], created["ExtraConnectionAttributes"], created["EngineDisplayName"]})
	endpoint := created["EndpointArn"].(string)
	instance := s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "one", "--replication-instance-class", "dms.t3.micro")["ReplicationInstance"].(map[string]any)["ReplicationInstanceArn"].(string)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		all := s.must(t, "dms", "describe-replication-instances")["ReplicationInstances"].([]any)
		assert.Equal(c, "available", all[0].(map[string]any)["ReplicationInstanceStatus"])
	}, patient, 300*time.Millisecond)
	result := func() (status, why string) {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			all := s.must(t, "dms", "describe-connections", "--filters", "Name=endpoint-arn,Values="+endpoint)["Connections"].([]any)
			one := all[0].(map[string]any)
			status, _ = one["Status"].(string)
			why, _ = one["LastFailureMessage"].(string)
			assert.NotEqual(c, "testing", status)
		}, patient, 300*time.Millisecond)
		return status, why
	}
	try := func() (status, why string) {
		s.must(t, "dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", endpoint)
		return result()
	}
	status, why := try()
	require.Equal(t, "successful", status, why)

	change(second)
	status, why = try()
	require.Equal(t, "failed", status)
	require.Contains(t, why, "password authentication failed")
	s.must(t, "secretsmanager", "put-secret-value", "--secret-id", "shop", "--secret-string", secret(second))
	status, why = try()
	require.Equal(t, "successful", status, why)

	s.must(t, "iam", "delete-role-policy", "--role-name", "reader", "--policy-name", "read")
	status, why = try()
	require.Equal(t, "failed", status)
	require.Contains(t, why, "The secret shop of endpoint shop cannot be read")
	require.Contains(t, why, "is not authorized to perform: secretsmanager:GetSecretValue")
	s.must(t, grant...)

	s.must(t, "dms", "refresh-schemas", "--replication-instance-arn", instance, "--endpoint-arn", endpoint)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		refresh := s.must(t, "dms", "describe-refresh-schemas-status", "--endpoint-arn", endpoint)["RefreshSchemasStatus"].(map[string]any)
		assert.Equal(c, "successful", refresh["Status"], refresh)
	}, patient, 300*time.Millisecond)
	require.Contains(t, s.must(t, "dms", "describe-schemas", "--endpoint-arn", endpoint)["Schemas"], "stock")

	// In place of the secret, a login of its own; the change tests the connection by itself.
	change(third)
	s.must(t, "dms", "modify-endpoint", "--endpoint-arn", endpoint, "--username", "mover", "--password", third, "--server-name", "127.0.0.1", "--port", port)
	status, why = result()
	require.Equal(t, "successful", status, why)

	group := s.must(t, "ec2", "describe-security-groups")["SecurityGroups"].([]any)[0].(map[string]any)["GroupId"].(string)
	s.must(t, "ec2", "revoke-security-group-egress", "--group-id", group, "--ip-permissions", "IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}],Ipv6Ranges=[{CidrIpv6=::/0}]")
	status, why = try()
	require.Equal(t, "failed", status)
	require.Contains(t, why, "127.0.0.1:"+port)
	require.Contains(t, why, "security groups")

	_, err = s.aws(t, nil, "dms", "delete-certificate", "--certificate-arn", certificate["CertificateArn"].(string))
	require.ErrorContains(t, err, "InvalidResourceStateFault")
	_, err = s.aws(t, nil, "dms", "create-endpoint", "--endpoint-identifier", "o", "--endpoint-type", "source", "--engine-name", "oracle")
	require.ErrorContains(t, err, "does not reach yet")
	page := s.must(t, "dms", "describe-endpoint-settings", "--engine-name", "postgres", "--max-records", "20")
	require.Len(t, page["EndpointSettings"], 20)
	rest := s.must(t, "dms", "describe-endpoint-settings", "--engine-name", "postgres", "--marker", page["Marker"].(string))["EndpointSettings"].([]any)
	require.Equal(t, "TrimSpaceInChar", rest[len(rest)-1].(map[string]any)["Name"])
	s.must(t, "dms", "delete-endpoint", "--endpoint-arn", endpoint)
	_, err = s.aws(t, nil, "dms", "describe-endpoints", "--filters", "Name=endpoint-id,Values=shop")
	require.ErrorContains(t, err, "ResourceNotFoundFault")
	s.must(t, "dms", "delete-certificate", "--certificate-arn", certificate["CertificateArn"].(string))

	for _, password := range []string{first, second, third} {
		require.NotContains(t, s.log.String()+s.out.String(), password)
		require.Empty(t, filesWith(t, s.dir, password))
	}
	require.NotEmpty(t, filesWith(t, s.dir, "heartbeatEnable"), "the search finds what is there")
}

// filesWith lists the files under a folder that hold a text.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // gone meanwhile, or a socket
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, path)
		}
		return err
	}))
	return found
}
