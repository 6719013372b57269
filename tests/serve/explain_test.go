package serve_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// asked is what explain is told about a caller, in flags, beside the action and the resource.
type asked struct {
	who   string
	flags []string
}

// explained are callers of whom the same is asked of explain and of the server.
type explained struct {
	credentials aws.Config
	exact       asked // the key, with the token if it is temporary
	described   asked // the same session by its user or role
}

// TestExplainIsTheDecision asks explain first and then makes the call, as holders of keys and of sessions with policies, tags and without a
// second factor, straight and through a VPC endpoint: both say the same, in the same words.
func TestExplainIsTheDecision(t *testing.T) {
	t.Parallel()
	s := first(t)
	vpc := text(t, s.must(t, "ec2", "describe-vpcs"), "Vpcs", 0, "VpcId")
	made := s.must(t, "ec2", "create-vpc-endpoint", "--vpc-id", vpc, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws."+region+".dms", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"dms:StopReplicationTask","Resource":"*"}]}`)
	id, name := text(t, made, "VpcEndpoint", "VpcEndpointId"), text(t, made, "VpcEndpoint", "DnsEntries", 0, "DnsName")
	callers := s.callers(t, id)
	task := "arn:aws:dms:" + region + ":" + account + ":task:NIGHTLY"
	calls := map[string]struct {
		resource string
		make     func(aws.Config) error
	}{
		"dms:DescribeEndpoints": {"*", func(c aws.Config) error {
			_, err := dms.NewFromConfig(c).DescribeEndpoints(t.Context(), nil)
			return err
		}},
		"dms:DescribeCertificates": {"*", func(c aws.Config) error {
			_, err := dms.NewFromConfig(c).DescribeCertificates(t.Context(), nil)
			return err
		}},
		"dms:StopReplicationTask": {task, func(c aws.Config) error {
			_, err := dms.NewFromConfig(c).StopReplicationTask(t.Context(), &dms.StopReplicationTaskInput{ReplicationTaskArn: &task})
			return err
		}},
		"iam:ListUsers": {"*", func(c aws.Config) error { _, err := iam.NewFromConfig(c).ListUsers(t.Context(), nil); return err }},
	}
	answers := map[bool]int{}
	for who, caller := range callers {
		for action, call := range calls {
			for way, at := range map[string]struct {
				name  string
				flags []string
			}{"straight": {"localhost", nil}, "through the endpoint": {name, []string{"--vpc-endpoint", id, "--source-ip", "127.0.0.1"}}} {
				c := s.through(t, at.name)
				c.Credentials = caller.credentials.Credentials
				err := call.make(c)
				denial := deniedAs(t, err)
				answers[denial == ""]++
				said := s.explains(t, caller.exact, action, call.resource, at.flags)
				if denial == "" {
					require.Contains(t, said, ": allowed\n", "%s, %s, %s: %v", who, action, way, err)
				} else {
					require.Contains(t, said, denial, "%s, %s, %s", who, action, way)
					require.NotContains(t, said, ": allowed\n")
				}
				if caller.described.who != "" {
					again := s.explains(t, caller.described, action, call.resource, at.flags)
					require.Equal(t, denial == "", strings.Contains(again, ": allowed\n"), "%s, %s, %s: %s", who, action, way, again)
				}
			}
		}
	}
	require.Greater(t, answers[true], 8, "some are allowed")
	require.Greater(t, answers[false], 8, "and some denied")
	s.explainRefuses(t, callers["a role's session"].exact, id)
}

// deniedAs is the message of a denial; empty for a call that was allowed, whatever became of it then.
func deniedAs(t *testing.T, err error) string {
	t.Helper()
	var e smithy.APIError
	if err == nil {
		return ""
	}
	require.ErrorAs(t, err, &e)
	if !strings.HasPrefix(e.ErrorCode(), "AccessDenied") {
		return ""
	}
	return e.ErrorMessage()
}

func (s *server) explains(t *testing.T, who asked, action, resource string, flags []string) string {
	t.Helper()
	out, err := run(t, append(append([]string{"explain", "--data-dir", s.dir, who.who, action, resource}, who.flags...), flags...)...)
	require.NoError(t, err, out)
	return out
}

// callers makes a user and a role, whose policies ask where a call comes from and what it is tagged with, and sessions of both.
func (s *server) callers(t *testing.T, endpoint string) map[string]explained {
	t.Helper()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "f")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	c := s.sdk(t)
	ann := newUser(t, c, "ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:*","iam:ListUsers","sts:*"],"Resource":"*"},
		{"Effect":"Deny","Action":"dms:DescribeEndpoints","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"`+endpoint+`"}}},
		{"Effect":"Deny","Action":"dms:DescribeCertificates","Resource":"*","Condition":{"NotIpAddress":{"aws:VpcSourceIp":"127.0.0.0/8"}}}]}`)
	key, err := ann.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	s.must(t, "iam", "create-role", "--role-name", "night", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`)
	s.must(t, "iam", "put-role-policy", "--role-name", "night", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:*","iam:*"],"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}]}`)

	described := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:Describe*","dms:Stop*"],"Resource":"*"},{"Effect":"Deny","Action":"dms:DescribeCertificates","Resource":"*"}]}`
	role := "arn:aws:iam::" + account + ":role/night"
	tags := []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
	temporary := func(k *ststypes.Credentials, as asked) explained {
		return explained{with(c, k), asked{*k.AccessKeyId, []string{"--session-token-file", file(*k.SessionToken + "\n")}}, as}
	}
	all := map[string]explained{"a user's key": {ann, asked{key.AccessKeyID, nil}, asked{"arn:aws:iam::" + account + ":user/ann", nil}}}
	api := sts.NewFromConfig(ann)
	shift, err := api.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("shift"), Tags: tags})
	require.NoError(t, err)
	all["a role's session"] = temporary(shift.Credentials, asked{role, []string{"--session-tag", "team=red"}})
	narrow, err := api.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("narrow"), Tags: tags, Policy: &described})
	require.NoError(t, err)
	all["a role's session with a policy"] = temporary(narrow.Credentials, asked{role, []string{"--session-tag", "team=red", "--session-policy", file(described)}})
	untagged, err := api.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("plain"), PolicyArns: []ststypes.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}}})
	require.NoError(t, err)
	all["a role's session without the tag"] = temporary(untagged.Credentials, asked{role, []string{"--session-policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess"}})
	guest, err := api.GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: aws.String("guest"), Policy: &described})
	require.NoError(t, err)
	all["a federated user"] = temporary(guest.Credentials, asked{"arn:aws:iam::" + account + ":user/ann", []string{"--session-policy", file(described)}})
	plain, err := api.GetSessionToken(t.Context(), nil)
	require.NoError(t, err)
	all["a user's session"] = temporary(plain.Credentials, asked{})
	return all
}

