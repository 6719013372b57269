package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// TestADenialTellsNoMoreThanItsCallerKnows: a secret that is there is denied in the same words as one that is not.
func TestADenialTellsNoMoreThanItsCallerKnows(t *testing.T) {
	t.Parallel()
	nothing, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dms:*","Resource":"*"}}`, policy.Identity, 0)
	require.NoError(t, err)
	decider := &edge.Policies{Speakers: everything{nothing}}
	call := &service.Call{
		Service: &secretsmanagerapi.Service, Operation: secretsmanagerapi.Service.Operation("GetSecretValue"), Account: "111122223333",
		Principal: &service.Principal{Kind: service.User, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/a"},
	}
	const named = "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop"
	for _, resource := range []string{named, named + "-Ab12Cd"} {
		denial, err := decider.Authorize(t.Context(), call, []service.Check{{Action: "secretsmanager:GetSecretValue", Resource: resource, Named: named}})
		require.NoError(t, err)
		require.Equal(t, "User: arn:aws:iam::111122223333:user/a is not authorized to perform: secretsmanager:GetSecretValue on resource: "+named+
			" because no identity-based policy allows the secretsmanager:GetSecretValue action", denial)
	}
}
