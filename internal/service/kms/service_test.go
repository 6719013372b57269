package kms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestEveryOperationIsServed goes through the model, with inputs that have nothing in them: each operation names what it
// touches, and none of them panics.
func TestEveryOperationIsServed(t *testing.T) {
	b := newBench(t)
	s, err := New(b.Vault)
	require.NoError(t, err)
	call := &service.Call{
		Service: &kmsapi.Service, Partition: "aws", Region: region, Account: "111122223333", Now: b.time,
		Principal: &service.Principal{Kind: service.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
	}
	for i := range kmsapi.Service.Operations {
		op := &kmsapi.Service.Operations[i]
		served := s.Operation(op.Name)
		require.NotNil(t, served, op.Name)
		call.Operation = op
		checks, err := served.Access(t.Context(), call, service.NewInput(op))
		require.NoError(t, err, op.Name)
		require.NotEmpty(t, checks, "%s may be called by everyone", op.Name)
		for _, c := range checks {
			require.True(t, strings.HasPrefix(c.Action, "kms:"), op.Name)
			require.NotEmpty(t, c.Resource, op.Name)
		}
	}
}

// TestGrantsBecomeStatements looks how a grant opens a key to its grantee alone, for its operations alone.
func TestGrantsBecomeStatements(t *testing.T) {
	b := newBench(t)
	k := b.make(t, nothing)
	s := &Service{vault: b.Vault, store: b.store}
	b.grant(t, k, &grantRecord{ID: "g", Key: k.ID, Grantee: "arn:aws:iam::111122223333:user/a", Operations: []string{"Decrypt"}})
	call := &service.Call{Region: region, Principal: &service.Principal{ARN: "arn:aws:iam::111122223333:user/a"}}
	document := func(operation string) string {
		text, err := s.withGrants(t.Context(), call, k, use{action: operation, operation: operation, crypto: true})
		require.NoError(t, err)
		return text
	}
	require.Contains(t, document("Decrypt"), `"Action":"kms:Decrypt","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/a"}`)
	require.Equal(t, k.Policy, document("Encrypt"))
	call.Principal.ARN = "arn:aws:iam::111122223333:user/b"
	require.Equal(t, k.Policy, document("Decrypt"))
	call.Principal.RoleARN = ""
	b.grant(t, k, &grantRecord{ID: "h", Key: k.ID, Operations: []string{"Decrypt"}, GranteeService: "dms.amazonaws.com"})
	require.Equal(t, k.Policy, document("Decrypt"), "a grant for a service is nobody else's")
}