// explainRefuses holds explain to what it cannot answer.
func (s *server) explainRefuses(t *testing.T, temporary asked, endpoint string) {
	t.Helper()
	admin, _ := s.credentials(t)
	for args, want := range map[string]string{
		temporary.who + " dms:DescribeEndpoints":                                                         "give the session's token too",
		admin + " dms:DescribeEndpoints " + strings.Join(append([]string{"*"}, temporary.flags...), " "): "The token is not that of " + admin,
		admin + " dms:DescribeEndpoints * --vpc-endpoint vpce-0":                                         "There is no VPC endpoint vpce-0.",
		admin + " dms:DescribeEndpoints * --session-policy-arn arn:aws:iam::aws:policy/None":             "There is no policy arn:aws:iam::aws:policy/None.",
		admin + " dms:DescribeEndpoints * --session-tag a=b --mfa":                                       "either a second factor or policies and tags",
		admin + " dms:DescribeEndpoints * --session-tag a":                                               "want key=value",
	} {
		out, err := run(t, append([]string{"explain", "--data-dir", s.dir}, strings.Fields(args)...)...)
		require.Error(t, err, args)
		require.Contains(t, out, want, args)
	}
	out := s.explains(t, asked{admin, nil}, "dms:DescribeEndpoints", "*", []string{"--vpc-endpoint", endpoint, "--source-ip", "192.0.2.1"})
	require.Contains(t, out, "no security group of the VPC endpoint "+endpoint+" lets tcp traffic from 192.0.2.1")
	require.NotContains(t, out, ": allowed\n")
	require.Contains(t, s.explains(t, asked{admin, []string{"--mfa"}}, "iam:ListUsers", "*", nil), ": allowed\n")
	clean(t, s, temporary.flags[1])
	token, err := os.ReadFile(temporary.flags[1])
	require.NoError(t, err)
	clean(t, s, strings.TrimSpace(string(token)))
}
