package dms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// taskDesk has two instances with a source and a target, whose connections have been tested.
type taskDesk struct {
	*desk
	box, other, source, target *string
}

// furnish makes them, the source with a password under the key.
func (d *taskDesk) furnish(target *createInput, key *string) {
	d.t.Helper()
	var hosts [2]string
	d.box, hosts[0] = d.made("box", nil)
	d.other, hosts[1] = d.made("other", nil)
	end := func(in *createInput) *string {
		return does[dmsapi.CreateEndpointResponse](d.desk, "CreateEndpoint", in).Endpoint.EndpointArn
	}
	d.source, d.target = end(postgresEndpoint("source", func(in *createInput) { in.KmsKeyId = key })), end(target)
	_, err := d.Store.Update(d.t.Context(), func(tx store.Tx) error {
		for _, host := range hosts {
			for _, arn := range []*string{d.source, d.target} {
				id, err := d.parseOf(endpoints, *arn)
				if err != nil {
					return err
				}
				if err := store.Write(tx, connectionKey(host, id), Connection{Instance: host, Endpoint: id, Status: successful}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	require.NoError(d.t, err)
}

func (d *taskDesk) creation(name string) *dmsapi.CreateReplicationTaskMessage {
	return &dmsapi.CreateReplicationTaskMessage{
		ReplicationTaskIdentifier: &name, ResourceIdentifier: &name, MigrationType: new(fullLoad), TableMappings: new(everything),
		SourceEndpointArn: d.source, TargetEndpointArn: d.target, ReplicationInstanceArn: d.box,
	}
}

// ready makes a task that may be started.
func (d *taskDesk) ready(name string) *string {
	d.t.Helper()
	arn := does[dmsapi.CreateReplicationTaskResponse](d.desk, "CreateReplicationTask", d.creation(name)).ReplicationTask.ReplicationTaskArn
	edit(d.desk, tasks, name, func(t *Task) { t.Status = taskReady })
	return arn
}

// TestTasksNeedTheirKeys: a task whose endpoint's password cannot be opened is refused when it is made, changed or moved.
func TestTasksNeedTheirKeys(t *testing.T) {
	t.Parallel()
	d := &taskDesk{desk: newDesk(t, nil)}
	keys, err := kms.New(d.vault)
	require.NoError(t, err)
	made, err := d.run(keys, "CreateKey", &kmsapi.CreateKeyRequest{})
	require.NoError(t, err)
	key := made.(*kmsapi.CreateKeyResponse).KeyMetadata.Arn
	d.furnish(postgresEndpoint("target", func(in *createInput) { in.EndpointType = new("target") }), key)
	task := d.ready("k")
	modify := &dmsapi.ModifyReplicationTaskMessage{ReplicationTaskArn: task, TaskData: new("{}")}

	_, err = d.run(keys, "DisableKey", &kmsapi.DisableKeyRequest{KeyId: key})
	require.NoError(t, err)
	d.refuses("CreateReplicationTask", d.creation("another"), "KMSKeyNotAccessibleFault", "is disabled")
	d.refuses("ModifyReplicationTask", modify, "KMSKeyNotAccessibleFault", "is disabled")
	d.refuses("MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: task, TargetReplicationInstanceArn: d.other}, "KMSKeyNotAccessibleFault", "is disabled")
	_, err = d.run(keys, "EnableKey", &kmsapi.EnableKeyRequest{KeyId: key})
	require.NoError(t, err)
	does[dmsapi.ModifyReplicationTaskResponse](d.desk, "ModifyReplicationTask", modify)
}

// TestTasksNeedTheirRoles: a task whose endpoint's role does not let DMS in is refused when it is made, started or moved.
func TestTasksNeedTheirRoles(t *testing.T) {
	t.Parallel()
	d := &taskDesk{desk: newDesk(t, nil)}
	const role = "arn:aws:iam::" + testAccount + ":role/lake"
	_, err := d.run(d.iam, "CreateRole", &iamapi.CreateRoleRequest{RoleName: new("lake"), AssumeRolePolicyDocument: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"dms.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	require.NoError(t, err)
	_, err = d.run(d.iam, "PutRolePolicy", &iamapi.PutRolePolicyRequest{RoleName: new("lake"), PolicyName: new("bucket"), PolicyDocument: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)})
	require.NoError(t, err)
	d.furnish(bucketEndpoint("lake", &dmsapi.S3Settings{ServiceAccessRoleArn: new(role), BucketName: new("lake")}), nil)
	task := d.ready("k")

	_, err = d.run(d.iam, "DeleteRolePolicy", &iamapi.DeleteRolePolicyRequest{RoleName: new("lake"), PolicyName: new("bucket")})
	require.NoError(t, err)
	start := &dmsapi.StartReplicationTaskMessage{ReplicationTaskArn: task, StartReplicationTaskType: new("start-replication")}
	d.refuses("StartReplicationTask", start, "AccessDeniedFault", "The IAM Role "+role+" does not let endpoint lake write to bucket lake", "allow s3:ListBucket")
	d.refuses("CreateReplicationTask", d.creation("another"), "AccessDeniedFault", "does not let endpoint lake write to bucket lake")
	d.refuses("MoveReplicationTask", &dmsapi.MoveReplicationTaskMessage{ReplicationTaskArn: task, TargetReplicationInstanceArn: d.other}, "AccessDeniedFault", "does not let endpoint lake write to bucket lake")
	d.Results = bucket.Folder(t.TempDir())
	assess := &dmsapi.StartReplicationTaskAssessmentRunMessage{
		ReplicationTaskArn: task, AssessmentRunName: new("run"), ResultLocationBucket: new("results"), ServiceAccessRoleArn: new("arn:aws:iam::" + testAccount + ":role/nobody"),
	}
	d.refuses("StartReplicationTaskAssessmentRun", assess, "AccessDeniedFault", "role/nobody is not configured properly", "There is no such role")
	assess.ServiceAccessRoleArn = new(role)
	d.refuses("StartReplicationTaskAssessmentRun", assess, "S3AccessDeniedFault", "does not let DMS write to bucket results", "do not allow s3:")
	now, err := lookup[Task](d.outside(t.Context()), tasks, "k")
	require.NoError(t, err)
	require.Equal(t, taskReady, now.Status)
	require.Zero(t, now.Runs)
	_, err = d.run(d.iam, "PutRolePolicy", &iamapi.PutRolePolicyRequest{RoleName: new("lake"), PolicyName: new("bucket"), PolicyDocument: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)})
	require.NoError(t, err)
	require.Equal(t, taskStarting, *does[dmsapi.StartReplicationTaskResponse](d.desk, "StartReplicationTask", start).ReplicationTask.Status)
}
