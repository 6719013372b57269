package console_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// TestPagesOfARunningTask: an assessment is cancelled and the record of it deleted; a table without statistics shows its rows and no share of a whole that nobody knows; the severities of the log
// are changed on the page while the task runs, and taken back by the stock command; a key's policy is read, written, and refused.
func TestPagesOfARunningTask(t *testing.T) {
	need(t, "aws", "tools/test-clients.sh")
	source, target := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.MariaDB(t)
	from, into := endOf(t, "postgres", source), endOf(t, "mariadb", target)
	s := &site{
		t: t, source: servertest.OpenDB(t, "pgx", source.URL), server: start(t, "--dms-roles"),
		target: servertest.OpenDB(t, "mysql", fmt.Sprintf("%s:%s@tcp(%s:%s)/%s", into.User, into.Password, into.Server, into.Port, into.Database)),
	}
	servertest.Exec(t, s.source, "CREATE TABLE counted (id integer PRIMARY KEY)", "INSERT INTO counted SELECT i FROM generate_series(1, 100) i", "ANALYZE",
		"CREATE TABLE fresh (id integer PRIMARY KEY) WITH (autovacuum_enabled = false)", "INSERT INTO fresh SELECT i FROM generate_series(1, 30000) i")
	servertest.Exec(t, s.target, "CREATE TABLE fresh (id integer PRIMARY KEY)")
	ends := s.connect(from, into)
	mapping, settings := filepath.Join(s.dir, "mapping"), filepath.Join(s.dir, "settings")
	write(t, mapping, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"%"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-action":"rename","rule-target":"schema","object-locator":{"schema-name":"public"},"value":"`+into.Database+`"}]}`)
	write(t, settings, `{"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING","CommitRate":5000}}`)
	s.task = s.aws(t, fmt.Sprintf("dms create-replication-task --replication-task-identifier shop --migration-type full-load-and-cdc --source-endpoint-arn %s --target-endpoint-arn %s --replication-instance-arn %s --table-mappings file://%s --replication-task-settings file://%s --query ReplicationTask.ReplicationTaskArn",
		ends["source"], ends["target"], s.instance, mapping, settings))
	s.aws(t, "dms wait replication-task-ready --filters Name=replication-task-arn,Values="+s.task)

	s.aws(t, "iam create-user --user-name looker")
	policy := filepath.Join(s.dir, "policy")
	write(t, policy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:Describe*","kms:List*","kms:DescribeKey","kms:GetKeyPolicy"],"Resource":"*"},{"Effect":"Deny","Action":"kms:PutKeyPolicy","Resource":"*"}]}`)
	s.aws(t, "iam put-user-policy --user-name looker --policy-name looks --policy-document file://"+policy)
	looker := s.aws(t, "iam create-access-key --user-name looker --query AccessKey.[AccessKeyId,SecretAccessKey]")
	key := s.aws(t, "kms create-key --query KeyMetadata.KeyId")

	id, secret := s.key(t)
	commands := filepath.Join(s.dir, "commands")
	cmd := script(t, "running.mjs", "URL="+s.url, "KEY_ID="+id, "KEY_SECRET="+secret, "LOOKER="+looker, "KEY="+key, "TASK="+s.task, "COMMANDS="+commands)
	converse(t, cmd, func(word string) error {
		switch word {
		case "lock": // whoever looks at the table's size waits
			tx, err := s.source.BeginTx(t.Context(), nil)
			if err == nil {
				_, err = tx.ExecContext(t.Context(), "LOCK TABLE fresh IN ACCESS EXCLUSIVE MODE")
			}
			if err != nil {
				return fmt.Errorf("lock a table: %w", err)
			}
			s.free = tx.Rollback
			return nil
		case "hold": // the last row of the table waits, and those before it arrive
			if err := s.hold("INSERT INTO fresh VALUES (30000)"); err != nil {
				return err
			}
			s.aws(t, "dms start-replication-task --start-replication-task-type start-replication --replication-task-arn "+s.task)
			return nil
		case "empty":
			_, err := s.target.ExecContext(t.Context(), "DELETE FROM counted")
			return err
		case "usual":
			write(t, settings, `{"Logging":{"LogComponents":[{"Id":"SOURCE_UNLOAD","Severity":"LOGGER_SEVERITY_DEFAULT"}]}}`)
			s.aws(t, "dms modify-replication-task --replication-task-arn "+s.task+" --replication-task-settings file://"+settings)
			return nil
		}
		return s.do(word)
	})
	requireCopied(t, commands, runningActions())
}
