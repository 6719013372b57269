package console_test

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

// mayLook are the policies of someone who may look at everything of DMS, and neither start nor delete anything.
const (
	mayLook = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:Describe*","dms:List*","dms:TestConnection"],"Resource":"*"},
		{"Effect":"Deny","Action":["dms:Start*","dms:Delete*"],"Resource":"*"}]}`
	mayStart = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:Describe*","dms:List*","dms:TestConnection","dms:StartReplicationTask"],"Resource":"*"},
		{"Effect":"Deny","Action":["dms:Delete*"],"Resource":"*"}]}`
)

// TestForbiddenButtons signs in as someone who may only look, whose buttons are disabled and say why before any click, and as
// someone who may do everything.
func TestForbiddenButtons(t *testing.T) {
	need(t, "aws", "tools/test-clients.sh")
	s := start(t, "--dms-roles")
	arns := map[string]string{}
	arns["instance"] = s.aws(t, "dms create-replication-instance --replication-instance-identifier mover --replication-instance-class dms.t3.micro --query ReplicationInstance.ReplicationInstanceArn")
	for name, kind := range map[string]string{"one": "source", "two": "target"} {
		arns[kind] = s.aws(t, fmt.Sprintf("dms create-endpoint --endpoint-identifier %s --endpoint-type %s --engine-name postgres --server-name 127.0.0.1 --port 9 --username u --password p --database-name d --query Endpoint.EndpointArn", name, kind))
	}
	s.aws(t, "dms wait replication-instance-available --filters Name=replication-instance-arn,Values="+arns["instance"])
	mapping := filepath.Join(s.dir, "mapping")
	write(t, mapping, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"}]}`)
	s.aws(t, fmt.Sprintf("dms create-replication-task --replication-task-identifier nightly --migration-type full-load --source-endpoint-arn %s --target-endpoint-arn %s --replication-instance-arn %s --table-mappings file://%s",
		arns["source"], arns["target"], arns["instance"], mapping))

	policy := filepath.Join(s.dir, "policy")
	put := func(document string) {
		write(t, policy, document)
		s.aws(t, "iam put-user-policy --user-name looker --policy-name looks --policy-document file://"+policy)
	}
	s.aws(t, "iam create-user --user-name looker")
	put(mayLook)
	made := strings.Fields(s.aws(t, "iam create-access-key --user-name looker --query AccessKey.[AccessKeyId,SecretAccessKey]"))
	require.Len(t, made, 2)
	id, secret := s.key(t)
	cmd := script(t, "forbidden.mjs", "URL="+s.url, "ADMIN="+pair(t, id, secret), "LOOKER="+pair(t, made[0], made[1]))
	converse(t, cmd, func(word string) error {
		if word != "grant" {
			return fmt.Errorf("the script asks for %q, which is nothing", word)
		}
		put(mayStart)
		return nil
	})
}

func pair(t testing.TB, id, secret string) string {
	t.Helper()
	raw, err := json.Marshal([]string{id, secret})
	require.NoError(t, err)
	return string(raw)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// aws runs the aws command as the first administrator and answers what it prints, as text.
func (s *server) aws(t testing.TB, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "aws", append(strings.Fields(line), "--output", "text", "--endpoint-url", s.url, "--region", "eu-central-1")...)
	cmd.Env = s.env(t)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", line, out)
	return strings.TrimSpace(string(out))
}
