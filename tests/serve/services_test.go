package serve_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServicesByBoto3 runs the scripts of testdata, each against a server of its own. They hold IAM, KMS, Secrets
// Manager, EC2 and CloudTrail to what their callers expect, call by call.
func TestServicesByBoto3(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cloudtrail", "ec2", "iam", "kms", "secretsmanager"} {
		t.Run(name, func(t *testing.T) {
			s := first(t)
			cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/python3"), filepath.Join("testdata", name+".py"))
			cmd.Env = s.env("PYTHONDONTWRITEBYTECODE=1")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, string(out), ": ok")
			require.NotContains(t, s.log.String(), "level=ERROR")
			clean(t, s, "hunter2", "p1\"}", "SecretAccessKey")
		})
	}
}

// clean looks for secrets where none may be: in what the server printed, and in its audit trail.
func clean(t *testing.T, s *server, secrets ...string) {
	t.Helper()
	text := s.log.String() + s.out.String()
	files, err := filepath.Glob(filepath.Join(s.dir, "audit", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	refused, err := filepath.Glob(filepath.Join(s.dir, "audit", "refused", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, refused)
	files = append(files, refused...)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		require.NoError(t, err)
		text += string(raw)
	}
	for _, secret := range secrets {
		require.NotContains(t, text, secret)
	}
}

// TestAdministratorsDay is what the manual begins with: a user, a policy, a key, a role of DMS, by the stock command.
func TestAdministratorsDay(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.must(t, "iam", "create-user", "--user-name", "ops")
	made := s.must(t, "iam", "create-access-key", "--user-name", "ops")["AccessKey"].(map[string]any)
	ops := []string{"AWS_ACCESS_KEY_ID=" + made["AccessKeyId"].(string), "AWS_SECRET_ACCESS_KEY=" + made["SecretAccessKey"].(string)}
	_, err := s.aws(t, ops, "kms", "list-keys")
	require.ErrorContains(t, err, "(AccessDeniedException) when calling the ListKeys operation: User: arn:aws:iam::"+account+
		":user/ops is not authorized to perform: kms:ListKeys because no identity-based policy allows the kms:ListKeys action")
	policy := s.must(t, "iam", "create-policy", "--policy-name", "keys", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["kms:List*","kms:Describe*"],"Resource":"*"},{"Sid":"NoAliases","Effect":"Deny","Action":"kms:ListAliases","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`)
	arn := policy["Policy"].(map[string]any)["Arn"].(string)
	s.must(t, "iam", "attach-user-policy", "--user-name", "ops", "--policy-arn", arn)
	_, err = s.aws(t, ops, "kms", "list-keys")
	require.NoError(t, err)
	_, err = s.aws(t, ops, "kms", "list-aliases")
	require.ErrorContains(t, err, "with an explicit deny in an identity-based policy: "+arn)

	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"dms.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	s.must(t, "iam", "create-role", "--role-name", "dms-vpc-role", "--assume-role-policy-document", trust)
	s.must(t, "iam", "attach-role-policy", "--role-name", "dms-vpc-role", "--policy-arn", "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole")
	role := s.must(t, "iam", "get-role", "--role-name", "dms-vpc-role")["Role"].(map[string]any)
	var want any
	require.NoError(t, json.Unmarshal([]byte(trust), &want))
	require.Equal(t, want, role["AssumeRolePolicyDocument"])

	explain(t, s, made["AccessKeyId"].(string), arn)
}

// explain asks why.
func explain(t *testing.T, s *server, key, arn string) {
	t.Helper()
	ask := func(args ...string) string {
		out, err := run(t, append([]string{"explain", "--data-dir", s.dir}, args...)...)
		require.NoError(t, err, out)
		return out
	}
	admin := "arn:aws:iam::" + account + ":user/admin"
	secret := s.must(t, "secretsmanager", "create-secret", "--name", "db", "--secret-string", "x", "--tags", "Key=team,Value=red")["ARN"].(string)
	kmsKey := s.must(t, "kms", "create-key", "--policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+admin+`"},"Action":"kms:*","Resource":"*"}}`)["KeyMetadata"].(map[string]any)["Arn"].(string)

	out := ask(key, "kms:ListAliases", "*", "--source-ip", "192.0.2.1")
	require.Contains(t, out, "arn:aws:iam::"+account+":user/ops: explicitly denied")
	require.Contains(t, out, "with an explicit deny in an identity-based policy: "+arn)
	require.Contains(t, out, arn+", statement 2 (NoAliases): matches: Deny")
	out = ask(key, "kms:ListAliases", "*", "--source-ip", "10.0.0.1")
	require.Contains(t, out, "user/ops: allowed")
	require.Contains(t, out, arn+`, statement 2 (NoAliases): does not match: its condition NotIpAddress aws:SourceIp does not hold for "10.0.0.1"`)
	out = ask(key, "dms:DescribeDataProviders")
	require.Contains(t, out, "note: There is no action dms:DescribeDataProviders: the operation DescribeDataProviders is authorized as dms:ListDataProviders.")
	require.Contains(t, out, "statement 1 (Read): does not match: it is about other actions")
	out = ask(admin, "sts:AssumeRole", "arn:aws:iam::"+account+":role/dms-vpc-role")
	require.Contains(t, out, "because no role trust policy allows the sts:AssumeRole action")
	require.Contains(t, out, "it is about other principals")
	out = ask(key, "kms:DescribeKey", kmsKey)
	require.Contains(t, out, "because no resource-based policy allows the kms:DescribeKey action")
	out = ask(key, "secretsmanager:GetSecretValue", secret)
	require.Contains(t, out, "aws:resourcetag/team = red")

	s.must(t, "iam", "update-access-key", "--user-name", "ops", "--access-key-id", key, "--status", "Inactive")
	require.Contains(t, ask(key, "kms:ListKeys"), "note: The access key is inactive")
	for args, want := range map[string]string{
		"AKIAIOSFODNN7EXAMPLE kms:ListKeys":   "There is no access key AKIAIOSFODNN7EXAMPLE.",
		"arn:aws:iam::1:user/x kms:ListKeys":  "There is no user or role arn:aws:iam::1:user/x.",
		key + " kms:ListKeys * --source-ip x": "want an IP address",
		key + " kms:ListKeys * --context x":   "want key=value",
	} {
		out, err := run(t, append([]string{"explain", "--data-dir", s.dir}, strings.Fields(args)...)...)
		require.Error(t, err, args)
		require.Contains(t, out, want, fmt.Sprint(args))
	}
}

// TestDMSRolesOnDemand asks for the roles of DMS at start; what an administrator has made of one stays.
func TestDMSRolesOnDemand(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	attached := func(role string) string {
		list := s.must(t, "iam", "list-attached-role-policies", "--role-name", role)["AttachedPolicies"].([]any)
		if len(list) != 1 {
			return fmt.Sprint(list)
		}
		return list[0].(map[string]any)["PolicyArn"].(string)
	}
	for role, policy := range map[string]string{
		"dms-vpc-role": "AmazonDMSVPCManagementRole", "dms-cloudwatch-logs-role": "AmazonDMSCloudWatchLogsRole", "dms-access-for-endpoint": "AmazonDMSRedshiftS3Role",
	} {
		require.Equal(t, "arn:aws:iam::aws:policy/service-role/"+policy, attached(role))
	}
	s.must(t, "iam", "detach-role-policy", "--role-name", "dms-vpc-role", "--policy-arn", "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole")
	s.stop(t)
	s = start(t, s.dir, "--dms-roles")
	require.Equal(t, "[]", attached("dms-vpc-role"))
}

// TestKeysSurviveAKill seals under keys, kills the server, and opens with the next one.
func TestKeysSurviveAKill(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.must(t, "secretsmanager", "create-secret", "--name", "db", "--secret-string", "hunter2")
	s.kill()
	s = start(t, s.dir)
	require.Equal(t, "hunter2", s.must(t, "secretsmanager", "get-secret-value", "--secret-id", "db")["SecretString"])
	s.stop(t)
	// Without its root key the state is of no use: nothing in it opens.
	require.NoError(t, os.Remove(filepath.Join(s.dir, "root.key")))
	out, err := run(t, "serve", "--data-dir", s.dir, "--listen", "127.0.0.1:0", "--admin-listen", "")
	require.Error(t, err)
	require.Contains(t, out, "does not open")
}
