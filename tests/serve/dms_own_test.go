package serve_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// examples are the calls of the service whimbrel that docs/api.md shows, by operation, each ready for a shell.
func examples(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	all, preamble := map[string]string{}, ""
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if name := regexp.MustCompile(`^call (\w+)`).FindStringSubmatch(block[1]); name != nil {
			all[name[1]] = preamble + block[1]
		} else {
			preamble = block[1]
		}
	}
	for _, op := range whimbrelapi.Service.Operations {
		require.Contains(t, all, op.Name, "docs/api.md shows no call of it")
	}
	return all
}

// shell runs an example with the credentials of c.
func (s *server) shell(t *testing.T, c aws.Config, script string, env ...string) map[string]any {
	t.Helper()
	who, err := c.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "/bin/bash", "-euc", script)
	cmd.Env = s.env(append(env, "AWS_ACCESS_KEY_ID="+who.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+who.SecretAccessKey)...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s\n%s", script, out, s.log)
	answer := map[string]any{}
	require.NoError(t, json.Unmarshal(out, &answer), "%s", out)
	return answer
}

// TestOperationsOfWhimbrel calls each operation of the service whimbrel as its page shows, on a real migration, by one whom a
// tag of the task allows it; others are denied.
func TestOperationsOfWhimbrel(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	shown := examples(t)
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 20)
	servertest.Exec(t, target.db, "CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, total numeric(12,2) NOT NULL, note varchar(200), CONSTRAINT seven CHECK (id <> 7))")
	mapped := mappings("public", target.name)
	api, m := s.ends(t, "own", source.input(t), target.input(t))
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("data")}}
	m = s.another(t, api, m, &dms.CreateReplicationTaskInput{ReplicationTaskIdentifier: aws.String("load"), MigrationType: types.MigrationTypeValueFullLoad, TableMappings: &mapped, Tags: tags})
	admin := s.sdk(t)
	allow := func(action, more string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"` + more + `},{"Effect":"Allow","Action":"whimbrel:ExplainAccess","Resource":"arn:aws:iam::*:user/data"}]}`
	}
	tagged := func(team string) string { return `,"Condition":{"StringEquals":{"dms:task-tag/team":"` + team + `"}}` }
	data := newUser(t, admin, "data", allow("whimbrel:*", tagged("data")))
	principal := "PRINCIPAL=arn:aws:iam::" + account + ":user/data"
	do := func(operation string, env ...string) map[string]any {
		t.Helper()
		return s.shell(t, data, shown[operation], append(env, "TASK="+m.task, principal, "SCHEMA="+target.name)...)
	}

	require.Equal(t, "ready", do("DescribeTaskProgress")["Status"])
	require.Len(t, do("DescribeMappingPlan")["Tables"], 2)
	ours := map[string]any{"ReplicationTaskArn": m.task, "TableMappings": strings.Replace(mapped, `"table-name":"%"`, `"table-name":"customer"`, 1)}
	status, text := askOwn(t, data, "DescribeMappingPlan", ours)
	require.Equal(t, http.StatusOK, status, text)
	require.Contains(t, text, `"TargetTable":"customer"`)
	require.NotContains(t, text, `"TargetTable":"orders"`, "the mappings of the call, not the task's")
	starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	s.awaits(t, api, m, "stopped")
	require.EqualValues(t, 39, do("DescribeTaskProgress")["RowsLoaded"])

	rows := do("DescribeApplyExceptions")["ApplyExceptions"].([]any)
	require.Len(t, rows, 1)
	require.Equal(t, "id=7", field(rows[0], "Key"))
	require.Contains(t, field(rows[0], "Reason"), "seven")
	status, text = askOwn(t, data, "DescribeApplyExceptions", map[string]any{"ReplicationTaskArn": m.task, "TableName": "orders"})
	require.Equal(t, http.StatusBadRequest, status, text)
	require.Contains(t, text, "SchemaName and TableName name a table of the target together")
	replayed := do("ReplayApplyExceptions")
	require.Contains(t, field(replayed, "RowsLeft", 0, "Reason"), "seven", "not mended yet")
	servertest.Exec(t, target.db, "ALTER TABLE orders DROP CONSTRAINT seven")
	require.EqualValues(t, 1, do("ReplayApplyExceptions")["RowsWritten"])
	arrivesNow(t, source, target, "")
	run := s.assessedOnce(t, m.task)
	require.Equal(t, "all-check-source-selection-rules", field(do("DescribeAssessmentFindings", "RUN="+run), "Assessments", 0, "Name"))
	require.Empty(t, do("DescribeValidationFailures")["ValidationFailures"])
	require.Equal(t, true, field(do("DescribeOwnAccess"), "Calls", 0, "Allowed"))
	require.Equal(t, true, do("ExplainAccess")["Allowed"], "by the task's tag")

	m = s.another(t, api, m, &dms.CreateReplicationTaskInput{ReplicationTaskIdentifier: aws.String("follow"), MigrationType: types.MigrationTypeValueFullLoadAndCdc, TableMappings: &mapped, Tags: tags})
	s.refusedToOthers(t, m.task, newUser(t, admin, "dms-only", allow("dms:*", "")), newUser(t, admin, "sales", allow("whimbrel:*", tagged("sales"))), admin)
	status, text = askOwn(t, data, "CutOverReplicationTask", map[string]any{"ReplicationTaskArn": m.task})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, "InvalidStateException", "it does not run")
	servertest.Exec(t, target.db, "DROP TABLE orders", "DROP TABLE customer")
	starts(t, api, m, dms.StartReplicationTaskInput{StartReplicationTaskType: startAnew})
	source.trade(t, 10001, 5)
	arrives(t, source, target, "")
	require.Eventually(t, func() bool { return do("DescribeTaskProgress")["Following"] == true }, patient, 200*time.Millisecond)
	require.Equal(t, "running", do("CutOverReplicationTask")["Status"])
	require.Equal(t, "Stop Reason STOPPED_AFTER_CACHED_EVENTS", aws.ToString(s.awaits(t, api, m, "stopped").StopReason))
	arrivesNow(t, source, target, "")
}

