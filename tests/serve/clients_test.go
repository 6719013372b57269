package serve_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// aws runs the stock aws command and answers what it prints, as JSON.
func (s *server) aws(t testing.TB, env []string, args ...string) (map[string]any, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/aws"), append([]string{"--endpoint-url", s.url, "--output", "json"}, args...)...)
	cmd.Env = s.env(env...)
	var out, problem strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		return nil, clientError(strings.TrimSpace(problem.String()))
	}
	answer := map[string]any{}
	if out.Len() > 0 {
		require.NoError(t, json.Unmarshal([]byte(out.String()), &answer), out.String())
	}
	return answer, nil
}

type clientError string

func (e clientError) Error() string { return string(e) }

func (s *server) must(t testing.TB, args ...string) map[string]any {
	t.Helper()
	answer, err := s.aws(t, nil, args...)
	require.NoError(t, err)
	return answer
}

// as are the variables of temporary credentials.
func as(answer map[string]any) []string {
	c := answer["Credentials"].(map[string]any)
	return []string{"AWS_ACCESS_KEY_ID=" + c["AccessKeyId"].(string), "AWS_SECRET_ACCESS_KEY=" + c["SecretAccessKey"].(string), "AWS_SESSION_TOKEN=" + c["SessionToken"].(string)}
}

const admin = "arn:aws:iam::" + account + ":user/admin"

func TestStockCommand(t *testing.T) {
	t.Parallel()
	s := first(t)
	who := s.must(t, "sts", "get-caller-identity")
	require.Equal(t, account, who["Account"])
	require.Equal(t, admin, who["Arn"])

	session := s.must(t, "sts", "get-session-token", "--duration-seconds", "900")
	again, err := s.aws(t, as(session), "sts", "get-caller-identity")
	require.NoError(t, err)
	require.Equal(t, who["Arn"], again["Arn"])
	_, err = s.aws(t, as(session), "sts", "get-session-token")
	require.ErrorContains(t, err, "(AccessDenied) when calling the GetSessionToken operation: Cannot call GetSessionToken with session credentials")

	federated := s.must(t, "sts", "get-federation-token", "--name", "guest", "--policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`)
	again, err = s.aws(t, as(federated), "sts", "get-caller-identity")
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::"+account+":federated-user/guest", again["Arn"])
	require.Equal(t, account+":guest", again["UserId"])

	id, _ := s.credentials(t)
	require.Equal(t, account, s.must(t, "sts", "get-access-key-info", "--access-key-id", id)["Account"])

	for _, c := range []struct {
		env  []string
		args []string
		want string
	}{
		{[]string{"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=x"}, []string{"sts", "get-caller-identity"}, "(InvalidClientTokenId)"},
		{[]string{"AWS_ACCESS_KEY_ID=" + id, "AWS_SECRET_ACCESS_KEY=wrong"}, []string{"sts", "get-caller-identity"}, "(SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we calculated"},
		{[]string{"AWS_DEFAULT_REGION=us-west-2", "AWS_REGION=us-west-2"}, []string{"sts", "get-caller-identity"}, "Credential should be scoped to a valid Region, not 'us-west-2'."},
		{nil, []string{"sts", "assume-role", "--role-arn", "arn:aws:iam::" + account + ":role/none", "--role-session-name", "me"}, "(AccessDenied) when calling the AssumeRole operation: User: " + admin + " is not authorized to perform: sts:AssumeRole"},
		{nil, []string{"sts", "get-federation-token", "--name", "guest", "--policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}`}, "(MalformedPolicyDocument)"},
		{nil, []string{"sts", "get-session-token", "--serial-number", "arn:aws:iam::" + account + ":mfa/x", "--token-code", "123456"}, "MultiFactorAuthentication failed"},
		{nil, []string{"sts", "decode-authorization-message", "--encoded-message", "nonsense"}, "(InvalidAuthorizationMessageException)"},
	} {
		_, err := s.aws(t, c.env, c.args...)
		require.ErrorContains(t, err, c.want, "%v", c.args)
	}
}

// TestThePrintedBlock pastes what the server prints into a shell; the aws command there is the stock one, told of the
// endpoint as old versions must be.
func TestThePrintedBlock(t *testing.T) {
	t.Parallel()
	s := first(t)
	client(t, "/usr/bin/aws")
	block := ""
	for line := range strings.SplitSeq(s.out.String(), "\n") {
		if text, ok := strings.CutPrefix(line, "  "); ok {
			block += strings.Replace(text, "aws sts", "aws --endpoint-url $AWS_ENDPOINT_URL sts", 1) + "\n"
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-e")
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + s.dir, "AWS_EC2_METADATA_DISABLED=true"}
	cmd.Stdin = strings.NewReader(block)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), admin)
}

func TestBoto3(t *testing.T) {
	t.Parallel()
	s := first(t)
	python := client(t, "/usr/bin/python3")
	script := `
import boto3, botocore, os, ssl, urllib.request
url, ca = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_CA_BUNDLE"]
sts = boto3.client("sts", endpoint_url=url)
print(sts.get_caller_identity()["Arn"])
r = sts.get_caller_identity()["ResponseMetadata"]
assert len(r["RequestId"]) == 36 and r["HTTPHeaders"]["x-amzn-requestid"] == r["RequestId"], r
raw = boto3.client("sts", endpoint_url=url, config=botocore.config.Config(parameter_validation=False))
try:
    raw.get_federation_token(Name="a b")
except botocore.exceptions.ClientError as e:
    assert e.response["Error"]["Code"] == "ValidationError", e.response
    assert "Value 'a b' at 'name' failed to satisfy constraint" in e.response["Error"]["Message"], e.response
signed = sts.generate_presigned_url("get_caller_identity", Params={}, ExpiresIn=60, HttpMethod="GET")
body = urllib.request.urlopen(signed, context=ssl.create_default_context(cafile=ca)).read().decode()
assert "<Arn>arn:aws:iam::" in body, body
print("presigned")
`
	cmd := exec.CommandContext(t.Context(), python, "-c", script)
	cmd.Env = s.env()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), admin)
	require.Contains(t, string(out), "presigned")
}

