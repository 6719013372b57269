package identity

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/policy"
)

func TestAWSPoliciesAreReadable(t *testing.T) {
	all := AWSPolicies()
	require.Len(t, all, 6)
	for suffix, p := range all {
		_, err := policy.Parse(p.Document, policy.Identity, policy.LimitManaged)
		require.NoError(t, err, suffix)
		found, ok := AWSManaged("arn:aws-us-gov:iam::aws:policy" + suffix)
		require.True(t, ok)
		require.Equal(t, p, found)
		require.NotZero(t, p.Created)
	}
	for _, arn := range []string{"arn:aws:iam::aws:policy/Nothing", "arn:aws:iam::111122223333:policy/AdministratorAccess", "x:iam::aws:policy/AdministratorAccess"} {
		_, ok := AWSManaged(arn)
		require.False(t, ok, arn)
	}
}
