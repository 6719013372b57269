package serve_test

import (
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

// assesses kills in the midst of an assessment run, of its cancellation and of its deletion. The task has stopped, and has again after each.
func (k *killing) assesses() {
	k.Helper()
	admin := iam.NewFromConfig(k.sdk(k.T))
	role, err := admin.CreateRole(k.Context(), &iam.CreateRoleInput{RoleName: aws.String("results"), AssumeRolePolicyDocument: aws.String(trustsDMS)})
	require.NoError(k, err)
	_, err = admin.PutRolePolicy(k.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("results"), PolicyName: aws.String("bucket"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
	})
	require.NoError(k, err)
	var run string
	begins := func(name string) func() error {
		return func() error {
			out, err := k.api.StartReplicationTaskAssessmentRun(k.Context(), &dms.StartReplicationTaskAssessmentRunInput{
				ReplicationTaskArn: &k.task, ServiceAccessRoleArn: role.Role.Arn, ResultLocationBucket: aws.String("proof"), ResultLocationFolder: &name, AssessmentRunName: &name,
			})
			if err == nil {
				run = *out.ReplicationTaskAssessmentRun.ReplicationTaskAssessmentRunArn
			}
			return err
		}
	}
	status := func() string {
		out, err := k.api.DescribeReplicationTaskAssessmentRuns(k.Context(), &dms.DescribeReplicationTaskAssessmentRunsInput{Filters: by("replication-task-assessment-run-arn", run)})
		if gone(err) {
			return ""
		}
		require.NoError(k, err)
		return *out.ReplicationTaskAssessmentRuns[0].Status
	}

	// A run comes to its end, with every result, and its report is in the bucket.
	k.step(k.instance, begins("whole"), k.taskStatus, "testing", "stopped")
	require.Contains(k, []string{"passed", "warning"}, status())
	out, err := k.api.DescribeReplicationTaskAssessmentRuns(k.Context(), &dms.DescribeReplicationTaskAssessmentRunsInput{Filters: by("replication-task-assessment-run-arn", run)})
	require.NoError(k, err)
	progress := out.ReplicationTaskAssessmentRuns[0].AssessmentProgress
	require.Equal(k, progress.IndividualAssessmentCount, progress.IndividualAssessmentCompletedCount)
	files, err := os.ReadDir(filepath.Join(k.dir, "buckets", "proof", "whole"))
	require.NoError(k, err)
	require.GreaterOrEqual(k, len(files), int(progress.IndividualAssessmentCount))

	// One that is cancelled is.
	require.NoError(k, syscall.Kill(k.processOf(k.instance), syscall.SIGSTOP))
	require.NoError(k, begins("cancelled")())
	require.Eventually(k, func() bool { return status() == "running" }, patient, 20*time.Millisecond)
	k.step(k.instance, func() error {
		_, err := k.api.CancelReplicationTaskAssessmentRun(k.Context(), &dms.CancelReplicationTaskAssessmentRunInput{ReplicationTaskAssessmentRunArn: &run})
		return err
	}, k.taskStatus, "testing", "stopped")
	require.Equal(k, "cancelling", status(), "as DMS leaves it")

	// One that is deleted goes, and is not the task's latest any more.
	_, err = k.api.DeleteReplicationTaskAssessmentRun(k.Context(), &dms.DeleteReplicationTaskAssessmentRunInput{ReplicationTaskAssessmentRunArn: &run})
	require.NoError(k, err)
	k.kill(k.processOf(k.instance))
	k.comesTo(status, "", "deleting")
	require.Equal(k, "stopped", k.taskStatus())
}
