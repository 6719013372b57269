package serve_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
)

// ownAccess asks DescribeOwnAccess with the credentials of c; the text is the answer's.
func ownAccess(t *testing.T, c aws.Config, calls ...whimbrelapi.OwnCall) (whimbrelapi.DescribeOwnAccessResponse, int, string) {
	t.Helper()
	status, text := askOwn(t, c, "DescribeOwnAccess", map[string]any{"Calls": calls})
	var out whimbrelapi.DescribeOwnAccessResponse
	if status == http.StatusOK {
		require.NoError(t, json.Unmarshal([]byte(text), &out), text)
	}
	return out, status, text
}

// askOwn calls an operation of the service whimbrel with the credentials of c.
func askOwn(t *testing.T, c aws.Config, operation string, in any) (status int, text string) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *c.BaseEndpoint+"/", bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Whimbrel_20261101."+operation)
	who, err := c.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	digest := sha256.Sum256(body)
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(digest[:]), "whimbrel", region, time.Now()))
	answer, err := c.HTTPClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	var said bytes.Buffer
	_, err = said.ReadFrom(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, said.String()
}

func wouldCall(service, operation, input string) whimbrelapi.OwnCall {
	return whimbrelapi.OwnCall{Service: &service, Operation: &operation, Input: &input}
}

// newUser makes a user with one policy, and answers the configuration of its key.
func newUser(t *testing.T, c aws.Config, name, policy string) aws.Config {
	t.Helper()
	api := iam.NewFromConfig(c)
	_, err := api.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	if policy != "" {
		_, err = api.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
		require.NoError(t, err)
	}
	key, err := api.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	c.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	return c
}

