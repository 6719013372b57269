package console_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// site is a server with a task that follows changes, and what endpoints of all kinds need.
type site struct {
	*server
	t              testing.TB
	source, target *sql.DB
	task, instance string       // their ARNs
	free           func() error // lets go of what is held
}

// do carries out what the script asks for between two clicks.
func (s *site) do(word string) error {
	word, rest, _ := strings.Cut(word, " ")
	switch word {
	case "trade":
		servertest.Exec(s.t, s.source, "INSERT INTO orders SELECT i, 1, 1, repeat('x', 200) FROM generate_series(5001, 5500) i")
	case "spoil": // behind the task's back
		servertest.Exec(s.t, s.target, "UPDATE orders SET total = 17 WHERE id = 400")
		s.aws(s.t, "dms reload-tables --reload-option validate-only --replication-task-arn "+s.task+" --tables-to-reload SchemaName=public,TableName=orders")
	case "hold": // the load of a table stays where it is, and the others find their tables empty
		for _, table := range []string{"customer", "orders", "small0", "small1", "small2", "small3", "small4", "big"} {
			servertest.Exec(s.t, s.target, "TRUNCATE TABLE "+table)
		}
		return s.hold("INSERT INTO big VALUES (1, 1)")
	case "free":
		return s.free()
	case "put":
		s.aws(s.t, "cloudwatch put-metric-data --namespace shop --metric-name visits --value 42")
	case "see":
		return s.see(rest)
	case "run":
		return s.run(rest)
	default:
		return fmt.Errorf("the script asks for %q, which is nothing", word)
	}
	return nil
}

// hold keeps a row of the target, so that the load of its table waits for it.
func (s *site) hold(insert string) error {
	tx, err := s.target.BeginTx(s.t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(s.t.Context(), insert)
	}
	if err != nil {
		return fmt.Errorf("hold a row: %w", err)
	}
	s.free = tx.Rollback
	return nil
}

// see compares what the aws command says with what the script expects: "COMMAND" and "TEXT", both escaped.
func (s *site) see(what string) error {
	command, want, _ := strings.Cut(what, " ")
	command, err := url.PathUnescape(command)
	if err != nil {
		return fmt.Errorf("read the command: %w", err)
	}
	if want, err = url.PathUnescape(want); err != nil {
		return fmt.Errorf("read what is expected: %w", err)
	}
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", "aws --output text --endpoint-url "+s.url+" --region eu-central-1 "+command)
	cmd.Env = s.env(s.t)
	out, err := cmd.CombinedOutput()
	if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != want {
		return fmt.Errorf("%s: %q, want %q (%w)", command, got, want, err)
	}
	return nil
}

// run has a shell run what the page has put on the clipboard.
func (s *site) run(escaped string) error {
	command, err := url.PathUnescape(escaped)
	if err != nil {
		return fmt.Errorf("read the command: %w", err)
	}
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", command)
	cmd.Env = s.env(s.t)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return nil
}

