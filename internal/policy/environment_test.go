package policy

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGlobalKeys(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	role := Principal{Type: Role, Account: testAccount, ARN: "arn:aws:sts::111122223333:assumed-role/dba/s1", RoleARN: "arn:aws:iam::111122223333:role/dba"}
	v := Environment{
		Time: now, TLS: true, SourceIP: netip.MustParseAddr("::ffff:10.0.0.1"), UserAgent: "aws-cli/2", Region: "us-east-1", UserID: "AROAX:s1", UserName: "no",
		PrincipalTags: map[string]string{"Team": "red"}, TokenIssued: now.Add(-time.Hour), MFA: true, MFAAge: 90 * time.Second,
		CalledVia: []string{"a.amazonaws.com", "b.amazonaws.com"},
	}
	c := v.Keys(&role)
	for key, want := range map[string][]string{
		"aws:CurrentTime": {"2026-03-01T12:00:00.000Z"}, "aws:EpochTime": {"1772366400"}, "aws:SecureTransport": {"true"},
		"aws:SourceIp": {"10.0.0.1"}, "aws:VpcSourceIp": nil, "aws:SourceVpce": nil, "aws:PrincipalArn": {"arn:aws:iam::111122223333:role/dba"},
		"aws:PrincipalAccount": {testAccount}, "aws:PrincipalType": {"AssumedRole"}, "aws:userid": {"AROAX:s1"}, "aws:username": nil,
		"aws:PrincipalTag/team": {"red"}, "aws:TokenIssueTime": {"2026-03-01T11:00:00Z"}, "aws:MultiFactorAuthPresent": {"true"}, "aws:MultiFactorAuthAge": {"90"},
		"aws:CalledVia": {"a.amazonaws.com", "b.amazonaws.com"}, "aws:CalledViaFirst": {"a.amazonaws.com"}, "aws:CalledViaLast": {"b.amazonaws.com"},
		"aws:ViaAWSService": {"true"}, "aws:PrincipalIsAWSService": {"false"}, "aws:referer": nil,
	} {
		require.Equal(t, want, c.Get(key), key)
	}

	v = Environment{Time: now, EndpointID: "vpce-1", EndpointVPC: "vpc-1", SourceIP: netip.MustParseAddr("10.0.0.1"), UserName: "alice", UserID: "AIDAX"}
	c = v.Keys(&alice)
	for key, want := range map[string][]string{
		"aws:SourceIp": nil, "aws:VpcSourceIp": {"10.0.0.1"}, "aws:SourceVpce": {"vpce-1"}, "aws:SourceVpc": {"vpc-1"}, "aws:username": {"alice"},
		"aws:TokenIssueTime": nil, "aws:MultiFactorAuthPresent": nil, "aws:SecureTransport": {"false"}, "aws:ViaAWSService": {"false"},
	} {
		require.Equal(t, want, c.Get(key), key)
	}
	under := c.Under()
	under.SetTags("aws:ResourceTag/", map[string]string{"stage": "prod", "Stage": "test"})
	under.Set("aws:SourceVpce")
	require.ElementsMatch(t, []string{"prod", "test"}, under.Get("aws:resourcetag/STAGE"))
	require.Empty(t, under.Get("aws:SourceVpce"))
	require.Equal(t, []string{"vpce-1"}, c.Get("aws:SourceVpce"))
	require.NotContains(t, under.Keys(), "aws:sourcevpce")
	require.Contains(t, under.Keys(), "aws:username")
}
