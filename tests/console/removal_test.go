package console_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nearby lets a user look from one network only.
const nearby = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dms:Describe*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`

// TestWhatIsMadeIsTakenAway presses what the journeys through a migration do not come by, and sees with the stock command what came of
// it: instances, tasks, subscriptions, subnet groups, VPC endpoints, users, their keys and groups are changed and deleted, or refused to
// be; settings are entered in the form and as JSON, rules removed, lists leafed through.
func TestWhatIsMadeIsTakenAway(t *testing.T) {
	need(t, "aws", "tools/test-clients.sh")
	files := t.TempDir()
	write(t, filepath.Join(files, "secret"), "sixteen bytes and some more")
	topic := "arn:aws:sns:eu-central-1:123456789012:told"
	s := &site{t: t, server: start(t, "--dms-roles", "--event-webhook", topic+"=https://127.0.0.1:9/", "--event-secret-file", filepath.Join(files, "secret"))}
	s.instance = s.aws(t, "dms create-replication-instance --replication-instance-identifier mover --replication-instance-class dms.t3.micro --query ReplicationInstance.ReplicationInstanceArn")
	ends := map[string]string{}
	for _, kind := range []string{"source", "target"} {
		ends[kind] = s.aws(t, fmt.Sprintf("dms create-endpoint --endpoint-identifier %s --endpoint-type %s --engine-name postgres --server-name 127.0.0.1 --port 9 --username u --password p --database-name d --query Endpoint.EndpointArn", kind, kind))
	}
	s.aws(t, "dms wait replication-instance-available --filters Name=replication-instance-arn,Values="+s.instance)
	mapping, policy := filepath.Join(files, "mapping"), filepath.Join(files, "policy")
	write(t, mapping, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"%"},"rule-action":"include"},
		{"rule-type":"selection","rule-id":"2","rule-name":"2","object-locator":{"schema-name":"public","table-name":"scratch"},"rule-action":"exclude"}]}`)
	s.task = s.aws(t, fmt.Sprintf("dms create-replication-task --replication-task-identifier nightly --migration-type full-load-and-cdc --source-endpoint-arn %s --target-endpoint-arn %s --replication-instance-arn %s --table-mappings file://%s --query ReplicationTask.ReplicationTaskArn",
		ends["source"], ends["target"], s.instance, mapping))
	s.aws(t, "dms wait replication-task-ready --filters Name=replication-task-arn,Values="+s.task)
	s.aws(t, "dms create-event-subscription --subscription-name told --sns-topic-arn "+topic+" --source-type replication-task")
	subnets := strings.Fields(s.aws(t, "dms describe-replication-subnet-groups --query ReplicationSubnetGroups[0].Subnets[].SubnetIdentifier"))
	s.aws(t, "dms create-replication-subnet-group --replication-subnet-group-identifier ours --replication-subnet-group-description ours --subnet-ids "+strings.Join(subnets, " "))
	s.aws(t, "iam create-user --user-name looker")
	s.aws(t, "iam create-group --group-name operators")
	write(t, policy, nearby)
	s.aws(t, "iam put-user-policy --user-name looker --policy-name near --policy-document file://"+policy)

	last := func(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
	things, err := json.Marshal(map[string]string{
		"task": last(s.task), "instance": last(s.instance), "key": s.aws(t, "kms create-key --query KeyMetadata.KeyId"),
		"access": s.aws(t, "iam create-access-key --user-name looker --query AccessKey.AccessKeyId"),
	})
	require.NoError(t, err)
	id, secret := s.key(t)
	commands := filepath.Join(s.dir, "commands")
	converse(t, script(t, "removal.mjs", "URL="+s.url, "KEY_ID="+id, "KEY_SECRET="+secret, "THINGS="+string(things), "COMMANDS="+commands), s.do)
	requireCopied(t, commands, nil)
}