// TestOwnAccess asks what the caller may do, and finds that making the calls is answered the same.
func TestOwnAccess(t *testing.T) {
	t.Parallel()
	s := first(t)
	admin := s.sdk(t)
	policy := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["dms:Describe*","dms:StartReplicationTask","iam:GetUser","iam:CreateAccessKey","kms:DisableKey"],"Resource":"*"},
		{"Effect":"Allow","Action":"dms:DeleteEndpoint","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
		{"Effect":"Deny","Action":["dms:StartReplicationTask"],"Resource":"arn:aws:dms:*:*:task:PROD"},
		{"Effect":"Deny","Action":"kms:DisableKey","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"data"}}}]}`
	carol := newUser(t, admin, "carol", policy)
	id := text(t, s.must(t, "kms", "create-key"), "KeyMetadata", "KeyId")
	key := `{"KeyId":"` + id + `"}`
	task := func(id string) string {
		return `{"ReplicationTaskArn":"arn:aws:dms:` + region + `:` + account + `:task:` + id + `"}`
	}

	all := []whimbrelapi.OwnCall{
		wouldCall("dms", "StartReplicationTask", task("NIGHTLY")), wouldCall("dms", "StartReplicationTask", task("PROD")),
		wouldCall("dms", "DeleteReplicationTask", task("NIGHTLY")), wouldCall("dms", "DeleteEndpoint", `{"EndpointArn":"arn:aws:dms:`+region+`:`+account+`:endpoint:E"}`),
		wouldCall("iam", "CreateAccessKey", `{}`), wouldCall("iam", "DeleteUser", `{"UserName":"admin"}`), wouldCall("kms", "DisableKey", key),
		wouldCall("ec2", "DeleteVpcEndpoints", `{"VpcEndpointIds":["vpce-1"]}`), wouldCall("iam", "GetUser", ``), wouldCall("whimbrel", "CutOverReplicationTask", task("NIGHTLY")),
	}
	out, status, said := ownAccess(t, carol, all...)
	require.Equal(t, http.StatusOK, status, said)
	require.Equal(t, "arn:aws:iam::"+account+":user/carol", *out.PrincipalArn)
	require.Len(t, out.Calls, len(all))
	var answers []string
	for _, c := range out.Calls {
		switch {
		case c.Allowed == nil:
			answers = append(answers, "undecided: "+aws.ToString(c.Reason))
		case *c.Allowed:
			answers = append(answers, "yes")
		default:
			answers = append(answers, *c.Action+" on "+*c.Resource+" "+*c.Reason)
		}
	}
	implicit := func(action, on string) string {
		return action + " on " + on + " because no identity-based policy allows the " + action + " action"
	}
	arn := "arn:aws:dms:" + region + ":" + account + ":"
	require.Equal(t, []string{
		"yes", "dms:StartReplicationTask on " + arn + "task:PROD with an explicit deny in an identity-based policy", implicit("dms:DeleteReplicationTask", arn+"task:NIGHTLY"), "yes", "yes",
		implicit("iam:DeleteUser", "arn:aws:iam::"+account+":user/admin"), "yes",
		implicit("ec2:DeleteVpcEndpoints", "arn:aws:ec2:"+region+":"+account+":vpc-endpoint/vpce-1"), "yes", implicit("whimbrel:CutOverReplicationTask", arn+"task:NIGHTLY"),
	}, answers)

	// A tag decides, as it does when the call comes. Nothing was called so far: the key is enabled.
	_, err := s.aws(t, nil, "kms", "tag-resource", "--key-id", id, "--tags", "TagKey=team,TagValue=data")
	require.NoError(t, err)
	out, _, _ = ownAccess(t, carol, wouldCall("kms", "DisableKey", key))
	require.False(t, *out.Calls[0].Allowed)
	own, err := carol.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	_, err = s.aws(t, []string{"AWS_ACCESS_KEY_ID=" + own.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + own.SecretAccessKey}, "kms", "disable-key", "--key-id", id)
	require.ErrorContains(t, err, "AccessDeniedException")
	require.Equal(t, "Enabled", text(t, s.must(t, "kms", "describe-key", "--key-id", id), "KeyMetadata", "KeyState"))

	// Sessions of users may not call IAM, whatever the policies say.
	session, err := sts.NewFromConfig(carol).GetSessionToken(t.Context(), nil)
	require.NoError(t, err)
	out, _, _ = ownAccess(t, with(carol, session.Credentials), wouldCall("iam", "CreateAccessKey", `{}`), wouldCall("dms", "StartReplicationTask", task("NIGHTLY")))
	require.False(t, *out.Calls[0].Allowed)
	require.Equal(t, "with these session credentials", *out.Calls[0].Reason)
	require.True(t, *out.Calls[1].Allowed)

	// Who may do nothing may ask all the same, of nobody but themselves; who may do all is told so.
	out, status, said = ownAccess(t, newUser(t, admin, "nobody", ""), all[:3]...)
	require.Equal(t, http.StatusOK, status, said)
	for _, c := range out.Calls {
		require.False(t, *c.Allowed)
	}
	out, _, _ = ownAccess(t, admin, all...)
	for i, c := range out.Calls {
		require.True(t, *c.Allowed, *all[i].Operation)
	}
}

// TestOwnAccessIsThrottled: who asks much has made some of the calls that they may make.
func TestOwnAccessIsThrottled(t *testing.T) {
	t.Parallel()
	c := first(t, "--throttle-rate", "0.0001", "--throttle-burst", "12").sdk(t)
	questions := make([]whimbrelapi.OwnCall, 50)
	for i := range questions {
		questions[i] = wouldCall("dms", "DescribeEndpoints", "")
	}
	for range 2 {
		_, status, text := ownAccess(t, c, questions...)
		require.Equal(t, http.StatusOK, status, text)
	}
	_, status, text := ownAccess(t, c, questions[0])
	require.Equal(t, http.StatusBadRequest, status, text)
	require.Contains(t, text, "ThrottlingException")
}

// TestOwnAccessRefuses what makes no sense by its place, keeps inputs out of the audit trail, and asks for a signature.
func TestOwnAccessRefuses(t *testing.T) {
	t.Parallel()
	s := first(t)
	c := s.sdk(t)
	for want, call := range map[string]whimbrelapi.OwnCall{
		`Calls[1].Service: calls of no service are signed as \"s3\"`:   wouldCall("s3", "GetObject", ""),
		`Calls[1].Service: calls of sts are not decided ahead`:         wouldCall("sts", "AssumeRole", `{"SerialNumber":"arn:aws:iam::123456789012:mfa/a","TokenCode":"000000"}`),
		`Calls[1].Operation: dms has no operation \"StartEverything\"`: wouldCall("dms", "StartEverything", ""),
		`Calls[1].Input: `: wouldCall("dms", "DeleteEndpoint", `{"EndpointArn":`),
		`Calls[1].Input: the body goes on after its JSON document`:            wouldCall("dms", "DeleteEndpoint", `{}{}`),
		`Calls[1].Input: DeleteEndpointMessage has no member \"EndpointARN\"`: wouldCall("dms", "DeleteEndpoint", `{"EndpointARN":"x"}`),
		`Member must have length less than or equal to 8192`:                  wouldCall("dms", "DeleteEndpoint", strings.Repeat(" ", 8193)),
	} {
		_, status, text := ownAccess(t, c, wouldCall("dms", "DescribeEndpoints", ""), call)
		require.Equal(t, http.StatusBadRequest, status, text)
		require.Contains(t, text, "ValidationException")
		require.Contains(t, text, want)
	}
	many := make([]whimbrelapi.OwnCall, 51)
	for i := range many {
		many[i] = wouldCall("dms", "DescribeEndpoints", "")
	}
	_, status, text := ownAccess(t, c, many...)
	require.Equal(t, http.StatusBadRequest, status, text)
	_, status, text = ownAccess(t, c)
	require.Equal(t, http.StatusBadRequest, status, text)

	out, status, text := ownAccess(t, c, wouldCall("dms", "CreateEndpoint", `{"EndpointIdentifier":"e","Password":"hunter2"}`))
	require.Equal(t, http.StatusOK, status, text)
	require.True(t, *out.Calls[0].Allowed)
	clean(t, s, "hunter2")

	c.Credentials = credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "x", "")
	_, status, text = ownAccess(t, c, many[0])
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, "UnrecognizedClientException")
}