func TestJavaScriptSDK(t *testing.T) {
	t.Parallel()
	s := first(t)
	modules := client(t, filepath.Join(clients(), "node_modules"))
	script := `
const { STSClient, GetCallerIdentityCommand, GetSessionTokenCommand, AssumeRoleCommand } = require("` + modules + `/@aws-sdk/client-sts");
(async () => {
  const sts = new STSClient({ endpoint: process.env.AWS_ENDPOINT_URL });
  console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);
  const { Credentials: c } = await sts.send(new GetSessionTokenCommand({}));
  const session = new STSClient({ endpoint: process.env.AWS_ENDPOINT_URL, credentials: { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken } });
  console.log("session of", (await session.send(new GetCallerIdentityCommand({}))).Arn);
  try {
    await sts.send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::` + account + `:role/none", RoleSessionName: "me" }));
  } catch (e) { console.log(e.name, e.$metadata.httpStatusCode); }
})().catch(e => { console.error(e); process.exit(1); });
`
	cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/node"), "-e", script)
	cmd.Env = s.env()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "session of "+admin)
	require.Regexp(t, `AccessDenied(Exception)? 403`, string(out))
}

// TestJavaScriptSDKOfTheCompanions drives IAM, KMS and EC2 by their JavaScript clients.
func TestJavaScriptSDKOfTheCompanions(t *testing.T) {
	t.Parallel()
	s := first(t)
	modules := client(t, filepath.Join(clients(), "node_modules"))
	cmd := exec.CommandContext(t.Context(), client(t, "/usr/bin/node"), filepath.Join("testdata", "companions.cjs"))
	cmd.Env = s.env("MODULES=" + modules)
	var problem strings.Builder // old versions of Node are warned of
	cmd.Stderr = &problem
	out, err := cmd.Output()
	require.NoError(t, err, problem.String())
	require.Equal(t, "iam: ok\nkms: ok\nec2: ok\n", string(out))
	require.NotContains(t, s.log.String(), "level=ERROR")
}