// role makes one that DMS and the administrator may take, with a policy.
func (s *site) role(name, actions string) string {
	trust, policy := filepath.Join(s.dir, name+".trust"), filepath.Join(s.dir, name+".policy")
	write(s.t, trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["dms.amazonaws.com","dms.eu-central-1.amazonaws.com"],"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`)
	write(s.t, policy, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[`+actions+`],"Resource":"*"}]}`)
	arn := s.aws(s.t, "iam create-role --role-name "+name+" --assume-role-policy-document file://"+trust+" --query Role.Arn")
	s.aws(s.t, "iam put-role-policy --role-name "+name+" --policy-name p --policy-document file://"+policy)
	return arn
}

// connect makes an instance and endpoints whose connections are tested, and answers the endpoints' ARNs.
func (s *site) connect(source, target end) map[string]string {
	s.instance = s.aws(s.t, "dms create-replication-instance --replication-instance-identifier mover --replication-instance-class dms.t3.medium --query ReplicationInstance.ReplicationInstanceArn")
	s.aws(s.t, "dms wait replication-instance-available --filters Name=replication-instance-arn,Values="+s.instance)
	ends := map[string]string{}
	for kind, e := range map[string]end{"source": source, "target": target} {
		line := fmt.Sprintf("dms create-endpoint --endpoint-identifier shop-%s --endpoint-type %s --engine-name %s --server-name %s --port %s --username %s --query Endpoint.EndpointArn", kind, kind, e.Engine, e.Server, e.Port, e.User)
		if e.Password != "" {
			line += " --password " + e.Password
		}
		if e.Engine == "postgres" {
			line += " --database-name " + e.Database
		}
		ends[kind] = s.aws(s.t, line)
		s.aws(s.t, "dms test-connection --replication-instance-arn "+s.instance+" --endpoint-arn "+ends[kind])
		s.aws(s.t, "dms wait test-connection-succeeds --filters Name=endpoint-arn,Values="+ends[kind])
	}
	return ends
}

// migrate makes and starts a task that validates, and waits until it follows changes and its metrics are there.
func (s *site) migrate(source, target end) {
	ends := s.connect(source, target)
	mapping, settings := filepath.Join(s.dir, "mapping"), filepath.Join(s.dir, "settings")
	write(s.t, mapping, `{"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","object-locator":{"schema-name":"public","table-name":"%"},"rule-action":"include"},
		{"rule-type":"transformation","rule-id":"2","rule-name":"2","rule-action":"rename","rule-target":"schema","object-locator":{"schema-name":"public"},"value":"`+target.Database+`"}]}`)
	write(s.t, settings, `{"ValidationSettings":{"EnableValidation":true,"RecordFailureDelayInMinutes":0}}`)
	s.task = s.aws(s.t, fmt.Sprintf("dms create-replication-task --replication-task-identifier shop --migration-type full-load-and-cdc --source-endpoint-arn %s --target-endpoint-arn %s --replication-instance-arn %s --table-mappings file://%s --replication-task-settings file://%s --query ReplicationTask.ReplicationTaskArn",
		ends["source"], ends["target"], s.instance, mapping, settings))
	s.aws(s.t, "dms wait replication-task-ready --filters Name=replication-task-arn,Values="+s.task)
	s.aws(s.t, "dms start-replication-task --start-replication-task-type start-replication --replication-task-arn "+s.task)
	require.Eventually(s.t, func() bool {
		now := time.Now().UTC()
		values := s.aws(s.t, fmt.Sprintf("cloudwatch get-metric-statistics --namespace AWS/DMS --metric-name CDCIncomingChanges --dimensions Name=ReplicationInstanceIdentifier,Value=mover Name=ReplicationTaskIdentifier,Value=%s --statistics Average --period 10 --start-time %s --end-time %s --query length(Datapoints)",
			s.task[strings.LastIndexByte(s.task, ':')+1:], now.Add(-time.Hour).Format(time.RFC3339), now.Format(time.RFC3339)))
		return values >= "4" && len(values) == 1
	}, 3*time.Minute, time.Second)
}

// TestPagesAreUsed makes something by clicking on each page and sees it with the stock command: endpoints of a bucket, a file, a cluster
// and by secret, certificates, subscriptions, subnet groups, policies, keys; it reads what the charts draw, finds the rows that
// validation has found, runs copied commands, signs in by session and role, and goes through the pages on a phone and without a mouse.
func TestPagesAreUsed(t *testing.T) {
	need(t, "aws", "tools/test-clients.sh")
	source, target, cluster := servertest.PostgreSQL(t, servertest.PostgreSQL15), servertest.MariaDB(t), servertest.NewRedshift(t)
	bucket := cluster.Bucket
	from, into, warehouse := endOf(t, "postgres", source), endOf(t, "mariadb", target), endOf(t, "redshift", &servertest.Database{URL: cluster.PlainURL()})
	files := t.TempDir()
	write(t, filepath.Join(files, "secret"), "sixteen bytes and some more")
	write(t, filepath.Join(files, "shop.db"), "")
	s := &site{
		t: t, source: servertest.OpenDB(t, "pgx", source.URL),
		target: servertest.OpenDB(t, "mysql", fmt.Sprintf("%s:%s@tcp(%s:%s)/%s", into.User, into.Password, into.Server, into.Port, into.Database)),
		server: startWith(t, []string{"AWS_ACCESS_KEY_ID=" + bucket.Key, "AWS_SECRET_ACCESS_KEY=" + bucket.Secret}, "--dms-roles", "--sqlite-dir", files, "--s3-endpoint", bucket.Endpoint, "--s3-region", "us-east-1",
			"--event-webhook", "arn:aws:sns:eu-central-1:123456789012:told=https://127.0.0.1:9/", "--event-secret-file", filepath.Join(files, "secret")),
	}
	statements := []string{
		"CREATE TABLE customer (id integer PRIMARY KEY, name varchar(60) NOT NULL)", "INSERT INTO customer SELECT i, 'Zoë ' || i FROM generate_series(1, 500) i",
		"CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, total numeric(12,2) NOT NULL, note varchar(200))",
		"INSERT INTO orders SELECT i, i % 97 + 1, i * 1.25, NULL FROM generate_series(1, 5000) i",
	}
	for i := range 5 {
		statements = append(statements, fmt.Sprintf("CREATE TABLE small%d (id integer PRIMARY KEY)", i), fmt.Sprintf("INSERT INTO small%d VALUES (1)", i))
	}
	statements = append(statements, "CREATE TABLE big (id integer PRIMARY KEY, v integer)", "INSERT INTO big SELECT i, i FROM generate_series(1, 700000) i", "ANALYZE")
	servertest.Exec(t, s.source, statements...)
	s.migrate(from, into)

	raw, err := json.Marshal(map[string]any{"username": from.User, "password": from.Password, "host": from.Server, "port": from.Port})
	require.NoError(t, err)
	write(t, filepath.Join(files, "login"), string(raw))
	s.aws(t, "secretsmanager create-secret --name login --secret-string file://"+filepath.Join(files, "login"))
	authority, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
	require.NoError(t, err)
	cluster.Role = s.role("lake", `"s3:*"`)
	things, err := json.Marshal(map[string]any{
		"task": s.task, "instance": s.instance, "bucket": bucket.Name, "database": from.Database, "pem": string(authority), "rows": 700_000 + 5000 + 500 + 5,
		"warehouse": warehouse, "lake": cluster.Role, "reader": s.role("reader", `"secretsmanager:GetSecretValue"`), "operator": s.role("operator", `"dms:*","whimbrel:*","cloudwatch:*","logs:*"`),
		"session": strings.Fields(s.aws(t, "sts get-session-token --query Credentials.[AccessKeyId,SecretAccessKey,SessionToken]")),
	})
	require.NoError(t, err)
	id, secret := s.key(t)
	commands := filepath.Join(s.dir, "commands")
	converse(t, script(t, "pages.mjs", "URL="+s.url, "KEY_ID="+id, "KEY_SECRET="+secret, "THINGS="+string(things), "COMMANDS="+commands), s.do)
	requireCopied(t, commands, usedActions())
}
