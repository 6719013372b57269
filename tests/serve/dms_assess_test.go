package serve_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

const trustsDMS = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"dms.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// field walks through an answer: names of members, and numbers of elements.
func field(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

// TestAssessmentsWithTheStockCommand assesses a shop through the API: what fails is named with its mend, and passes when it
// is mended.
func TestAssessmentsWithTheStockCommand(t *testing.T) {
	t.Parallel()
	s := first(t, "--dms-roles")
	source, target := postgresShop(t), mariadbShop(t)
	source.stock(t, 10)
	servertest.Exec(t, source.db, "CREATE TABLE visit (at timestamp, page text)")
	instance := field(s.must(t, "dms", "create-replication-instance", "--replication-instance-identifier", "assess", "--replication-instance-class", "dms.t3.medium"), "ReplicationInstance", "ReplicationInstanceArn").(string)
	ends := map[string]string{}
	for kind, of := range map[string]*shop{"source": source, "target": target} {
		ends[kind] = field(s.must(t, append([]string{"dms", "create-endpoint", "--endpoint-identifier", kind, "--endpoint-type", kind}, of.endpoint()...)...), "Endpoint", "EndpointArn").(string)
	}
	s.must(t, "dms", "wait", "replication-instance-available", "--filters", "Name=replication-instance-arn,Values="+instance)
	task := field(s.must(t, "dms", "create-replication-task", "--replication-task-identifier", "assess", "--source-endpoint-arn", ends["source"], "--target-endpoint-arn", ends["target"],
		"--replication-instance-arn", instance, "--migration-type", "full-load-and-cdc", "--table-mappings", mappings("public", target.name)), "ReplicationTask", "ReplicationTaskArn").(string)
	s.must(t, "dms", "wait", "replication-task-ready", "--filters", "Name=replication-task-arn,Values="+task)

	role := field(s.must(t, "iam", "create-role", "--role-name", "results", "--assume-role-policy-document", trustsDMS), "Role", "Arn").(string)
	const key = "table-with-no-primary-key-or-unique-constraint"
	names := field(s.must(t, "dms", "describe-applicable-individual-assessments", "--replication-task-arn", task), "IndividualAssessmentNames").([]any)
	require.Contains(t, names, key)
	start := func(name string) (map[string]any, error) {
		return s.aws(t, nil, "dms", "start-replication-task-assessment-run", "--replication-task-arn", task, "--service-access-role-arn", role,
			"--result-location-bucket", "proof", "--result-location-folder", "runs/"+name, "--assessment-run-name", name, "--include-only", key, "postgres-check-select-object-privileges")
	}
	_, err := start("one")
	require.ErrorContains(t, err, "S3AccessDeniedFault", "the role may not write")
	s.must(t, "iam", "put-role-policy", "--role-name", "results", "--policy-name", "bucket", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::proof","arn:aws:s3:::proof/runs/*"]}]}`)
	s.assesses(t, task, "one", start, "warning", key)
	raw, err := os.ReadFile(filepath.Join(s.dir, "buckets", "proof", "runs", "one", key+".json"))
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(raw, &file))
	require.Contains(t, field(file, "findings", 0, "object"), "visit")

	servertest.Exec(t, source.db, "ALTER TABLE visit ADD PRIMARY KEY (at)")
	s.assesses(t, task, "two", start, "passed", key)
	runs := field(s.must(t, "dms", "describe-replication-task-assessment-runs", "--filters", "Name=replication-task-arn,Values="+task), "ReplicationTaskAssessmentRuns").([]any)
	require.Len(t, runs, 2)
	for _, r := range runs {
		s.must(t, "dms", "delete-replication-task-assessment-run", "--replication-task-assessment-run-arn", field(r, "ReplicationTaskAssessmentRunArn").(string))
	}
	s.typesAssessment(t, task, instance, ends)
}

// assesses makes a run and looks for how it ends.
func (s *server) assesses(t *testing.T, task, name string, start func(string) (map[string]any, error), want, of string) {
	t.Helper()
	answer, err := start(name)
	require.NoError(t, err)
	arn := field(answer, "ReplicationTaskAssessmentRun", "ReplicationTaskAssessmentRunArn").(string)
	var run any
	require.Eventually(t, func() bool {
		run = field(s.must(t, "dms", "describe-replication-task-assessment-runs", "--filters", "Name=replication-task-assessment-run-arn,Values="+arn), "ReplicationTaskAssessmentRuns", 0)
		return slices.Contains([]any{"passed", "warning", "failed", "error-executing", "error-provisioning"}, field(run, "Status"))
	}, 5*time.Minute, time.Second, "%s", s.log) // the older aws command does not show ResultStatistic
	require.Equal(t, want, field(run, "Status"), "%v", run)
	require.Equal(t, field(run, "AssessmentProgress", "IndividualAssessmentCount"), field(run, "AssessmentProgress", "IndividualAssessmentCompletedCount"))
	all := field(s.must(t, "dms", "describe-replication-task-individual-assessments", "--filters", "Name=replication-task-assessment-run-arn,Values="+arn), "ReplicationTaskIndividualAssessments").([]any)
	require.Len(t, all, 2)
	for _, one := range all {
		if field(one, "IndividualAssessmentName") == of {
			require.Equal(t, want, field(one, "Status"))
		} else {
			require.Equal(t, "passed", field(one, "Status"))
		}
	}
	s.must(t, "dms", "wait", "replication-task-ready", "--filters", "Name=replication-task-arn,Values="+task)
}

// typesAssessment makes the older kind, which needs tested connections and a role of its own.
func (s *server) typesAssessment(t *testing.T, task, instance string, ends map[string]string) {
	t.Helper()
	_, err := s.aws(t, nil, "dms", "start-replication-task-assessment", "--replication-task-arn", task)
	require.ErrorContains(t, err, "dms-access-for-tasks")
	s.must(t, "iam", "create-role", "--role-name", "dms-access-for-tasks", "--assume-role-policy-document", trustsDMS)
	s.must(t, "iam", "put-role-policy", "--role-name", "dms-access-for-tasks", "--policy-name", "bucket", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	for _, end := range ends {
		s.must(t, "dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", end)
		s.must(t, "dms", "wait", "test-connection-succeeds", "--filters", "Name=endpoint-arn,Values="+end)
	}
	require.Equal(t, "testing", field(s.must(t, "dms", "start-replication-task-assessment", "--replication-task-arn", task), "ReplicationTask", "Status"))
	s.must(t, "dms", "wait", "replication-task-ready", "--filters", "Name=replication-task-arn,Values="+task)
	one := field(s.must(t, "dms", "describe-replication-task-assessment-results", "--replication-task-arn", task), "ReplicationTaskAssessmentResults", 0)
	require.Equal(t, "No issues found", field(one, "AssessmentStatus"))
	require.JSONEq(t, `{"version":"1","replicationTaskIdentifier":"assess","assessmentStatus":"No issues found","unsupportedDataTypes":[]}`, field(one, "AssessmentResults").(string))
}
