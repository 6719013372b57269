package policy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fifty makes fifty policies of three statements, none of which but the last allows the request.
func fifty(t testing.TB) []*Policy {
	t.Helper()
	all := make([]*Policy, 50)
	for i := range all {
		text := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": ["dms:Describe*", "dms:*Endpoint", "kms:*"], "Resource": "arn:aws:dms:*:111122223333:endpoint:team-%d-*"},
			{"Effect": "Allow", "Action": ["dms:StartReplicationTask", "dms:StopReplicationTask"], "Resource": "arn:aws:dms:us-east-1:111122223333:task:${aws:PrincipalTag/team}-%d*",
				"Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}, "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}},
			{"Effect": "Deny", "Action": "dms:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}}]}`, i, i)
		p, err := Parse(text, Identity, LimitManaged)
		require.NoError(t, err)
		all[i] = p
	}
	return all
}

func BenchmarkDecide50Policies(b *testing.B) {
	v := Environment{Time: time.Now(), TLS: true, SourceIP: netip.MustParseAddr("10.1.2.3"), Region: "us-east-1", UserAgent: "aws-cli/2", UserName: "alice",
		PrincipalTags: map[string]string{"team": "red"}}
	keys := v.Keys(&alice).Under()
	keys.SetTags("aws:ResourceTag/", map[string]string{"team": "red"})
	policies := &Policies{Identity: fifty(b)}
	r := &Request{Action: "dms:StartReplicationTask", Resource: "arn:aws:dms:us-east-1:111122223333:task:red-49", Principal: alice, Keys: keys}
	require.True(b, Decide(policies, r).Allowed)
	b.ReportAllocs()
	for b.Loop() {
		Decide(policies, r)
	}
}

func BenchmarkKeys(b *testing.B) {
	v := Environment{Time: time.Now(), TLS: true, SourceIP: netip.MustParseAddr("10.1.2.3"), Region: "us-east-1", UserAgent: "aws-cli/2", UserName: "alice"}
	b.ReportAllocs()
	for b.Loop() {
		v.Keys(&alice)
	}
}