// assessedOnce has one premigration assessment made, and answers the run.
func (s *server) assessedOnce(t *testing.T, task string) string {
	t.Helper()
	role := field(s.must(t, "iam", "create-role", "--role-name", "results", "--assume-role-policy-document", trustsDMS), "Role", "Arn").(string)
	s.must(t, "iam", "put-role-policy", "--role-name", "results", "--policy-name", "bucket", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::proof","arn:aws:s3:::proof/*"]}]}`)
	return field(s.must(t, "dms", "start-replication-task-assessment-run", "--replication-task-arn", task, "--service-access-role-arn", role, "--result-location-bucket", "proof",
		"--assessment-run-name", "own", "--include-only", "all-check-source-selection-rules"), "ReplicationTaskAssessmentRun", "ReplicationTaskAssessmentRunArn").(string)
}

// refusedToOthers calls every operation on a task as those who may not, and on a task that is not there.
func (s *server) refusedToOthers(t *testing.T, task string, without, otherTag, admin aws.Config) {
	t.Helper()
	for _, op := range whimbrelapi.Service.Operations {
		if op.Name == "DescribeOwnAccess" {
			continue // it is about nobody but the caller
		}
		input := map[string]any{
			"ReplicationTaskArn": task, "TableName": "orders", "ReplicationTaskAssessmentRunArn": strings.Replace(task, ":task:", ":assessment-run:", 1),
			"PrincipalArn": "arn:aws:iam::" + account + ":user/sales", "Action": "dms:DescribeEndpoints",
		}
		maps.DeleteFunc(input, func(name string, _ any) bool {
			return !slices.ContainsFunc(whimbrelapi.Service.Shapes[op.Input].Members, func(m wire.Member) bool { return m.Name == name && (m.Required || name != "TableName") })
		})
		for who, c := range map[string]aws.Config{"without": without, "other tag": otherTag} {
			status, text := askOwn(t, c, op.Name, input)
			require.Equal(t, http.StatusBadRequest, status, "%s by %s: %s", op.Name, who, text)
			require.Contains(t, text, "AccessDeniedException", "%s by %s", op.Name, who)
			require.Contains(t, text, "no identity-based policy allows the whimbrel:"+op.Name+" action", "%s by %s", op.Name, who)
		}
		if input["ReplicationTaskArn"] == nil {
			continue
		}
		input["ReplicationTaskArn"] = task + "X"
		status, text := askOwn(t, admin, op.Name, input)
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", op.Name, text)
		require.Contains(t, text, "ResourceNotFoundException", op.Name)
	}
}
