package dms

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// silent keeps no trail.
type silent struct{}

func (silent) Ready() error { return nil }

func (silent) Record(*audit.Record) error { return nil }

// TestTagsDecide goes through the whole edge: what a user may do with an instance is decided by the tags that it has, is
// given, or would get.
func TestTagsDecide(t *testing.T) {
	d := newDesk(t, nil)
	d.set(time.Now()) // signatures are of today
	d.grant("ann", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"dms:*","Resource":"*"},
		{"Effect":"Deny","Action":"dms:*","Resource":"*","Condition":{"StringEquals":{"dms:rep-tag/stage":"prod"}}},
		{"Effect":"Deny","Action":"dms:AddTagsToResource","Resource":"*","Condition":{"StringEquals":{"dms:req-tag/stage":"prod"}}},
		{"Effect":"Deny","Action":"dms:CreateReplicationInstance","Resource":"*","Condition":{"StringEquals":{"dms:InstanceClass":"dms.r5.24xlarge"}}}]}`)
	call := d.signed("ann")

	code, out := call("CreateReplicationInstance", `{"ReplicationInstanceIdentifier":"box","ReplicationInstanceClass":"dms.t3.micro","Tags":[{"Key":"stage","Value":"test"}]}`)
	require.Empty(t, code, out)
	arn := out["ReplicationInstance"].(map[string]any)["ReplicationInstanceArn"].(string)
	code, _ = call("CreateReplicationInstance", `{"ReplicationInstanceIdentifier":"big","ReplicationInstanceClass":"dms.r5.24xlarge"}`)
	require.Equal(t, "AccessDeniedException", code)
	code, out = call("AddTagsToResource", `{"ResourceArn":"`+arn+`","Tags":[{"Key":"stage","Value":"prod"}]}`)
	require.Equal(t, "AccessDeniedException", code)
	require.Contains(t, out["message"], "with an explicit deny in an identity-based policy")
	// The administrator tags it: from then on it is out of ann's reach, its tags included.
	id, err := d.parseOf(instances, arn)
	require.NoError(t, err)
	edit(d, instances, id, func(i *Instance) { i.Status, i.Tags = instanceAvailable, map[string]string{"stage": "prod"} })
	for name, in := range map[string]string{
		"DeleteReplicationInstance": `{"ReplicationInstanceArn":"` + arn + `"}`, "RebootReplicationInstance": `{"ReplicationInstanceArn":"` + arn + `"}`,
		"ModifyReplicationInstance": `{"ReplicationInstanceArn":"` + arn + `","MultiAZ":true}`, "RemoveTagsFromResource": `{"ResourceArn":"` + arn + `","TagKeys":["stage"]}`,
		"ListTagsForResource": `{"ResourceArnList":["` + arn + `"]}`, "ApplyPendingMaintenanceAction": `{"ReplicationInstanceArn":"` + arn + `","ApplyAction":"db-upgrade","OptInType":"immediate"}`,
	} {
		code, _ = call(name, in)
		require.Equal(t, "AccessDeniedException", code, name)
	}
	edit(d, instances, id, func(i *Instance) { i.Tags = nil })
	code, out = call("DeleteReplicationInstance", `{"ReplicationInstanceArn":"`+arn+`"}`)
	require.Empty(t, code, out)
	require.Equal(t, "deleting", out["ReplicationInstance"].(map[string]any)["ReplicationInstanceStatus"])
	// What is not served says so to those who may call it, and to no one else.
	code, out = call("DescribeFleetAdvisorCollectors", `{}`)
	require.Equal(t, "InvalidResourceStateFault", code)
	require.Contains(t, out["message"], "does not serve DescribeFleetAdvisorCollectors yet")
	d.grant("bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dms:DescribeEvents","Resource":"*"}]}`)
	call = d.signed("bob")
	code, _ = call("DescribeFleetAdvisorCollectors", `{}`)
	require.Equal(t, "AccessDeniedException", code)
	code, out = call("DescribeEvents", `{"MaxRecords":20}`)
	require.Empty(t, code, out)
	first := out["Events"].([]any)[0].(map[string]any)
	require.Equal(t, "box", first["SourceIdentifier"])
	require.IsType(t, float64(0), first["Date"], "seconds since 1970")
}

// grant makes a user with a policy.
func (d *desk) grant(name, policy string) {
	d.t.Helper()
	_, err := d.run(d.iam, "CreateUser", &iamapi.CreateUserRequest{UserName: &name})
	require.NoError(d.t, err)
	_, err = d.run(d.iam, "PutUserPolicy", &iamapi.PutUserPolicyRequest{UserName: &name, PolicyName: new("p"), PolicyDocument: &policy})
	require.NoError(d.t, err)
}

// signed opens an edge over the service and calls it as a user, in AWS JSON.
func (d *desk) signed(user string) func(name, in string) (code string, out map[string]any) {
	d.t.Helper()
	directory := d.Roles.(identity.ServiceRoles).Directory
	made, err := d.run(d.iam, "CreateAccessKey", &iamapi.CreateAccessKeyRequest{UserName: &user})
	require.NoError(d.t, err)
	key := made.(*iamapi.CreateAccessKeyResponse).AccessKey
	way, err := edge.New(edge.Config{
		Partition: "aws", Region: testRegion, Account: testAccount, Services: []*service.Service{d.api}, Credentials: directory,
		Authorizer: &edge.Policies{Speakers: directory}, Recorder: silent{}, Log: d.Log, Now: time.Now,
	})
	require.NoError(d.t, err)
	server := httptest.NewServer(way)
	d.t.Cleanup(server.Close)
	return func(name, in string) (string, map[string]any) {
		d.t.Helper()
		r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, server.URL, bytes.NewReader([]byte(in)))
		require.NoError(d.t, err)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AmazonDMSv20160101."+name)
		digest := sha256.Sum256([]byte(in))
		require.NoError(d.t, v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}, r, hex.EncodeToString(digest[:]), "dms", testRegion, time.Now()))
		answer, err := http.DefaultClient.Do(r)
		require.NoError(d.t, err)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		require.NoError(d.t, err)
		out := map[string]any{}
		require.NoError(d.t, json.Unmarshal(raw, &out), string(raw))
		code, _ := out["__type"].(string)
		return code, out
	}
}
