package serve_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// text finds a text in an answer by its path.
func text(t testing.TB, answer any, path ...any) string {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			answer = answer.(map[string]any)[p]
		case int:
			require.Greater(t, len(answer.([]any)), p)
			answer = answer.([]any)[p]
		}
	}
	s, ok := answer.(string)
	require.True(t, ok, "%v", answer)
	return s
}

// through is a client that calls the server by another name, as if the DNS led there.
func (s *server) through(t testing.TB, name string) aws.Config {
	t.Helper()
	at, err := url.Parse(s.url)
	require.NoError(t, err)
	c := s.sdk(t)
	client := c.HTTPClient.(*http.Client)
	transport := client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+at.Port())
	}
	c.BaseEndpoint = aws.String("https://" + name + ":" + at.Port())
	return c
}

// TestTheNetworkInventory drives EC2 with the stock command.
func TestTheNetworkInventory(t *testing.T) {
	t.Parallel()
	s := first(t)
	vpc := text(t, s.must(t, "ec2", "describe-vpcs", "--filters", "Name=is-default,Values=true"), "Vpcs", 0, "VpcId")
	zones := map[string]bool{}
	for _, net := range s.must(t, "ec2", "describe-subnets", "--filters", "Name=vpc-id,Values="+vpc)["Subnets"].([]any) {
		zones[text(t, net, "AvailabilityZone")] = true
	}
	require.Len(t, zones, 3, "the default VPC covers every zone")

	own := text(t, s.must(t, "ec2", "create-vpc", "--cidr-block", "10.20.0.0/16", "--tag-specifications", "ResourceType=vpc,Tags=[{Key=team,Value=data}]"), "Vpc", "VpcId")
	require.Equal(t, own, text(t, s.must(t, "ec2", "describe-vpcs", "--filters", "Name=tag:team,Values=da*"), "Vpcs", 0, "VpcId"))
	net := text(t, s.must(t, "ec2", "create-subnet", "--vpc-id", own, "--cidr-block", "10.20.1.0/24", "--availability-zone", region+"b"), "Subnet", "SubnetId")
	group := text(t, s.must(t, "ec2", "create-security-group", "--vpc-id", own, "--group-name", "db", "--description", "databases"), "GroupId")
	s.must(t, "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "5432", "--cidr", "10.0.0.0/8")
	shown := s.must(t, "ec2", "describe-security-groups", "--group-ids", group)
	require.Equal(t, "10.0.0.0/8", text(t, shown, "SecurityGroups", 0, "IpPermissions", 0, "IpRanges", 0, "CidrIp"))
	card := s.must(t, "ec2", "create-network-interface", "--subnet-id", net, "--groups", group)
	require.Equal(t, "10.20.1.4", text(t, card, "NetworkInterface", "PrivateIpAddress"))

	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"create-subnet", "--vpc-id", own, "--cidr-block", "10.20.1.128/25"}, "(InvalidSubnet.Conflict)"},
		{[]string{"create-subnet", "--vpc-id", own, "--cidr-block", "10.99.0.0/24"}, "(InvalidSubnet.Range)"},
		{[]string{"create-vpc", "--cidr-block", "10.0.0.1/16"}, "10.0.0.0/16 would be right"},
		{[]string{"delete-security-group", "--group-id", group}, "(DependencyViolation)"},
		{[]string{"delete-vpc", "--vpc-id", own}, "(DependencyViolation)"},
		{[]string{"describe-subnets", "--subnet-ids", "subnet-nothing"}, "(InvalidSubnetID.NotFound)"},
		{[]string{"describe-vpcs", "--filters", "Name=colour,Values=red"}, "The filter 'colour' is invalid"},
		{[]string{"describe-vpcs", "--dry-run"}, "(DryRunOperation)"},
		{[]string{"authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "5432", "--cidr", "10.0.0.0/8"}, "(InvalidPermission.Duplicate)"},
		{[]string{"create-vpc-endpoint", "--vpc-id", own, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws." + region + ".s3"}, "(InvalidServiceName)"},
	} {
		_, err := s.aws(t, nil, append([]string{"ec2"}, c.args...)...)
		require.ErrorContains(t, err, c.want, "%v", c.args)
	}
	s.must(t, "ec2", "delete-network-interface", "--network-interface-id", text(t, card, "NetworkInterface", "NetworkInterfaceId"))
	s.must(t, "ec2", "delete-security-group", "--group-id", group)
	s.must(t, "ec2", "delete-subnet", "--subnet-id", net)
	s.must(t, "ec2", "delete-vpc", "--vpc-id", own)
	require.Len(t, s.must(t, "ec2", "describe-vpcs")["Vpcs"], 1)

	// A denial says its details only to those who may decode them.
	session, err := s.aws(t, nil, "sts", "get-federation-token", "--name", "guest", "--policy", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}`)
	require.NoError(t, err)
	_, err = s.aws(t, as(session), "ec2", "describe-vpcs")
	require.ErrorContains(t, err, "(UnauthorizedOperation)")
	_, message, ok := strings.Cut(err.Error(), "Encoded authorization failure message: ")
	require.True(t, ok, err.Error())
	decoded := text(t, s.must(t, "sts", "decode-authorization-message", "--encoded-message", message), "DecodedMessage")
	require.Contains(t, decoded, `"explicitDeny":true`)
	require.Contains(t, decoded, `"action":"ec2:DescribeVpcs"`)
}

// TestDeniesHoldWhateverTheNetworkIsCalled: a group is known by its ID and by its name, a VPC by its ID and by being the default.
func TestDeniesHoldWhateverTheNetworkIsCalled(t *testing.T) {
	t.Parallel()
	s := first(t)
	vpc := text(t, s.must(t, "ec2", "describe-vpcs", "--filters", "Name=is-default,Values=true"), "Vpcs", 0, "VpcId")
	made := func(name, stage string) string {
		return text(t, s.must(t, "ec2", "create-security-group", "--group-name", name, "--description", "x", "--tag-specifications",
			"ResourceType=security-group,Tags=[{Key=stage,Value="+stage+"}]"), "GroupId")
	}
	prod, test := made("prod", "prod"), made("test", "test")
	s.must(t, "iam", "create-user", "--user-name", "nora")
	key := s.must(t, "iam", "create-access-key", "--user-name", "nora")
	nora := []string{"AWS_ACCESS_KEY_ID=" + text(t, key, "AccessKey", "AccessKeyId"), "AWS_SECRET_ACCESS_KEY=" + text(t, key, "AccessKey", "SecretAccessKey")}
	arn := "arn:aws:ec2:" + region + ":" + account + ":"
	rule := []string{"--protocol", "tcp", "--port", "5432", "--cidr", "10.0.0.0/8"}
	for _, c := range []struct {
		deny string
		args []string
	}{
		{`"Resource":"` + arn + `security-group/` + prod + `"`, []string{"delete-security-group", "--group-name", "prod"}},
		{`"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/stage":"prod"}}`, append([]string{"authorize-security-group-ingress", "--group-name", "prod"}, rule...)},
		{`"Resource":"*","Condition":{"StringEquals":{"ec2:ResourceTag/stage":"prod"}}`, []string{"delete-security-group", "--group-id", prod}},
		{`"Resource":"*","Condition":{"ArnEquals":{"ec2:Vpc":"` + arn + `vpc/` + vpc + `"}}`, []string{"delete-security-group", "--group-id", prod}},
		{`"Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"` + account + `"}}`, []string{"describe-vpcs"}},
		{`"Resource":"` + arn + `vpc/` + vpc + `"`, []string{"create-security-group", "--group-name", "new", "--description", "x"}},
	} {
		s.must(t, "iam", "put-user-policy", "--user-name", "nora", "--policy-name", "fence", "--policy-document",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Effect":"Deny","Action":"ec2:*",`+c.deny+`}]}`)
		_, err := s.aws(t, nora, append([]string{"ec2", "--dry-run"}, c.args...)...)
		assert.ErrorContains(t, err, "(UnauthorizedOperation)", "%s: %v", c.deny, c.args)
	}
	s.must(t, "iam", "put-user-policy", "--user-name", "nora", "--policy-name", "fence", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"ec2:ResourceTag/stage":"test","aws:ResourceAccount":"`+account+`"}}}]}`)
	_, err := s.aws(t, nora, append([]string{"ec2", "authorize-security-group-ingress", "--group-name", "test"}, rule...)...)
	require.NoError(t, err, "an Allow of the group reaches it by its name")
	_, err = s.aws(t, nora, "ec2", "delete-security-group", "--group-id", test)
	require.NoError(t, err)
}

// TestVPCEndpoints: requests through an endpoint are known by its name, held to its policy and its groups, and carry its
// condition keys.
func TestVPCEndpoints(t *testing.T) {
	t.Parallel()
	s := first(t)
	ctx := t.Context()
	vpc := text(t, s.must(t, "ec2", "describe-vpcs"), "Vpcs", 0, "VpcId")
	made := s.must(t, "ec2", "create-vpc-endpoint", "--vpc-id", vpc, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws."+region+".sts")
	id, name := text(t, made, "VpcEndpoint", "VpcEndpointId"), text(t, made, "VpcEndpoint", "DnsEntries", 0, "DnsName")
	require.Regexp(t, `^vpce-[0-9a-f]{17}-[a-z0-9]{8}\.sts\.`+region+`\.vpce\.amazonaws\.com$`, name)

	in := &sts.GetFederationTokenInput{Name: aws.String("guest"), Policy: aws.String(allowUsers)}
	call := func(name string) error {
		_, err := sts.NewFromConfig(s.through(t, name)).GetFederationToken(ctx, in)
		return err
	}
	require.NoError(t, call(name), "this machine is in the default group, the policy is full access")
	require.NoError(t, call("localhost"))

	s.must(t, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", id, "--policy-document", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}`)
	require.ErrorContains(t, call(name), "because no VPC endpoint policy allows the sts:GetFederationToken action")
	require.NoError(t, call("localhost"), "the endpoint's policy binds the endpoint alone")
	_, err := s.aws(t, nil, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", id, "--policy-document", `{"Statement":[{"Effect":"Allow"}]}`)
	require.ErrorContains(t, err, "InvalidPolicyDocument")
	s.must(t, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", id, "--reset-policy")
	require.NoError(t, call(name))

	// The caller's policies see where the call came through.
	s.must(t, "iam", "put-user-policy", "--user-name", "admin", "--policy-name", "fence", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:GetFederationToken","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"`+id+`"}}}]}`)
	require.NoError(t, call(name))
	require.ErrorContains(t, call("localhost"), "with an explicit deny in an identity-based policy")
	private := "sts." + region + ".amazonaws.com"
	require.ErrorContains(t, call(private), "with an explicit deny", "the service's own name leads to no endpoint without private DNS")
	s.must(t, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", id, "--private-dns-enabled")
	require.NoError(t, call(private))
	_, err = s.aws(t, nil, "ec2", "create-vpc-endpoint", "--vpc-id", vpc, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws."+region+".sts", "--private-dns-enabled")
	require.ErrorContains(t, err, "conflicting DNS domain for "+private)

	// A group that lets nobody in.
	group := text(t, s.must(t, "ec2", "create-security-group", "--vpc-id", vpc, "--group-name", "closed", "--description", "nobody"), "GroupId")
	other := text(t, made, "VpcEndpoint", "Groups", 0, "GroupId")
	s.must(t, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", id, "--add-security-group-ids", group, "--remove-security-group-ids", other)
	require.ErrorContains(t, call(name), "no security group of the VPC endpoint "+id+" lets tcp traffic from 127.0.0.1 to port 443 in")
	s.must(t, "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "443", "--cidr", "127.0.0.0/8")
	require.NoError(t, call(name))

	// Through an endpoint of one service no other is reached.
	ec2 := text(t, s.must(t, "ec2", "create-vpc-endpoint", "--vpc-id", vpc, "--vpc-endpoint-type", "Interface", "--service-name", "com.amazonaws."+region+".ec2"), "VpcEndpoint", "DnsEntries", 0, "DnsName")
	require.ErrorContains(t, call(ec2), "leads to ec2 alone")
	s.must(t, "ec2", "delete-vpc-endpoints", "--vpc-endpoint-ids", id)
	require.ErrorContains(t, call(name), "with an explicit deny", "a name without its endpoint is nothing special")
}

// TestAudit finds what was done in the trail, and no secret.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.must(t, "iam", "create-user", "--user-name", "dora")
	secret := text(t, s.must(t, "iam", "create-access-key", "--user-name", "dora"), "AccessKey", "SecretAccessKey")
	_, err := s.aws(t, nil, "iam", "delete-user", "--user-name", "nobody")
	require.Error(t, err)
	event := func(name string) string {
		found := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue="+name)
		return text(t, found, "Events", 0, "CloudTrailEvent")
	}
	made := event("CreateAccessKey")
	require.Contains(t, made, `"userName":"dora"`)
	require.Contains(t, made, `"secretAccessKey":"***"`)
	require.NotContains(t, made, secret)
	require.Contains(t, made, `"eventSource":"iam.amazonaws.com"`)
	require.Contains(t, made, `"ARN":"arn:aws:iam::`+account+`:user/dora"`)
	require.Contains(t, event("DeleteUser"), `"errorCode":"NoSuchEntity"`)
	require.Equal(t, "admin", text(t, s.must(t, "cloudtrail", "lookup-events", "--max-results", "1"), "Events", 0, "Username"))
}

// TestRecordsSayWhatWasTouched holds records of real calls to CloudTrail's: types of resources, reads and changes, the session that signed.
func TestRecordsSayWhatWasTouched(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.must(t, "iam", "create-user", "--user-name", "dora")
	s.must(t, "iam", "get-user", "--user-name", "dora")
	s.must(t, "ec2", "create-vpc", "--cidr-block", "10.9.0.0/16")
	s.must(t, "secretsmanager", "create-secret", "--name", "db", "--secret-string", "x")
	key := text(t, s.must(t, "kms", "create-key"), "KeyMetadata", "Arn")
	s.must(t, "kms", "generate-data-key", "--key-id", key, "--key-spec", "AES_256")
	s.must(t, "sts", "get-caller-identity")
	for name, want := range map[string]struct {
		kind string
		read bool
	}{
		"CreateUser": {"AWS::IAM::User", false}, "GetUser": {"AWS::IAM::User", true}, "CreateVpc": {"AWS::EC2::VPC", false},
		"CreateSecret": {"AWS::SecretsManager::Secret", false}, "GenerateDataKey": {"AWS::KMS::Key", true}, "GetCallerIdentity": {"", true},
	} {
		found := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue="+name)
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte(text(t, found, "Events", 0, "CloudTrailEvent")), &event))
		require.Equal(t, want.read, event["readOnly"], name)
		require.Equal(t, true, event["managementEvent"], name)
		require.Equal(t, "Management", event["eventCategory"], name)
		require.Equal(t, account, event["recipientAccountId"], name)
		require.Contains(t, s.url, text(t, event, "tlsDetails", "clientProvidedHostHeader"), name)
		if want.kind != "" {
			require.Equal(t, want.kind, text(t, event, "resources", 0, "type"), name)
			require.Equal(t, account, text(t, event, "resources", 0, "accountId"), name)
			byType := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=ResourceType,AttributeValue="+want.kind)
			require.NotEmpty(t, byType["Events"], want.kind)
		}
	}
	s.must(t, "dms", "create-endpoint", "--endpoint-identifier", "db", "--endpoint-type", "source", "--engine-name", "postgres", "--server-name", "db.example.com", "--port", "5432",
		"--database-name", "d", "--username", "u", "--password", "hunter2")
	found := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=Encrypt")
	var sealed map[string]any
	require.NoError(t, json.Unmarshal([]byte(text(t, found, "Events", 0, "CloudTrailEvent")), &sealed))
	require.Equal(t, map[string]any{"type": "AWSService", "invokedBy": "dms.amazonaws.com"}, sealed["userIdentity"])
	require.Equal(t, "AWS::KMS::Key", text(t, sealed, "resources", 0, "type"))
	clean(t, s, "hunter2")
}

// TestASessionIsTracedToItsCall: the record of the call that made a session has its key and end, and neither secret nor token.
func TestASessionIsTracedToItsCall(t *testing.T) {
	t.Parallel()
	s := first(t)
	s.must(t, "iam", "create-role", "--role-name", "night", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"sts:AssumeRole"}]}`)
	for name, command := range map[string][]string{
		"AssumeRole":         {"assume-role", "--role-arn", "arn:aws:iam::" + account + ":role/night", "--role-session-name", "shift"},
		"GetSessionToken":    {"get-session-token"},
		"GetFederationToken": {"get-federation-token", "--name", "guest"},
	} {
		made := s.must(t, append([]string{"sts"}, command...)...)
		file, err := os.ReadFile(filepath.Join(s.dir, "audit", "trail.jsonl"))
		require.NoError(t, err)
		require.Contains(t, string(file), text(t, made, "Credentials", "AccessKeyId"), "%s is not in the file when it is answered", name)
		require.NotContains(t, string(file), text(t, made, "Credentials", "SecretAccessKey"))
		require.NotContains(t, string(file), text(t, made, "Credentials", "SessionToken"))
		events := s.must(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue="+name)
		var event any
		require.NoError(t, json.Unmarshal([]byte(text(t, events, "Events", 0, "CloudTrailEvent")), &event))
		for _, same := range []string{"AccessKeyId", "Expiration"} {
			inRecord := text(t, event, "responseElements", "credentials", strings.ToLower(same[:1])+same[1:])
			require.Equal(t, strings.Replace(text(t, made, "Credentials", same), "+00:00", "Z", 1), inRecord, name)
		}
		require.Equal(t, "***", text(t, event, "responseElements", "credentials", "sessionToken"))
		require.Equal(t, "true", text(t, events, "Events", 0, "ReadOnly"))
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s := first(t)
	id, _ := s.credentials(t)
	out, err := run(t, "explain", "--data-dir", s.dir, id, "dms:StartReplicationTask", "arn:aws:dms:"+region+":"+account+":task:NIGHTLY")
	require.NoError(t, err, out)
	require.Contains(t, out, admin+": allowed")
	require.Contains(t, out, "AdministratorAccess, statement 1: matches: Allow")
	s.must(t, "iam", "put-user-policy", "--user-name", "admin", "--policy-name", "fence", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Sid":"NotAtNight","Effect":"Deny","Action":"dms:*","Resource":"*"}]}`)
	out, err = run(t, "explain", "--data-dir", s.dir, id, "dms:StartReplicationTask", "arn:aws:dms:"+region+":"+account+":task:NIGHTLY")
	require.NoError(t, err, out)
	require.Contains(t, out, admin+": explicitly denied")
	require.Contains(t, out, "fence, statement 1 (NotAtNight): matches: Deny")
	out, err = run(t, "explain", "--data-dir", s.dir, "AKIAIOSFODNN7EXAMPLE", "dms:StartReplicationTask")
	require.Error(t, err)
	require.Contains(t, out, "There is no access key AKIAIOSFODNN7EXAMPLE")
}
